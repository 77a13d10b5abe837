"""Rows of cells, computed from sums by their formulas; identities checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import chain, repeat
from operator import add

from custdyn_widgets.errors import IdentityError
from custdyn_widgets.metrics.aggregates import ClientSetSums, Sums
from custdyn_widgets.metrics.client_sets import CLIENT_SETS
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import (
    ALL,
    ALL_EVER,
    CLOSED_CLIENTS,
    CLOSING,
    FLOWS,
    FX,
    OTHER,
    PACKAGE,
    BlockDefinition,
    RowDefinition,
    stayed,
)
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Formula, Measure, Where
from custdyn_widgets.model.optional_rows import OPTIONAL
from custdyn_widgets.report.conversion import Conversion, percent_cell, ratio_cell
from custdyn_widgets.report.flow_totals import Amounts, FlowTotals
from custdyn_widgets.report.report import Row

RateRequirements = Iterator[tuple[str, date, date]]
"""Currency, the date of its rate, and the date to name where that is missing."""
_FIGURES = {
    "any": ("quantity", "balance"),
    "positive": ("positives", "positive"),
    "negative": ("negatives", "negative"),
}


@dataclass(frozen=True)
class ReportInputs:
    """What a report is computed from, added up, of the clients that pass some filters.

    `days` are the dates whose rates convert the balances: of the bucket before the first, then
    one a bucket. `stayed` are, for bridges, the flows of clients that stayed in a class.
    """

    sums: Sums
    flows: Sequence[Flow]
    days: Sequence[date]
    stayed: Mapping[str, Sequence[Flow]] = field(default_factory=dict)


def rows(
    inputs: Mapping[Where | None, ReportInputs],
    conversion: Conversion,
    blocks: Sequence[BlockDefinition],
    *,
    by_package: bool,
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[Row, ...]:
    """Every row of the report, in order, of `blocks`; `inputs` by the filters besides the query's.

    `checkpoint` is called now and then: what it raises stops the work. Raises MissingRates, and
    IdentityError if the sums disagree with each other.
    """
    bridges = [block for block in blocks if block in OPTIONAL["bridge"]]
    for one in inputs.values():
        check_identities(one.sums, one.flows, len(one.days) - 1, conversion.scale)
    needed = (_required(one, blocks, where) for where, one in inputs.items())
    conversion.check_rates(chain.from_iterable(needed))
    computed = _Rows(inputs, conversion, checkpoint)
    computed.check_bridges(bridges)
    made: list[Row] = []
    for block in blocks:
        if block.name != PACKAGE:
            made += computed.of(block)
            continue
        for name in computed.packages if by_package else ():
            checkpoint()
            made += computed.of(block, name)
    return tuple(made)


def edge_of(term: BalanceTerm) -> tuple[bool, int]:
    """Whether a term's balances are those of the bucket before; the place of their rate's date."""
    before = term.when == "before" or CLIENT_SETS[term.client_set].before
    return before, 0 if before and not term.revalued else 1


class _Rows:
    """Computes the rows of blocks, bucket by bucket."""

    def __init__(
        self,
        inputs: Mapping[Where | None, ReportInputs],
        conversion: Conversion,
        checkpoint: Callable[[], None],
    ) -> None:
        self._days, self._conversion = inputs[None].days, conversion
        self._buckets = range(len(self._days) - 1)
        self._sums: dict[tuple[Where | None, str], dict[str, ClientSetSums]] = defaultdict(dict)
        self._flows: dict[Where | None, FlowTotals] = {}
        for where, own in inputs.items():
            for (name, currency), sums in own.sums.items():
                self._sums[where, name][currency] = sums
            flows: dict[str | None, Sequence[Flow]] = {None: own.flows}
            flows |= {stayed(name): some for name, some in own.stayed.items()}
            self._flows[where] = FlowTotals(flows, conversion.scale, checkpoint)
        self._known: dict[Measure, Sequence[Fraction | int]] = {}
        self.packages = self._flows[None].packages

    def of(self, block: BlockDefinition, package: str | None = None) -> Iterator[Row]:
        """The rows of a block; a row without a formula only where a cell of it is not 0."""
        cells: dict[str, list[Cell]] = {}
        defined = {row.name: row for row in block.rows}
        for row in block.rows:
            if row.formula is not None:
                own = row.formula if package is None else row.formula.of_package(package)
                cells[row.name] = list(self._cells(row, own))
            elif any(rounding := self._rounding(cells)):
                cells[row.name] = list(map(self._conversion.cell, rounding))
        for name, listed in cells.items():
            yield Row(block.name, package, defined[name], tuple(listed))

    def _cells(self, row: RowDefinition, formula: Formula) -> Iterator[Cell]:
        values = self._totals(formula.numerator)
        counts = self._counts(formula.numerator) if row.empty else repeat(1)
        divisors = (
            repeat(None) if formula.denominator is None else self._totals(formula.denominator)
        )
        cell = {"percent": percent_cell, "ratio": ratio_cell}.get(row.unit, self._conversion.cell)
        for value, count, divisor in zip(values, counts, divisors, strict=False):
            if not count:
                yield Cell(None, reason=row.empty)
            elif row.unit == "quantity":
                yield Cell(int(value))
            elif divisor is None:
                yield cell(Fraction(value))
            elif divisor:
                yield cell(Fraction(value) * formula.factor / divisor)
            else:
                yield Cell(None, reason=row.undefined)

    def _totals(self, measure: Measure) -> Sequence[Fraction | int]:
        """Numbers of clients or entries, or amounts in the report's currency, by bucket."""
        if measure not in self._known:
            self._known[measure] = (
                list(map(self._conversion.total, self._amounts(measure)))
                if measure.counts == "money"
                else self._counts(measure)
            )
        return self._known[measure]

    def _counts(self, measure: Measure) -> list[int]:
        """How many clients or entries a measure is of, by bucket."""
        counts = [0] * len(self._buckets)
        for term in measure.terms:
            figures: list[Sequence[int]] = (
                [[self._flows[measure.where].entries(term, at) for at in self._buckets]]
                if isinstance(term, FlowTerm)
                else [own for _, own in self._figures(measure, term, 0)]
            )
            for own in figures:
                counts = list(map(add, counts, own))
        return counts

    def _amounts(self, measure: Measure) -> list[Amounts]:
        """What a measure adds up to, before conversion, by bucket; balances of 0 need no rate."""
        held: list[Amounts] = [{} for _ in self._buckets]
        moved: list[Amounts] = [{} for _ in self._buckets]
        for term in measure.terms:
            if isinstance(term, FlowTerm):
                for bucket, amounts in enumerate(moved):
                    found = self._flows[measure.where].amounts(term, bucket)
                    for rate, amount in found.items():
                        amounts[rate] = amounts.get(rate, 0) + term.sign * amount
                continue
            days = self._days[edge_of(term)[1] :]
            for code, figures in self._figures(measure, term, 1):
                for amounts, day, figure in zip(held, days, figures, strict=False):
                    if figure:
                        amounts[code, day] = amounts.get((code, day), 0) + term.sign * figure
        for amounts, own in zip(moved, held, strict=True):
            for rate, amount in own.items():
                if amount:
                    amounts[rate] = amounts.get(rate, 0) + amount
        return moved

    def _figures(
        self, of: Measure, term: BalanceTerm, which: int
    ) -> Iterator[tuple[str, Sequence[int]]]:
        """Numbers of clients (0) or their balances (1) at one end of each bucket, by currency."""
        figure = _FIGURES[term.keep][which]
        for currency, sums in self._sums[of.where, term.group].items():
            yield currency, sums.through(figure) if term.when == "before" else sums[figure]

    def _rounding(self, cells: Mapping[str, Sequence[Cell]]) -> list[Fraction]:
        """By how much the figures of a bridge, as shown, do not add up."""

        def shown(name: str, bucket: int) -> Fraction:
            return Fraction(cells[name][bucket].value or 0)

        steps = [name for name in cells if name != CLOSING]
        return [
            shown(CLOSING, bucket) - sum(shown(name, bucket) for name in steps)
            for bucket in self._buckets
        ]

    def check_bridges(self, bridges: Sequence[BlockDefinition]) -> None:
        """Raises IdentityError unless every bridge closes in each currency, before conversion."""
        gaps = []
        for block in bridges:
            formula = next(row.formula for row in block.rows if row.name == FX)
            assert formula is not None  # noqa: S101
            for bucket, amounts in enumerate(self._amounts(formula.numerator)):
                gap: dict[str, int] = defaultdict(int)
                for (code, _), amount in amounts.items():
                    gap[code] += amount
                gaps += [
                    f"{block.name} in {code}, column {bucket + 1}: "
                    f"off by {Fraction(off, 10**self._conversion.scale)}"
                    for code, off in gap.items()
                    if off
                ]
        if gaps:
            raise IdentityError("a bridge closes", gaps)


