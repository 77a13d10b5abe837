"""Report → table model, shared by page, HTML and files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import Any

from custdyn_widgets.model.blocks import every_block
from custdyn_widgets.model.cells import Line, many
from custdyn_widgets.model.definitions import LINES, RowDefinition
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.optional_rows import BRIDGES
from custdyn_widgets.model.periods import Bucket
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.report.report import Report, utc_text
from custdyn_widgets.report.totals import is_charge, scales, total_of
from custdyn_widgets.views.facts import filter_lines, in_words_of
from custdyn_widgets.words import tr

TITLE = "Customer Dynamics"
COMPARED_WITH = tr("Compared with")
CLOSES = tr("✓ closes exactly")
"""Every report checks it, in each currency: one that did not close would not be there."""
TOTAL_WORDS = tr("over the whole period; of a balance, that of its last bucket")
CELLS_KEPT = 1_000
"""Cells of a table that the file of a notebook keeps at most."""


@dataclass(frozen=True)
class BlockRow:
    """The title of a block, over the whole width; `mark` is what is proven of it."""

    title: str
    words: str
    mark: str = ""
    package: str | None = None


@dataclass(frozen=True)
class TableRow:
    """A line of figures: `row` is the place of its row in the report."""

    row: int
    line: Line
    defined: RowDefinition

    @property
    def words(self) -> str:
        """What it is, in words."""
        own = tr(self.defined.description)
        return own if self.line.key == "value" else f"{LINES[self.line.key].description} {own}"


@dataclass(frozen=True)
class Table:
    """What is shown: header levels (coarsest first, one label a bucket), and rows.

    `against` are the labels of the buckets compared with, "" where there is none; None where
    nothing is compared.
    """

    caption: str
    header: tuple[tuple[str, ...], ...]
    buckets: tuple[Bucket, ...]
    rows: tuple[BlockRow | TableRow, ...]
    against: tuple[str, ...] | None = None


def table_of(report: Report) -> Table:
    """The table of a report, as the page shows it."""
    levels = list(zip(*((*one.parents, one.label) for one in report.buckets), strict=True))
    other = report.other
    return Table(
        caption=caption_of(report),
        header=tuple(levels) or ((),),
        buckets=report.buckets,
        rows=tuple(_rows(report)),
        against=None if other is None else tuple(one.label if one else "" for one in other.buckets),
    )


def caption_of(report: Report) -> str:
    """One line: what the report shows, from when to when, in which zone and currency."""
    query = report.query
    other = report.other
    against = "" if other is None else f", {COMPARED_WITH.lower()} {other.first} – {other.last}"
    return tr(
        "{title}: {period}, {currency}, active within {months}",
        title=TITLE,
        period=f"{report.first} – {report.last} {query.timezone}{against}",
        currency=query.currency,
        months=many(query.active_duration, "month", "months"),
    )


def shortened(table: Table) -> tuple[Table, str]:
    """What a notebook keeps of a table: its newest buckets and its first rows, about CELLS_KEPT.

    And words for what is left out; "" where that is nothing.
    """
    lines = max(sum(isinstance(row, TableRow) for row in table.rows), 1)
    wide, high = len(table.buckets), len(table.rows)
    columns = max(min(wide, CELLS_KEPT // lines), min(wide, 1))
    rows = high if lines * columns <= CELLS_KEPT else CELLS_KEPT
    if (columns, rows) == (wide, high):
        return table, ""
    left = [
        many(wide - columns, "earlier bucket", "earlier buckets") if wide > columns else "",
        many(high - rows, "further row", "further rows") if high > rows else "",
    ]
    first = wide - columns
    kept = Table(
        caption=table.caption,
        header=tuple(level[first:] for level in table.header),
        buckets=table.buckets[first:],
        rows=tuple(
            replace(row, line=replace(row.line, cells=row.line.cells[first:]))
            if isinstance(row, TableRow)
            else row
            for row in table.rows[:rows]
        ),
        against=None if table.against is None else table.against[first:],
    )
    return kept, tr("{left} more: result.table", left=tr(" and ").join(filter(None, left)))


def days(first: datetime, last: datetime) -> str:
    """A period on the clock: its dates alone where it is of whole days."""
    ends = [str(first), str(last)]
    if [one[11:] for one in ends] == ["00:00:00", "23:59:59"]:
        ends = [one[:10] for one in ends]
    return " – ".join(dict.fromkeys(ends))


def made_of(report: Report) -> str:
    """Above a table on its own: what it shows, of whom, as of when, from where."""
    filters = "; ".join(filter_lines(report.query))
    as_of = utc_text(report.as_of).partition(".")[0].removesuffix("Z")
    return tr(
        "{report}. {filters}. As of {as_of}Z, source {source}.",
        report=caption_of(report),
        filters=filters,
        as_of=as_of,
        source=report.source,
    )


def spans(labels: tuple[str, ...]) -> list[tuple[str, int]]:
    """Runs of the same label in a header level: label and width."""
    runs: list[tuple[str, int]] = []
    for label in labels:
        if runs and runs[-1][0] == label:
            runs[-1] = (label, runs[-1][1] + 1)
        else:
            runs.append((label, 1))
    return runs


def to_json_model(report: Report) -> dict[str, Any]:
    """The table as JSON for the page's own table widget; every value is text.

    `reasons` are, by column, places in `why`; `intervals` are the two lines of each column: in the
    report's zone, and in UTC; that of its counterpart is a third. A `line` says which of the lines
    of `row` it is, as in LINES; `label` is then its short name. `total` is that of the period, ""
    where there is none; `unit`, `charge` and `scales` say how a reader may have its figures shown.
    """
    table = table_of(report)
    why = list(NA)
    return {
        "caption": table.caption,
        "made": made_of(report),
        "source": report.source,
        "totalWords": TOTAL_WORDS,
        "header": [spans(level) for level in table.header],
        "labels": list(table.header[-1]),
        "states": [bucket.state.value for bucket in table.buckets],
        "against": None if table.against is None else list(table.against),
        "lines": {key: line.label for key, line in LINES.items()},
        "intervals": [_intervals(report, place) for place in range(len(table.buckets))],
        "why": [tr(reason) for reason in why],
        "rows": [
            {
                "title": row.title,
                "words": in_words_of(row.words, report.query),
                "mark": row.mark,
                "package": row.package,
            }
            if isinstance(row, BlockRow)
            else {
                "row": row.row,
                "line": row.line.key,
                "name": row.line.name,
                "label": _label(row),
                "words": in_words_of(row.words, report.query),
                "unit": row.line.unit,
                "charge": is_charge(report.rows[row.row]),
                "scales": row.line.key != "percent"
                and scales(report.rows[row.row].formula, row.line.unit),
                "values": list(row.line.texts),
                "total": _total(report, row),
                "reasons": {
                    str(place): why.index(cell.reason)
                    for place, cell in enumerate(row.line.cells)
                    if cell.reason is not None
                },
            }
            for row in table.rows
        ],
    }


def _rows(report: Report) -> Iterator[BlockRow | TableRow]:
    words = {block.name: tr(block.description) for block in every_block()}
    title = None
    for place, row in enumerate(report.rows):
        if row.title != title:
            title = row.title
            proven = CLOSES if row.block in BRIDGES else ""
            yield BlockRow(title, words[row.block], proven, row.package)
        for line in row.lines:
            yield TableRow(place, line, row.defined)


def _total(report: Report, row: TableRow) -> str:
    """What a line comes to over the whole period, as text; "" where that is no figure."""
    if row.line.key not in ("value", "other") or len(report.buckets) < 2:
        return ""
    formula = report.rows[row.row].formula
    total = total_of(formula, row.line.cells, report.buckets, str(report.query.currency))
    return "" if total is None else replace(row.line, cells=(total,)).texts[0]


def _label(row: TableRow) -> str:
    """What stands beside a line on the page: of the lines below the first, the line alone."""
    return row.line.name if row.line.key == "value" else LINES[row.line.key].label


def _intervals(report: Report, place: int) -> list[str]:
    tz = zone(report.query.timezone)
    bucket = report.buckets[place]
    own = tr("{span}, exclusive", span=f"{_span(bucket, tz)} {report.query.timezone}")
    lines = [own, f"{_span(bucket, UTC)} UTC"]
    if report.other is not None:
        other = report.other.buckets[place]
        against = "nothing" if other is None else f"{other.label}: {_span(other, tz)}"
        lines.append(f"{COMPARED_WITH} {against}")
    return lines


def _span(bucket: Bucket, tz: tzinfo) -> str:
    start, end = (in_zone(one, tz) for one in (bucket.start, bucket.end))
    return f"{start:%Y-%m-%d %H:%M:%S} – {end:%Y-%m-%d %H:%M:%S}"
