"""Sums → cells: conversion in fractions, N/A with its reason, one rounding; identities checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from .cells import Cell, amount
from .currencies import minor_units
from .definitions import (
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    BLOCKS,
    NA,
    PACKAGE_BLOCK,
    PACKAGES,
    PAY_AS_YOU_GO,
    BlockDefinition,
)
from .errors import IdentityError, MissingRates
from .metrics import CLASSES, EVERYONE, Sums
from .rates import Rates, rounded
from .report import Row, UsedRate
from .tables import ACTIVATION, NAMED_KINDS, PACKAGE_KINDS, PAYG, REFILL, RENEWAL


@dataclass(frozen=True)
class Flow:
    """Entries of one bucket, local date, kind, package and currency.

    `amount` is unscaled; `first_day` is the local date of the first of the entries; `counted`
    says whether the query's package filter lets package entries of this package count;
    `opposite` are those of the entries with the unusual sign.
    """

    bucket: int
    day: date
    first_day: date
    kind: str
    package: str | None
    counted: bool
    currency: str
    amount: int
    entries: int
    opposite: int = 0


@dataclass(frozen=True)
class Conversion:
    """How amounts become the report's currency: unscaled integers, each at its date's rate."""

    rates: Rates
    to: str
    scale: int
    fixed: date | None
    used: set[UsedRate] = field(default_factory=set)

    def convert(self, unscaled: int, currency: str, day: date) -> Fraction:
        """An amount of a date in the report's currency; the rate must be there."""
        factor = self.rates.factor(currency, self.to, self.fixed or day)
        if factor is None:  # checked before: `check_rates`
            raise MissingRates(self.to, {currency: day})
        self._remember(currency, day)
        return Fraction(unscaled, 10**self.scale) * factor

    def _remember(self, currency: str, day: date) -> None:
        for name in {currency, self.to} if currency != self.to else ():
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


Lines = dict[str, list[Cell]]
"""The rows of one block by name, each with a cell for every bucket."""


def rows(
    sums: Sums,
    flows: Sequence[Flow],
    balance_days: Sequence[date],
    conversion: Conversion,
    *,
    by_package: bool,
    between: Callable[[], None] = lambda: None,
) -> tuple[Row, ...]:
    """Every row of the report.

    `balance_days` are the dates, one a bucket, whose rates convert the balances. `between` is
    called now and then: what it raises stops the work. Raises MissingRates, and IdentityError if
    the sums disagree with each other.
    """
    buckets = len(balance_days)
    check_identities(sums, flows, buckets, conversion.scale)
    shown = [flow for flow in flows if flow.counted and flow.kind in NAMED_KINDS]
    needed = [(flow.currency, flow.day, flow.first_day) for flow in shown]
    needed += [
        (currency, day, day)
        for (name, currency), held in sums.items()
        for bucket, day in enumerate(balance_days)
        if name == ALL and held["positives"][bucket] + held["negatives"][bucket]
    ]
    conversion.check_rates(needed)
    spent = _Spent(shown, buckets, conversion, between)
    lines = {name: _class_lines(sums, name, balance_days, conversion) for name in CLASSES}
    lines[BALANCE_REFILL] = spent.lines(REFILL, "Qty", "Total")
    lines[BALANCE_REFILL]["Avg"] = _ratios(lines[BALANCE_REFILL], "Total", "Qty", conversion)
    payg = spent.lines(PAYG, "Qty", "Total")
    payg["Qty"] = lines[ACTIVE]["Qty"]
    lines[PAY_AS_YOU_GO] = {"Total": payg["Total"]}
    lines[PAY_AS_YOU_GO]["Active Avg"] = _ratios(payg, "Total", "Qty", conversion)
    lines[PACKAGES] = spent.package_lines(None)
    made = [row for block in BLOCKS for row in _block(block, lines[block.name], None)]
    for name in spent.packages if by_package else ():
        between()
        made += _block(PACKAGE_BLOCK, spent.package_lines(name), name)
    return tuple(made)


def check_identities(sums: Sums, flows: Sequence[Flow], buckets: int, scale: int) -> None:
    """Raises IdentityError unless Pos + Neg = Balance, opening + flows = closing.

    The flows come from another pass of the engine than the balances: two ways to one figure.
    """
    split = [
        f"{name} in {currency}, column {bucket + 1}"
        for (name, currency), held in sums.items()
        for bucket in range(buckets)
        if held["positive"][bucket] + held["negative"][bucket] != held["balance"][bucket]
    ]
    if split:
        raise IdentityError("Balance Pos + Balance Neg = Balance", split)
    moved: dict[str, list[int]] = defaultdict(lambda: [0] * buckets)
    for flow in flows:
        moved[flow.currency][flow.bucket] += flow.amount
    open_ends = []
    held_by = {currency: held for (name, currency), held in sums.items() if name == EVERYONE}
    for currency in sorted({*moved, *held_by}):
        closing = held_by[currency].opening if currency in held_by else 0
        for bucket in range(buckets):
            closing += moved[currency][bucket]
            found = held_by[currency]["balance"][bucket] if currency in held_by else 0
            if found != closing:
                gap = Fraction(found - closing, 10**scale)
                open_ends.append(f"{currency}, column {bucket + 1}: off by {gap}")
    if open_ends:
        raise IdentityError("opening + flows = closing", open_ends)


