"""The largest changes of a report that compares two periods, in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import get_args

from custdyn_widgets.model.cells import Compared, signed
from custdyn_widgets.model.definitions import Unit
from custdyn_widgets.model.periods import Bucket, State
from custdyn_widgets.report.report import Report, Row

MOST = 5


@dataclass(frozen=True)
class Change:
    """A cell that changed: `size` is Δ against the largest figure of the report in its unit."""

    row: Row
    place: int
    size: Fraction
    words: str


def largest_changes(report: Report, most: int = MOST) -> tuple[Change, ...]:
    """The largest changes of a report, largest first, at most one of each block.

    Amounts and quantities are made comparable by the largest amount and the largest quantity of
    either period. Only buckets that are over count: a running one has yet to catch up. The same
    change of the same row in two classes of clients is named once.
    """
    over = [at for at, bucket in enumerate(report.buckets) if bucket.state is State.PAST]
    largest = {unit: _largest(report, unit, over) for unit in get_args(Unit)}
    found = sorted(_all(report, over, largest), key=lambda one: -one.size)
    chosen: list[Change] = []
    named, said = set[str](), set[object]()
    for one in found:
        same = (one.row.row, one.place, one.size)
        if one.row.title not in named and same not in said:
            chosen.append(one)
            named.add(one.row.title)
            said.add(same)
    return tuple(chosen[:most])


def summary(report: Report) -> Iterator[str]:
    """Those changes, one sentence each; or why there are none."""
    if report.other is None:
        return
    found = largest_changes(report)
    yield from (change.words for change in found)
    if not found:
        over = any(bucket.state is State.PAST for bucket in report.buckets)
        yield "Nothing changed." if over else "No bucket is over yet: nothing to compare."


def _largest(report: Report, unit: str, over: list[int]) -> Fraction:
    cells = (
        cells[place]
        for row in report.rows
        if row.compared and row.defined.unit == unit
        for cells in (row.cells, row.compared.other)
        for place in over
    )
    return max((abs(Fraction(cell.value)) for cell in cells if cell.value), default=Fraction(1))


def _all(report: Report, over: list[int], largest: dict[str, Fraction]) -> Iterator[Change]:
    others = report.other.buckets if report.other else ()
    for row in report.rows:
        for place in over if row.compared else ():
            other = others[place]
            if row.compared and other and (delta := row.compared.delta[place].value):
                buckets = report.buckets[place], other
                words = _words(row, row.compared, place, buckets, report.query.currency)
                yield Change(row, place, abs(Fraction(delta)) / largest[row.defined.unit], words)


def _words(
    row: Row, compared: Compared, place: int, buckets: tuple[Bucket, Bucket], currency: str | None
) -> str:
    """`Balance Refill: Total rose by 10.00 EUR to 30.00 EUR in 02/2017 (+50.0 %); it was …`.

    A share rises by percentage points: from 1.5 % to 2.9 % by 1.4 of them, which is +95.9 %.
    """
    unit, points = {
        "money": (f" {currency}", f" {currency}"),
        "percent": (" %", " percentage points"),
        "quantity": ("", ""),
    }[row.defined.unit]

    change, relative = compared.delta[place], compared.percent[place]
    verb = "rose" if change.value and change.value > 0 else "fell"
    share = "" if relative.value is None else f" ({signed(relative)} %)"
    return (
        f"{row.title}: {row.row} {verb} by {str(change).removeprefix('-')}{points} to "
        f"{row.cells[place]}{unit} in {buckets[0].label}{share}; "
        f"it was {compared.other[place]}{unit} in {buckets[1].label}."
    )
