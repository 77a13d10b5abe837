"""The rows of the optional blocks: bridges, movements, sensitivity."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from fractions import Fraction

from custdyn_widgets.errors import IdentityError
from custdyn_widgets.metrics.aggregates import ClientSetSums, Sums
from custdyn_widgets.metrics.client_sets import CLOSED_CLIENTS, entered, left
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.blocks import (
    AVERAGE_REVENUE,
    CHURN_RATE,
    CLOSED,
    CLOSING,
    ENTERED,
    FLOWS,
    FX,
    LAPSED,
    LEFT,
    NEW,
    OPENING,
    REACTIVATED,
    RETAINED,
    ROUNDING,
    SENSITIVE_MONTHS,
    active_row,
)
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import ACTIVE, ALL, NA, PACKAGES, PAY_AS_YOU_GO
from custdyn_widgets.model.schema import ACTIVATION, PACKAGE_KINDS, PAYG, REFILL, RENEWAL
from custdyn_widgets.report.conversion import Conversion, Lines, percent_cell

FLOW_OF_KIND = dict(zip((REFILL, PAYG, ACTIVATION, RENEWAL), FLOWS, strict=False))
REVENUE = ((PAY_AS_YOU_GO, "Total"), (PACKAGES, "Activation Total"), (PACKAGES, "Renew Total"))
"""The rows that are revenue, with the sign turned."""
RateRequirements = Iterator[tuple[str, date, date]]


def flow_name(kind: str, *, counted: bool) -> str:
    """The row of a bridge that an entry stands in; `counted`: see `Flow`."""
    other = FLOWS[-1]
    return FLOW_OF_KIND.get(kind, other) if counted or kind not in PACKAGE_KINDS else other


def bridge(
    name: str, sums: Sums, flows: Sequence[Flow], days: Sequence[date], conversion: Conversion
) -> Lines:
    """The bridge of a class of clients; `flows` are those of its clients that stayed.

    `days` are the dates whose rates convert the balances: of the bucket before the first, then
    one a bucket. Raises IdentityError where it does not close in a currency.
    """
    moved = _Moved(name, sums, flows, len(days) - 1)
    moved.check(conversion.scale)

    def total(parts: Iterable[tuple[str, int]], day: date) -> Fraction:
        converted = (conversion.convert(value, code, day) for code, value in parts if value)
        return sum(converted, Fraction())

    exact: dict[str, list[Fraction]] = defaultdict(list)
    for bucket, (before, day) in enumerate(itertools.pairwise(days)):
        exact[OPENING].append(total(moved.held(bucket), before))
        exact[CLOSING].append(total(moved.held(bucket + 1), day))
        if name == ALL:
            exact[CLOSED].append(total(moved.closed(bucket), day))
        else:
            exact[ENTERED].append(total(moved.entered(bucket), day))
            exact[LEFT].append(total(moved.left(bucket), before))
    lines = {row: [conversion.cell(value) for value in values] for row, values in exact.items()}
    lines |= _flow_lines(flows, len(days) - 1, conversion)
    steps = [row for row in lines if row != CLOSING]
    lines[FX] = []
    for bucket, closing in enumerate(exact[CLOSING]):
        explained = sum((lines[row][bucket].exact or Fraction() for row in steps), Fraction())
        lines[FX].append(conversion.cell(closing - explained))

    def shown(row: str, bucket: int) -> Fraction:
        return Fraction(lines[row][bucket].value or 0)

    rounding = [
        shown(CLOSING, bucket) - sum(shown(row, bucket) for row in (*steps, FX))
        for bucket in range(len(lines[CLOSING]))
    ]
    if any(rounding):
        lines[ROUNDING] = list(map(conversion.cell, rounding))
    return lines


def bridge_needs(sums: Sums, flows: Sequence[Flow], days: Sequence[date]) -> RateRequirements:
    """The rates that bridges need besides the rows above: currency, its date, date to name."""
    yield from ((flow.currency, flow.day, flow.first_day) for flow in flows)
    for (name, currency), held in sums.items():
        if name == ALL and held.opening("positives") + held.opening("negatives"):
            yield currency, days[0], days[0]
        if name == CLOSED_CLIENTS:
            gone = held.through("balance")
            for bucket, day in enumerate(days[1:]):
                if gone[bucket] != gone[bucket + 1]:
                    yield currency, day, day


def movements(sums: Sums, lines: Mapping[str, Lines], conversion: Conversion) -> Lines:
    """Movements; `lines` are those of the fixed blocks."""
    active = [int(cell.value or 0) for cell in lines[ACTIVE]["Qty"]]
    named = (NEW, REACTIVATED, RETAINED, LAPSED)
    made = {name: _counts(sums, name, len(active)) for name in named}
    before = sum(held.opening("quantity") for _, held in _of(sums, ACTIVE))
    made[CHURN_RATE] = [
        percent_cell(Fraction(int(lapsed.value or 0), earlier))
        if earlier
        else Cell(None, reason=NA.NOBODY_BEFORE)
        for lapsed, earlier in zip(made[LAPSED], [before, *active], strict=False)
    ]
    made[AVERAGE_REVENUE] = []
    for bucket, clients in enumerate(active):
        spent = [lines[block][row][bucket].exact for block, row in REVENUE]
        known = [one for one in spent if one is not None]
        if not known:
            made[AVERAGE_REVENUE].append(Cell(None, reason=NA.NO_ENTRY))
        elif not clients:
            made[AVERAGE_REVENUE].append(Cell(None, reason=NA.NOBODY_ACTIVE))
        else:
            made[AVERAGE_REVENUE].append(conversion.cell(-sum(known, Fraction()) / clients))
    return made


def sensitivity(sums: Sums, buckets: int) -> Lines:
    """The active clients for other active durations."""
    return {row: _counts(sums, row, buckets) for row in map(active_row, SENSITIVE_MONTHS)}


def _of(sums: Sums, name: str) -> list[tuple[str, ClientSetSums]]:
    return [(currency, held) for (whose, currency), held in sums.items() if whose == name]


def _counts(sums: Sums, name: str, buckets: int) -> list[Cell]:
    listed = [held["quantity"] for _, held in _of(sums, name)]
    return [Cell(sum(one[bucket] for one in listed)) for bucket in range(buckets)]


def _flow_lines(flows: Sequence[Flow], buckets: int, conversion: Conversion) -> Lines:
    totals: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
    for flow in flows:
        key = flow_name(flow.kind, counted=flow.counted), flow.bucket
        totals[key] += conversion.convert(flow.amount, flow.currency, flow.day)
    return {
        row: [
            conversion.cell(totals[row, bucket])
            if (row, bucket) in totals
            else Cell(None, reason=NA.NO_ENTRY)
            for bucket in range(buckets)
        ]
        for row in FLOWS
    }


class _Moved:
    """What a bridge explains, in each currency: unscaled integers."""

    def __init__(self, name: str, sums: Sums, flows: Sequence[Flow], buckets: int) -> None:
        self._name = name
        self._held = dict(_of(sums, name))
        self._closed = dict(_of(sums, CLOSED_CLIENTS)) if name == ALL else {}
        self._entered = {} if name == ALL else dict(_of(sums, entered(name)))
        self._left = {} if name == ALL else dict(_of(sums, left(name)))
        self._flows: dict[str, list[int]] = {}
        self._buckets = buckets
        for flow in flows:
            self._flows.setdefault(flow.currency, [0] * buckets)[flow.bucket] += flow.amount

    def held(self, edge: int) -> list[tuple[str, int]]:
        return [(code, held.through("balance")[edge]) for code, held in self._held.items()]

    def closed(self, bucket: int) -> list[tuple[str, int]]:
        through = {code: held.through("balance") for code, held in self._closed.items()}
        return [(code, gone[bucket] - gone[bucket + 1]) for code, gone in through.items()]

    def entered(self, bucket: int) -> list[tuple[str, int]]:
        return [(code, held["balance"][bucket]) for code, held in self._entered.items()]

    def left(self, bucket: int) -> list[tuple[str, int]]:
        return [(code, -held["balance"][bucket]) for code, held in self._left.items()]

    def check(self, scale: int) -> None:
        """Raises IdentityError unless every currency closes on its own."""
        gaps = []
        for bucket in range(self._buckets):
            gap: dict[str, int] = defaultdict(int)
            steps = (self.held(bucket), self.closed(bucket), self.entered(bucket))
            for code, value in (one for step in (*steps, self.left(bucket)) for one in step):
                gap[code] -= value
            for code, listed in self._flows.items():
                gap[code] -= listed[bucket]
            for code, value in self.held(bucket + 1):
                gap[code] += value
            gaps += [
                f"{self._name} in {code}, column {bucket + 1}: off by {Fraction(off, 10**scale)}"
                for code, off in gap.items()
                if off
            ]
        if gaps:
            raise IdentityError("a bridge closes", gaps)