def _required(
    inputs: ReportInputs, blocks: Sequence[BlockDefinition], where: Where | None
) -> RateRequirements:
    """The rates that the rows need of the clients that pass some filters."""
    needed = {*FLOWS} if _takes_other(blocks, where) else {*FLOWS} - {OTHER}
    yield from (
        (one.currency, one.day, one.first_day) for one in inputs.flows if one.flow in needed
    )
    for (name, currency), held in inputs.sums.items():
        for bucket, day in enumerate(inputs.days[1:]):
            if name == ALL and held["positives"][bucket] + held["negatives"][bucket]:
                yield currency, day, day
    if where is not None or not any(block in OPTIONAL["bridge"] for block in blocks):
        return
    for (name, currency), held in inputs.sums.items():
        if name == ALL and held.opening("positives") + held.opening("negatives"):
            yield currency, inputs.days[0], inputs.days[0]
        if name == CLOSED_CLIENTS:
            closed = held.through("balance")
            for bucket, day in enumerate(inputs.days[1:]):
                if closed[bucket] != closed[bucket + 1]:
                    yield currency, day, day


def _takes_other(blocks: Sequence[BlockDefinition], where: Where | None) -> bool:
    """Whether a row adds up entries of other kinds under some filters; a bridge does."""
    formulas = (row.formula for block in blocks for row in block.rows)
    measures = (one for formula in formulas if formula for one in formula.measures)
    return any(
        isinstance(term, FlowTerm) and term.flow == OTHER and one.counts == "money"
        for one in measures
        if one.where == where
        for term in one.terms
    )


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
    held_by = {currency: held for (name, currency), held in sums.items() if name == ALL_EVER}
    for currency in sorted({*moved, *held_by}):
        closing = held_by[currency].opening("balance") if currency in held_by else 0
        for bucket in range(buckets):
            closing += moved[currency][bucket]
            found = held_by[currency]["balance"][bucket] if currency in held_by else 0
            if found != closing:
                gap = Fraction(found - closing, 10**scale)
                open_ends.append(f"{currency}, column {bucket + 1}: off by {gap}")
    if open_ends:
        raise IdentityError("opening + flows = closing", open_ends)
