"""Comparison of two periods: other, Δ and Δ % of each cell, and the largest changes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import get_args

from custdyn_widgets.model.blocks import definitions
from custdyn_widgets.model.cells import Cell, Compared, few, shown, signed
from custdyn_widgets.model.definitions import ROUNDING, RowDefinition, Unit
from custdyn_widgets.model.money import amount, rounded_amount
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.periods import Bucket, State
from custdyn_widgets.report.conversion import percent_cell, ratio_cell
from custdyn_widgets.report.report import Note, Other, Report, Row, warnings_first
from custdyn_widgets.report.totals import is_charge
from custdyn_widgets.words import tr

OF_THE_OTHER = tr("In the period compared with: ")
MAX = 5


def compared(report: Report, other: Report, places: Sequence[int | None]) -> Report:
    """A report compared with that of another period; `places` as `match_buckets` gives them.

    A package that only one of the two has is in both, without entries in the other.
    """
    currency = str(report.query.currency)
    notes = list(report.notes)
    notes += [
        Note(f"{OF_THE_OTHER}{note.text}", warning=note.warning)
        for note in other.notes
        if note not in report.notes
    ]
    alone = [one for at, one in enumerate(other.buckets) if at not in places]
    if alone:
        listed = few([bucket.label for bucket in alone], 5)
        words = tr("no bucket here is the counterpart of {listed}", listed=listed)
        notes.append(Note(f"{OF_THE_OTHER}{words}"))
    if single := [one.label for one, at in zip(report.buckets, places, strict=True) if at is None]:
        notes.append(
            Note(tr("no bucket there is the counterpart of {listed}", listed=few(single, 5)))
        )
    return replace(
        report,
        rows=tuple(
            replace(row, compared=_changes(row, counterpart, places, currency))
            for row, counterpart in _pairs(report, other)
        ),
        notes=warnings_first(notes),
        rates=tuple(sorted({*report.rates, *other.rates})),
        other=Other(
            other.first,
            other.last,
            tuple(None if place is None else other.buckets[place] for place in places),
        ),
    )


def _pairs(report: Report, other: Report) -> list[tuple[Row, Row]]:
    """The rows of both reports, one for one; package blocks of either, by name."""
    own, theirs = ({(r.block, r.package, r.row): r for r in one.rows} for one in (report, other))
    order = list(definitions(report.query.own))
    blocks = list(dict.fromkeys(block for block, _ in order))

    def place(key: tuple[str, str | None, str]) -> tuple[int, str, int]:
        block, package, row = key
        return blocks.index(block), package or "", order.index((block, row))

    keys = sorted({*own, *theirs}, key=place)
    return [
        (
            own.get(key) or _without_entries(theirs[key], report),
            theirs.get(key) or _without_entries(own[key], other),
        )
        for key in keys
    ]


def _without_entries(row: Row, report: Report) -> Row:
    nothing = _nothing(row.defined, str(report.query.currency))
    return replace(row, cells=(nothing,) * len(report.buckets))


def _nothing(defined: RowDefinition, currency: str) -> Cell:
    if defined.name == ROUNDING:
        return Cell(amount(0, currency), exact=Fraction())
    return Cell(0) if defined.unit == "quantity" else Cell(None, reason=NA.NO_ENTRY)


def _changes(row: Row, other: Row, places: Sequence[int | None], currency: str) -> Compared:
    beside = tuple(
        Cell(None, reason=NA.NO_COUNTERPART) if place is None else other.cells[place]
        for place in places
    )
    pairs = list(zip(row.cells, beside, strict=True))
    return Compared(
        other=beside,
        delta=tuple(delta(value, one, row.defined.unit, currency) for value, one in pairs),
        percent=tuple(percent(value, one) for value, one in pairs),
    )


def delta(value: Cell, other: Cell, unit: Unit, currency: str) -> Cell:
    """The change from one cell to another: a count, or a figure rounded here, once."""
    if value.value is None or other.value is None:
        return _absent(value, other)
    exact = _exact(value) - _exact(other)
    if unit == "quantity":
        return Cell(int(exact))
    if unit != "money":
        return percent_cell(exact) if unit == "percent" else ratio_cell(exact)
    return Cell(rounded_amount(exact, currency), exact=exact)


def percent(value: Cell, other: Cell) -> Cell:
    """The change in percent of the other cell's size; N/A where that is 0."""
    if value.value is None or other.value is None:
        return _absent(value, other)
    base = abs(_exact(other))
    if not base:
        return Cell(None, reason=NA.OF_ZERO)
    return percent_cell(100 * (_exact(value) - _exact(other)) / base)


