"""Conversion of sums to the report's currency, exact; cells, rounded once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from math import gcd

from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import PERCENT_DECIMALS
from custdyn_widgets.model.money import decimals, rounded_amount
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.report.report import UsedRate

REDUCE_BITS = 512
"""Length of a denominator from which it is reduced before more is added."""


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
            raise MissingRates(self.to, {currency: day})
        return factor

    def factor_or(self, currency: str, day: date, otherwise: float) -> float:
        """The factor as a float, or something else where there is no rate."""
        factor = self.rates.factor(currency, self.to, self.fixed or day)
        return otherwise if factor is None else float(factor)

    def _remember(self, currency: str, day: date) -> None:
        for name in {currency, self.to}:
            if name != self.rates.base and (dated := self.rates.dated(name, self.fixed or day)):
                self.used.add(UsedRate(name, *dated))

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
            raise MissingRates(self.to, first)
