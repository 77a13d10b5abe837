"""Conversion of sums to the report's currency, exact; cells, rounded once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import gcd

from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.cells import Cell, many
from custdyn_widgets.model.currencies import BECAME_EURO, no_currency
from custdyn_widgets.model.definitions import PERCENT_DECIMALS, RATIO_DECIMALS
from custdyn_widgets.model.money import decimals, rounded_amount
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.report.report import UsedRate
from custdyn_widgets.words import tr

OLD_BUILT_IN, OLD = 7, 40
"""Days after which a rate of the central bank, and one of the source's own, is old."""
REDUCE_BITS = 512
"""Length of a denominator from which it is reduced before more is added."""


def percent_cell(exact: Fraction) -> Cell:
    """A percentage as a cell: rounded here, once."""
    return Cell(decimals(PERCENT_DECIMALS, exact), exact=exact)


def ratio_cell(exact: Fraction) -> Cell:
    """A count divided by another as a cell: rounded here, once."""
    return Cell(decimals(RATIO_DECIMALS, exact), exact=exact)


@dataclass(frozen=True)
class Conversion:
    """How amounts become the report's currency: unscaled integers, each at its date's rate.

    `today` is the local date of `as_of`: of a date after it no rate can be known.
    """

    rates: Rates
    today: date
    to: str
    scale: int
    fixed: date | None
    used: set[UsedRate] = field(default_factory=set)
    _oldest: dict[str, tuple[date, date]] = field(default_factory=dict, repr=False)
    _factors: dict[tuple[str, date], tuple[int, int]] = field(default_factory=dict, repr=False)

    def convert(self, unscaled: int, currency: str, day: date) -> Fraction:
        """An amount of a date in the report's currency; the rate must be there."""
        return self.total({(currency, day): unscaled})

    def total(self, amounts: Mapping[tuple[str, date], int]) -> Fraction:
        """Amounts by currency and date, together, in the report's currency."""
        over: dict[int, int] = {}  # numerators by denominator: one fraction is made, at the end
        for (currency, day), unscaled in amounts.items():
            numerator = denominator = 1
            if currency != self.to:
                numerator, denominator = self._factor(currency, day)
            over[denominator] = over.get(denominator, 0) + unscaled * numerator
        exact, whole = 0, 1
        for denominator, numerator in over.items():
            exact, whole = exact * denominator + numerator * whole, whole * denominator
            if whole >> REDUCE_BITS:
                common = gcd(exact, whole)
                exact, whole = exact // common, whole // common
        return Fraction(exact, whole * 10**self.scale)

    def _factor(self, currency: str, day: date) -> tuple[int, int]:
        """The factor of another currency, remembered as a rate that was used."""
        known = self._factors.get((currency, day))
        if known is None:
            known = self.factor(currency, day).as_integer_ratio()
            self._factors[currency, day] = known
            self._remember(currency, day)
        return known

    def factor(self, currency: str, day: date) -> Fraction:
        """What one unit of a currency is worth on a date; the rate must be there."""
        factor = self.rates.factor(currency, self.to, self.fixed or day)
        if factor is None:  # checked before: `check_rates`
            raise self._missing({currency: day})
        return factor

    def factor_or(self, currency: str, day: date, otherwise: float) -> float:
        """The factor as a float, or something else where there is no rate."""
        factor = self.rates.factor(currency, self.to, self.fixed or day)
        return otherwise if factor is None else float(factor)

    def _remember(self, currency: str, day: date) -> None:
        day = min(self.fixed or day, self.today)
        for name in {currency, self.to}:
            if name != self.rates.base and (dated := self.rates.dated(name, day)):
                self.used.add(UsedRate(name, *dated))
                before = self._oldest.get(name)
                if before is None or before[0] - before[1] < day - dated[0]:
                    self._oldest[name] = (day, dated[0])

    def old_rates(self) -> Iterator[str]:
        """Of each currency of which a rate was old on the date it was used for: the oldest."""
        most = OLD_BUILT_IN if self.rates.built_in else OLD
        for name, (day, valid_from) in sorted(self._oldest.items()):
            is_fixed = self.rates.built_in and day >= BECAME_EURO.get(name, date.max)
            if (day - valid_from).days > most and not is_fixed:
                yield tr(
                    "rates: for {day} {currency} was converted at the rate of {older}, {age} older",
                    day=day,
                    currency=name,
                    older=valid_from,
                    age=many((day - valid_from).days, "day", "days"),
                )

    def cell(self, exact: Fraction) -> Cell:
        """An amount as a cell: rounded here, once, to the currency's minor units."""
        return Cell(rounded_amount(exact, self.to), exact=exact)

    def check_rates(self, needed: Iterable[tuple[str, date, date]]) -> None:
        """Raises MissingRates unless each (currency, its rate's date, date to name) converts."""
        first: dict[str, date] = {}
        for currency, day, named in needed:
            if currency != self.to:
                for name in self.rates.lacking(currency, self.to, self.fixed or day):
                    first[name] = min(first.get(name, date.max), named)
        if first:
            raise self._missing(first)

    def _missing(self, first: Mapping[str, date]) -> MissingRates:
        wrong = ((name, no_currency(name)) for name in first)
        said = [f"clients.currency: {name!r} {words}" for name, words in wrong if words]
        return MissingRates(self.to, first, said, self.fixed)
