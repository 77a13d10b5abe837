"""Conversion of sums to the report's currency, exact; cells, rounded once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import PERCENT_DECIMALS
from custdyn_widgets.model.money import amount, decimals, rounded
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.report.report import UsedRate


def percent_cell(exact: Fraction) -> Cell:
    """A percentage as a cell: rounded here, once."""
    return Cell(decimals(PERCENT_DECIMALS, exact), exact=exact)


@dataclass(frozen=True)
class Conversion:
    """How amounts become the report's currency: unscaled integers, each at its date's rate."""

    rates: Rates
    to: str
    scale: int
    fixed: date | None
    used: set[UsedRate] = field(default_factory=set)
    _factors: dict[tuple[str, date], Fraction] = field(default_factory=dict, repr=False)

    def convert(self, unscaled: int, currency: str, day: date) -> Fraction:
        """An amount of a date in the report's currency; the rate must be there."""
        return self.total({(currency, day): unscaled})

    def total(self, amounts: Mapping[tuple[str, date], int]) -> Fraction:
        """Amounts by currency and date, together, in the report's currency."""
        own, others = 0, Fraction()
        for (currency, day), unscaled in amounts.items():
            if currency == self.to:
                own += unscaled
                continue
            factor = self._factors.get((currency, day))
            if factor is None:
                factor = self._factors[currency, day] = self.factor(currency, day)
                self._remember(currency, day)
            others += unscaled * factor
        exact: Fraction = (own + others) / 10**self.scale
        return exact

    def factor(self, currency: str, day: date) -> Fraction:
        """What one unit of a currency is worth on a date; the rate must be there."""
        factor = self.rates.factor(currency, self.to, self.fixed or day)
        if factor is None:  # checked before: `check_rates`
            raise MissingRates(self.to, {currency: day})
        return factor

    def _remember(self, currency: str, day: date) -> None:
        for name in {currency, self.to}:
            if name != self.rates.base and (dated := self.rates.dated(name, self.fixed or day)):
                self.used.add(UsedRate(name, *dated))

    def cell(self, exact: Fraction) -> Cell:
        """An amount as a cell: rounded here, once, to the currency's minor units."""
        return Cell(amount(rounded(exact, minor_units(self.to)), self.to), exact=exact)

    def check_rates(self, needed: Iterable[tuple[str, date, date]]) -> None:
        """Raises MissingRates unless each (currency, its rate's date, date to name) converts."""
        first: dict[str, date] = {}
        for currency, day, named in needed:
            if currency != self.to:
                for name in self.rates.lacking(currency, self.to, self.fixed or day):
                    first[name] = min(first.get(name, date.max), named)
        if first:
            raise MissingRates(self.to, first)