class _Spent:
    """Entries and totals of the flows, by kind and bucket, of all packages and of each."""

    def __init__(
        self,
        flows: Sequence[Flow],
        buckets: int,
        conversion: Conversion,
        between: Callable[[], None],
    ) -> None:
        self._conversion = conversion
        self._buckets = buckets
        self._entries: dict[tuple[str, str | None, int], int] = defaultdict(int)
        self._totals: dict[tuple[str, str | None, int], Fraction] = defaultdict(Fraction)
        for flow in flows:
            between()
            total = conversion.convert(flow.amount, flow.currency, flow.day)
            for package in {None, flow.package}:
                self._entries[flow.kind, package, flow.bucket] += flow.entries
                self._totals[flow.kind, package, flow.bucket] += total
        self.packages = sorted({flow.package for flow in flows if flow.package is not None})
        self._check()

    def lines(self, kind: str, quantity: str, total: str, package: str | None = None) -> Lines:
        keys = [(kind, package, bucket) for bucket in range(self._buckets)]
        return {
            quantity: [Cell(self._entries.get(key, 0)) for key in keys],
            total: [
                self._conversion.cell(self._totals[key])
                if key in self._totals
                else Cell(None, reason=NA.NO_ENTRY)
                for key in keys
            ],
        }

    def package_lines(self, package: str | None) -> Lines:
        return {
            **self.lines(ACTIVATION, "Activation Qty", "Activation Total", package),
            **self.lines(RENEWAL, "Renew Qty", "Renew Total", package),
        }

    def _check(self) -> None:
        apart: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        for (kind, package, bucket), total in self._totals.items():
            if kind in PACKAGE_KINDS:
                apart[kind, bucket] += total if package is None else -total
        if wrong := [
            f"{kind}, column {bucket + 1}: off by {gap}"
            for (kind, bucket), gap in apart.items()
            if gap
        ]:
            raise IdentityError("package blocks add up to Packages", wrong)


def _class_lines(sums: Sums, name: str, days: Sequence[date], conversion: Conversion) -> Lines:
    held = {currency: one for (whose, currency), one in sums.items() if whose == name}

    def counts(of: str) -> list[int]:
        return [sum(one[of][at] for one in held.values()) for at in range(len(days))]

    def totals(of: str) -> list[Fraction]:
        return [
            sum(
                (
                    conversion.convert(one[of][at], currency, day)
                    for currency, one in held.items()
                    if one[of][at]
                ),
                Fraction(),
            )
            for at, day in enumerate(days)
        ]

    quantity, above, below = counts("quantity"), totals("positive"), totals("negative")
    never_empty = name != ACTIVE
    return {
        "Qty": [Cell(count) for count in quantity],
        "Balance Pos": _where(counts("positives"), above, NA.NO_BALANCE, conversion),
        "Balance Neg": _where(counts("negatives"), below, NA.NO_BALANCE, conversion),
        "Balance": _where(
            [count or never_empty for count in quantity],
            [pos + neg for pos, neg in zip(above, below, strict=True)],
            NA.NO_CLIENT,
            conversion,
        ),
    }


def _where(
    there: Sequence[int], exact: Sequence[Fraction], reason: NA, conversion: Conversion
) -> list[Cell]:
    return [
        conversion.cell(value) if count else Cell(None, reason=reason)
        for count, value in zip(there, exact, strict=True)
    ]


def _ratios(lines: Lines, total: str, quantity: str, conversion: Conversion) -> list[Cell]:
    cells = []
    for over, under in zip(lines[total], lines[quantity], strict=True):
        if over.exact is None:
            cells.append(Cell(None, reason=over.reason))
        elif not under.value:
            cells.append(Cell(None, reason=NA.NOBODY_ACTIVE))
        else:
            cells.append(conversion.cell(over.exact / int(under.value)))
    return cells


def _block(block: BlockDefinition, lines: Lines, package: str | None) -> list[Row]:
    return [Row(block.name, package, one.name, tuple(lines[one.name])) for one in block.rows]
