"""The contribution of each client to a figure, exact."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property
from math import lcm

import numpy as np

from custdyn_widgets.drill.period import Scope
from custdyn_widgets.extract.arrays import SAFE, Ints, Numbers
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.formulas import Counts, Measure
from custdyn_widgets.report.conversion import Conversion


@dataclass(frozen=True)
class Amounts:
    """Amounts of clients: `client` is a position, `day` a place among dates, `entries` a count."""

    client: Ints
    day: Ints
    amount: Numbers
    entries: Ints

    @classmethod
    def joined(cls, some: Sequence[Amounts]) -> Amounts:
        """All of them, one below the other."""
        if not some:
            nothing = np.zeros(0, np.int64)
            return cls(nothing, nothing, nothing, nothing)
        columns = ("client", "day", "amount", "entries")
        return cls(*(np.concatenate([getattr(one, name) for one in some]) for name in columns))


@dataclass(frozen=True)
class Contributions:
    """One side of a figure, client by client.

    `rows.client` are positions among `codes`, the currency of each client of `scope`;
    `who` are the clients behind, by position, and everything else here is in their order.
    """

    side: Measure
    rows: Amounts
    days: tuple[date, ...]
    codes: Numbers
    conversion: Conversion
    scope: Scope

    @property
    def counts(self) -> Counts:
        """What is counted: clients, entries, or money."""
        return self.side.counts

    @cached_property
    def who(self) -> Ints:
        """The clients behind, by position."""
        return np.unique(self.rows.client)

    @cached_property
    def _place(self) -> Ints:
        return np.searchsorted(self.who, self.rows.client)

    @cached_property
    def entries(self) -> Ints:
        """How many entries, or 1 for each client that is held."""
        return np.bincount(self._place, self.rows.entries, len(self.who)).astype(np.int64)

    @cached_property
    def amounts(self) -> Numbers:
        """What each client contributes in its own currency: unscaled integers."""
        amount = wide_enough(self.rows.amount)
        made = np.zeros(len(self.who), amount.dtype)
        np.add.at(made, self._place, amount)
        return made

    @cached_property
    def shown_total(self) -> int:
        """The amounts of the clients as they are shown, each rounded, together: minor units."""
        units = Fraction(10 ** minor_units(self.conversion.to), 10**self.conversion.scale)
        factors = {at: factor * units for at, factor in self._factors().items()}
        whole = lcm(*(factor.denominator for factor in factors.values()))
        largest = max((abs(factor.numerator) for factor in factors.values()), default=0)
        reach = float(np.abs(self.rows.amount.astype(float)).sum()) * largest * whole
        wide = object if 2 * (reach + whole) >= SAFE else np.int64
        made = np.zeros(len(self.who), wide)
        for (code, day), factor in factors.items():
            at = self._of(code, day)
            times = factor.numerator * (whole // factor.denominator)
            np.add.at(made, self._place[at], self.rows.amount[at].astype(wide) * times)
        rounded = (2 * np.abs(made) + whole) // (2 * whole)
        return int((np.where(made < 0, -1, 1) * rounded).sum())

    def _of(self, code: str, day: int) -> Ints:
        return np.flatnonzero((self._row_codes == code) & (self.rows.day == day))

    @cached_property
    def _row_codes(self) -> Numbers:
        return self.codes[self.rows.client].astype(str)

    def _factors(self) -> dict[tuple[str, int], Fraction]:
        """What one unit is worth in the report's currency, by currency and place of the date."""
        made = {}
        for code in np.unique(self._row_codes):
            own = (self._row_codes == code) & (self.rows.amount != 0)
            for day in np.unique(self.rows.day[own]):
                factor = self.conversion.factor(str(code), self.days[day])
                made[str(code), int(day)] = factor
        return made

    @cached_property
    def about(self) -> Numbers:
        """What each contributes in the report's currency, as floats: to sort by, never to show."""
        made = np.zeros(len(self.who))
        for (code, day), factor in self._factors().items():
            at = self._of(code, day)
            np.add.at(made, self._place[at], self.rows.amount[at].astype(float) * float(factor))
        return made / 10.0**self.conversion.scale

    @cached_property
    def _order(self) -> tuple[Ints, Ints]:
        order = np.argsort(self._place, kind="stable")
        return order, np.searchsorted(self._place[order], np.arange(len(self.who) + 1))

    def exact(self, place: int) -> Fraction:
        """What the client at a place of `who` contributes in the report's currency."""
        order, starts = self._order
        rows = order[starts[place] : starts[place + 1]]
        code = str(self.codes[self.who[place]])
        return sum(
            (
                self.conversion.convert(
                    int(self.rows.amount[row]), code, self.days[self.rows.day[row]]
                )
                for row in rows
                if self.rows.amount[row]
            ),
            Fraction(),
        )

    def contribution(self, place: int) -> Fraction | int:
        """What the client at a place of `who` adds to the figure."""
        return self.exact(place) if self.counts == "money" else int(self.entries[place])

    @cached_property
    def total(self) -> Fraction | int:
        """All contributions together; amounts are added up by currency and date first."""
        if self.counts != "money":
            return int(self.rows.entries.sum())
        return self.total_of(np.arange(len(self.who)))

    def total_of(self, places: Ints) -> Fraction:
        """The amounts of some of `who` together, in the report's currency."""
        kept = np.isin(self._place, places) if len(places) < len(self.who) else slice(None)
        codes = self.codes[self.rows.client[kept]]
        sums: dict[tuple[str, int], int] = defaultdict(int)
        days, amounts = self.rows.day[kept], self.rows.amount[kept]
        for code in np.unique(codes.astype(str)) if len(codes) else ():
            own = codes == code
            for day in np.unique(days[own]):
                sums[code, int(day)] = int(wide_enough(amounts[own & (days == day)]).sum())
        return sum(
            (
                self.conversion.convert(amount, code, self.days[day])
                for (code, day), amount in sums.items()
                if amount
            ),
            Fraction(),
        )


def wide_enough(values: Numbers) -> Numbers:
    """The integers, as Python's own where int64 might not hold their sum."""
    if values.dtype != object and float(np.abs(values.astype(float)).sum()) >= SAFE:
        return values.astype(object)
    return values


def added_up(values: Numbers) -> Numbers:
    """Running sums, exact."""
    made: Numbers = np.cumsum(wide_enough(values))
    return made
