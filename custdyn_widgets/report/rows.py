"""Sums → rows of cells: N/A with its reason; identities checked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

from custdyn_widgets.errors import IdentityError
from custdyn_widgets.metrics.aggregates import Sums
from custdyn_widgets.metrics.client_sets import ALL_EVER, CLASSES
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.blocks import OPTIONAL, blocks_with, bridge_of
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    NA,
    OVERALL_ACTIVE,
    PACKAGE,
    PACKAGES,
    PAY_AS_YOU_GO,
    BlockDefinition,
)
from custdyn_widgets.model.schema import NAMED_KINDS, PAYG, REFILL
from custdyn_widgets.report.conversion import Conversion, Lines
from custdyn_widgets.report.flow_totals import FlowTotals
from custdyn_widgets.report.optional_rows import (
    RateRequirements,
    bridge,
    bridge_needs,
    movements,
    sensitivity,
)
from custdyn_widgets.report.report import Row


@dataclass(frozen=True)
class ReportInputs:
    """What a report is made of, added up.

    `days` are the dates whose rates convert the balances: of the bucket before the first, then
    one a bucket. `stayed` are, for bridges, the flows of clients that stayed in a class.
    """

    sums: Sums
    flows: Sequence[Flow]
    days: Sequence[date]
    stayed: Mapping[str, Sequence[Flow]] = field(default_factory=dict)


def rows(
    added: ReportInputs,
    conversion: Conversion,
    *,
    by_package: bool,
    blocks: Sequence[str] = (),
    checkpoint: Callable[[], None] = lambda: None,
) -> tuple[Row, ...]:
    """Every row of the report, in order; `blocks` are the optional ones.

    `checkpoint` is called now and then: what it raises stops the work. Raises MissingRates, and
    IdentityError if the sums disagree with each other.
    """
    sums, days = added.sums, added.days[1:]
    check_identities(sums, added.flows, len(days), conversion.scale)
    conversion.check_rates(_needed(added, blocks))
    shown = [flow for flow in added.flows if _is_shown(flow)]
    spent = FlowTotals(shown, len(days), conversion, checkpoint)
    lines = {name: _class_lines(sums, name, days, conversion) for name in CLASSES}
    lines[BALANCE_REFILL] = spent.lines(REFILL, "Qty", "Total")
    lines[BALANCE_REFILL]["Avg"] = _ratios(lines[BALANCE_REFILL], "Total", "Qty", conversion)
    payg = spent.lines(PAYG, "Qty", "Total")
    payg["Qty"] = lines[ACTIVE]["Qty"]
    lines[PAY_AS_YOU_GO] = {"Total": payg["Total"]}
    lines[PAY_AS_YOU_GO]["Active Avg"] = _ratios(payg, "Total", "Qty", conversion)
    lines[PACKAGES] = spent.package_lines(None)
    lines |= _optional(added, lines, conversion, blocks)
    made: list[Row] = []
    for block in blocks_with(blocks):
        if block.name != PACKAGE:
            made += _block(block, lines[block.name], None)
            continue
        for name in spent.packages if by_package else ():
            checkpoint()
            made += _block(block, spent.package_lines(name), name)
    return tuple(made)


def _is_shown(flow: Flow) -> bool:
    return flow.counted and flow.kind in NAMED_KINDS


def _needed(added: ReportInputs, blocks: Sequence[str]) -> RateRequirements:
    """What needs a rate: currency, date, and the date to name where it is missing."""
    yield from ((one.currency, one.day, one.first_day) for one in added.flows if _is_shown(one))
    for (name, currency), held in added.sums.items():
        for bucket, day in enumerate(added.days[1:]):
            if name == ALL and held["positives"][bucket] + held["negatives"][bucket]:
                yield currency, day, day
    if "bridge" in blocks:
        yield from bridge_needs(added.sums, added.flows, added.days)


def _optional(
    added: ReportInputs, lines: Mapping[str, Lines], conversion: Conversion, blocks: Sequence[str]
) -> dict[str, Lines]:
    made: dict[str, Lines] = {}
    if "bridge" in blocks:
        flows = {ALL: added.flows, **added.stayed}
        for name in (ALL, ACTIVE, OVERALL_ACTIVE):
            own = flows.get(name, ())
            made[bridge_of(name)] = bridge(name, added.sums, own, added.days, conversion)
    if "movements" in blocks:
        made[OPTIONAL["movements"][0].name] = movements(added.sums, lines, conversion)
    if "sensitivity" in blocks:
        made[OPTIONAL["sensitivity"][0].name] = sensitivity(added.sums, len(added.days) - 1)
    return made


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
    return [
        Row(block.name, package, one.name, tuple(lines[one.name]))
        for one in block.rows
        if one.name in lines
    ]