def _absent(value: Cell, other: Cell) -> Cell:
    missing = NA.NO_COUNTERPART if other.reason is NA.NO_COUNTERPART else NA.ONE_IS_NA
    return Cell(None, reason=missing)


def _exact(cell: Cell) -> Fraction:
    return Fraction(cell.value or 0) if cell.exact is None else cell.exact


@dataclass(frozen=True)
class Change:
    """A cell that changed: `size` is Δ against the largest figure of the report in its unit."""

    row: Row
    place: int
    size: Fraction
    words: str


def against_before(report: Report) -> Report:
    """A report that compares with nothing, compared with itself one bucket earlier."""
    places = [None, *range(len(report.buckets) - 1)][: len(report.buckets)]
    earlier = tuple(None if place is None else report.buckets[place] for place in places)
    currency = str(report.query.currency)
    rows = (replace(row, compared=_changes(row, row, places, currency)) for row in report.rows)
    return replace(report, rows=tuple(rows), other=Other(report.first, report.last, earlier))


def largest_changes(report: Report, most: int = MAX, *, last: bool = False) -> tuple[Change, ...]:
    """The largest changes of a report, largest first, at most one of each block.

    Amounts and quantities are made comparable by the largest amount and the largest quantity of
    either period. Only buckets that are over count: a running one has yet to catch up; of `last`,
    the last of them, and one for all classes of clients. The same change of the same row in two
    classes of clients is named once.
    """
    over = [at for at, bucket in enumerate(report.buckets) if bucket.state is State.PAST]
    over = over[-1:] if last else over
    largest = {unit: _largest(report, unit, over) for unit in get_args(Unit)}
    found = sorted(_all(report, over, largest), key=lambda one: -one.size)
    chosen: list[Change] = []
    named, said = set[str](), set[object]()
    for one in found:
        same = (one.row.row, one.place, one.size)
        block = one.row.title.partition(" - ")[0] if last else one.row.title
        if block not in named and same not in said:
            chosen.append(one)
            named.add(block)
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
        yield tr("Nothing changed.") if over else tr("No bucket is over yet: nothing to compare.")


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


def _spent(
    row: Row, compared: Compared, place: int, buckets: tuple[Bucket, Bucket], unit: str
) -> str:
    """`Pay As You Go: Total: customers spent 5.00 EUR more in 02/2017 (20.00 EUR, +33.3 %); …`."""
    figures = (one[place].value for one in (compared.delta, row.cells, compared.other))
    change, now, before = (Decimal(one or 0) for one in figures)
    relative = compared.percent[place].value
    share = "" if relative is None else f", {signed(Cell(-relative))} %"
    return tr(
        "{row}: customers spent {change} {more} in {bucket} ({now}); it was {before} in {other}.",
        row=f"{row.title}: {row.row}",
        change=f"{shown(abs(change))}{unit}",
        more=tr("more") if change < 0 else tr("less"),
        bucket=buckets[0].label,
        now=f"{shown(-now)}{unit}{share}",
        before=f"{shown(-before)}{unit}",
        other=buckets[1].label,
    )


def _words(
    row: Row, compared: Compared, place: int, buckets: tuple[Bucket, Bucket], currency: str | None
) -> str:
    """`Balance Refill: Total rose by 10.00 EUR to 30.00 EUR in 02/2017 (+50.0 %); it was …`.

    A share rises by percentage points: from 1.5 % to 2.9 % by 1.4 of them, which is +95.9 %.
    """
    unit, points = {
        "money": (f" {currency}", f" {currency}"),
        "percent": (" %", tr(" percentage points")),
        "quantity": ("", ""),
        "ratio": ("", ""),
    }[row.defined.unit]

    change, relative = compared.delta[place], compared.percent[place]
    if is_charge(row) and row.formula and row.formula.denominator is None:
        return _spent(row, compared, place, buckets, unit)
    rose = tr("rose") if change.value and change.value > 0 else tr("fell")
    share = "" if relative.value is None else f" ({signed(relative)} %)"
    return tr(
        "{row} {rose} by {change} to {now} in {bucket}; it was {before} in {other}.",
        row=f"{row.title}: {row.row}",
        rose=rose,
        change=f"{str(change).removeprefix('-')}{points}",
        now=f"{row.cells[place]}{unit}",
        bucket=f"{buckets[0].label}{share}",
        before=f"{compared.other[place]}{unit}",
        other=buckets[1].label,
    )
