"""The rate in force on a date, and conversion in fractions."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

EURO = "EUR"


@dataclass(frozen=True)
class Rates:
    """Dated rates: how much of the base currency one unit of a currency is worth.

    `by_currency` holds for each currency its (valid_from, rate) pairs in order of date; `origin`
    says where they come from, `built_in` that it is not the source itself.
    """

    by_currency: Mapping[str, list[tuple[date, Fraction]]]
    base: str
    origin: str
    built_in: bool = False
    _dates: dict[str, list[date]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(
        cls, rows: Iterable[tuple[str, date, Fraction]], origin: str, *, built_in: bool = False
    ) -> Rates:
        """Rates from (currency, valid_from, rate) rows in any order.

        The base is the currency whose every rate is 1: of several EUR, else the first by name;
        of none EUR.
        """
        by_currency: dict[str, list[tuple[date, Fraction]]] = {}
        for currency, day, rate in sorted(rows):
            by_currency.setdefault(currency, []).append((day, rate))
        ones = _ones(by_currency)
        base = ones[0] if ones and EURO not in ones else EURO
        return cls(by_currency, base, origin, built_in)

    @property
    def ones(self) -> tuple[str, ...]:
        """The currencies whose every rate is 1, of which one is the base, by name."""
        return (self.base,) if self.built_in else _ones(self.by_currency)

    def known(self, until: date) -> tuple[Rates, int]:
        """The rates with valid_from ≤ `until`, with the base these make; how many are later."""
        rows = [
            (code, day, rate) for code, dated in self.by_currency.items() for day, rate in dated
        ]
        kept = [row for row in rows if row[1] <= until]
        if len(kept) == len(rows):
            return self, 0
        return Rates.of(kept, self.origin, built_in=self.built_in), len(rows) - len(kept)

    @property
    def currencies(self) -> tuple[str, ...]:
        """Every currency with a rate, and the base, by name."""
        return tuple(sorted({*self.by_currency, self.base}))

    def in_force(self, currency: str, day: date) -> Fraction | None:
        """The newest rate with valid_from ≤ day; 1 for the base; None where there is none."""
        dated = self.dated(currency, day)
        return Fraction(1) if currency == self.base else dated and dated[1]

    def dated(self, currency: str, day: date) -> tuple[date, Fraction] | None:
        """The stored rate in force on a day, with the date it is valid from."""
        dates = self._dates.get(currency)
        if dates is None:
            dates = [valid_from for valid_from, _ in self.by_currency.get(currency, [])]
            self._dates[currency] = dates
        position = bisect_right(dates, day)
        return self.by_currency[currency][position - 1] if position else None

    def factor(self, currency: str, to: str, day: date) -> Fraction | None:
        """What one unit of `currency` is worth in `to` on a day, through the base."""
        if currency == to:
            return Fraction(1)
        worth, price = self.in_force(currency, day), self.in_force(to, day)
        return None if worth is None or price is None else worth / price

    def lacking(self, currency: str, to: str, day: date) -> list[str]:
        """Which of the two currencies have no rate in force on a day."""
        return [name for name in (currency, to) if self.in_force(name, day) is None]

    def dates(self, currencies: Iterable[str]) -> tuple[date, ...]:
        """Every date on which a rate of these currencies begins, in order."""
        wanted = set(currencies) - {self.base}
        days = {day for name in wanted for day, _ in self.by_currency.get(name, [])}
        return tuple(sorted(days))

    def newest(self, until: date) -> date | None:
        """The newest valid_from on or before a day."""
        known = [day for dated in self.by_currency.values() for day, _ in dated if day <= until]
        return max(known, default=None)


def _ones(by_currency: Mapping[str, list[tuple[date, Fraction]]]) -> tuple[str, ...]:
    ones = (name for name, dated in by_currency.items() if all(rate == 1 for _, rate in dated))
    return tuple(sorted(ones))
