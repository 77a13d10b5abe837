"""Report → sheets of typed cells, shared by XLSX and XLS."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.exports.data_sheet import RATES, data_sheet, rates_sheet
from custdyn_widgets.exports.sheet import Limits, Line, Look, Sheet, SheetCell
from custdyn_widgets.exports.text import Cleaner, is_exact, unfit
from custdyn_widgets.model.blocks import blocks_with
from custdyn_widgets.model.cells import NOT_AVAILABLE, Cell, many
from custdyn_widgets.model.periods import State
from custdyn_widgets.pipeline.provenance import Provenance
from custdyn_widgets.query.fields import FIELDS
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.facts import RATE_USED, facts, filter_lines
from custdyn_widgets.views.table import COMPARED_WITH, TITLE, BlockRow, Table, TableRow, table_of
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance
    from custdyn_widgets.report.report import Report

QUERY, FINGERPRINT, RESULT, DEFINITIONS = (
    "Query (TOML)",
    "Data fingerprint",
    "Result hash",
    "Definitions",
)
"""Labels that `verify` looks for; a long query has several lines."""
PIECE = 15_000


LINES_ABOVE = 4
"""Title, two lines about the report and an empty one stand above the table."""


class TooLarge(CustdynError):
    """A report does not fit the format."""

    exit_code = 2

    def __init__(self, limits: Limits, rows: int) -> None:
        super().__init__(
            f"{limits.name} holds {limits.rows:,} rows and the report has {rows:,}; "
            "choose xlsx or csv, or filter by package"
        )


def sheets_of(report: Report, provenance: Provenance, limits: Limits) -> list[Sheet]:
    """The report and its Info as sheets.

    A report wider than the format is split, the first column repeated on each sheet. Raises
    TooLarge where it is longer.
    """
    table = table_of(report)
    length = LINES_ABOVE + len(table.header) + (table.against is not None) + len(table.rows)
    if length > limits.rows:
        raise TooLarge(limits, length)
    cleaner = Cleaner()
    about = [_text(cleaner.clean(line), Look.SUBTITLE) for line in _about(report)]
    above: list[Line] = [[_text(TITLE, Look.TITLE)]]
    above += [[line] for line in about]
    width = limits.columns - 1
    parts = [
        (start, min(start + width, len(table.buckets)))
        for start in range(0, max(len(table.buckets), 1), width)
    ]
    sheets = []
    for number, (first, last) in enumerate(parts, 1):
        name = TITLE if len(parts) == 1 else f"{TITLE} {number} of {len(parts)}"
        lines: list[Line] = [list(line) for line in above]
        lines += [[], *_header(table, first, last), *_against(table, first, last)]
        frozen = len(lines)
        lines += [_line(row, first, last, cleaner) for row in table.rows]
        widths = [_name_width(table), *[_width(table, at) for at in range(first, last)]]
        sheets.append(Sheet(name, lines, (frozen, 1), widths, _folds(table, frozen)))
    more = [data_sheet(report, cleaner, limits), rates_sheet(report)]
    info = _info(report, provenance, cleaner, len(parts), has_data=more[0] is not None)
    return [*sheets, *(sheet for sheet in more if sheet is not None), info]


def _folds(table: Table, frozen: int) -> tuple[tuple[int, int], ...]:
    """The rows of each block, below its title."""
    titles = [at for at, row in enumerate(table.rows) if isinstance(row, BlockRow)]
    ends = [*titles, len(table.rows)][1:]
    return tuple((frozen + at + 1, frozen + end - 1) for at, end in zip(titles, ends, strict=True))


def _about(report: Report) -> list[str]:
    query, other = report.query, report.other
    against = "" if other is None else f"{COMPARED_WITH} {other.first} – {other.last} · "
    return [
        f"{report.first} – {report.last} {query.timezone} · {against}{query.currency} · "
        f"{FIELDS['active_duration'].label} {many(query.active_duration, 'month', 'months')}",
        " · ".join(filter_lines(query)),
    ]


def _header(table: Table, first: int, last: int) -> Iterator[Line]:
    for level in table.header:
        states = [bucket.state for bucket in table.buckets[first:last]]
        yield [
            SheetCell("", Look.HEADER),
            *(
                SheetCell(
                    _labelled(label, state if level is table.header[-1] else State.PAST),
                    Look.HEADER if state is State.PAST else Look.HEADER_LATER,
                )
                for label, state in zip(level[first:last], states, strict=True)
            ),
        ]


def _against(table: Table, first: int, last: int) -> Iterator[Line]:
    if table.against is not None:
        labels = (COMPARED_WITH, *table.against[first:last])
        yield [SheetCell(label, Look.HEADER_LATER) for label in labels]


def _labelled(label: str, state: State) -> str:
    return label if state is State.PAST else f"{label} ({tr(state)})"


def _line(row: BlockRow | TableRow, first: int, last: int, cleaner: Cleaner) -> Line:
    if isinstance(row, BlockRow):
        blank = SheetCell("", Look.BLOCK)
        return [SheetCell(cleaner.clean(row.title), Look.BLOCK), *[blank] * (last - first)]
    return [
        SheetCell(row.line.name, Look.NAME if row.line.key == "value" else Look.LINE),
        *(_figure(cell, row, cleaner) for cell in row.line.cells[first:last]),
    ]


def _figure(cell: Cell, row: TableRow, cleaner: Cleaner) -> SheetCell:
    if cell.value is None:
        return SheetCell(NOT_AVAILABLE, Look.ABSENT)
    if not is_exact(cell.value):
        shown = f"{cell.value:f}" if isinstance(cell.value, Decimal) else str(cell.value)
        cleaner.changed.append(f"{row.line.name}: {shown}")
        return SheetCell(shown, Look.EXACT_TEXT)
    if row.line.key == "percent":
        return SheetCell(cell.value, Look.PERCENT_CHANGE)
    if row.defined.unit == "percent":
        look = Look.PERCENT_CHANGE if row.line.key == "delta" else Look.PERCENT
        return SheetCell(cell.value, look)
    if row.line.key == "delta":
        change = Look.COUNT_CHANGE if isinstance(cell.value, int) else Look.MONEY_CHANGE
        return SheetCell(cell.value, change)
    return SheetCell(cell.value, Look.COUNT if isinstance(cell.value, int) else Look.MONEY)


def _info(
    report: Report, provenance: Provenance, cleaner: Cleaner, parts: int, *, has_data: bool
) -> Sheet:
    lines: list[Line] = [[_text("Info", Look.TITLE)], []]
    for label, value in info_rows(report, provenance):
        lines.append([_text(label, Look.LABEL), _text(cleaner.clean(value), Look.TEXT)])
    if parts > 1:
        said = tr("The report is wider than a sheet and takes {parts} of them.", parts=parts)
        lines.append([_text("Sheets", Look.LABEL), _text(said, Look.TEXT)])
    if not has_data and report.rows and report.buckets:
        why = tr("the format does not hold as many lines as there are cells")
        said = tr("There is no sheet Data: {why}.", why=why)
        lines.append([_text("Sheets", Look.LABEL), _text(said, Look.TEXT)])
    if cleaner.replaced or cleaner.cut:
        said = tr("{count} with characters replaced", count=cleaner.replaced)
        said += tr(", {count} cut at the end (…)", count=cleaner.cut)
        lines.append([_text(tr("Texts changed"), Look.LABEL), _text(said, Look.TEXT)])
    for number in cleaner.changed:
        lines.append([_text(tr("Held as text"), Look.LABEL), _text(number, Look.TEXT)])
    return Sheet("Info", lines, (2, 0), [26, 110])


def _text(text: str, look: Look) -> SheetCell:
    return SheetCell(text, look)


def _name_width(table: Table) -> int:
    names = [row.line.name for row in table.rows if isinstance(row, TableRow)]
    return max(map(len, names), default=10) + 6


def _width(table: Table, place: int) -> int:
    values: Sequence[int] = [
        len(row.line.texts[place]) for row in table.rows if isinstance(row, TableRow)
    ]
    label = _labelled(table.header[-1][place], table.buckets[place].state)
    return min(max(len(label), *values, 8) + 3, 60)


def info_rows(report: Report, provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Label and value of every line of the Info sheet."""
    for fact in facts(report):
        if fact.label != RATE_USED:
            yield fact.label, fact.text
    if report.rates:
        count = len(report.rates)
        yield tr("Rates used"), tr("{count}, on the sheet {sheet}", count=count, sheet=RATES)
    toml = "".join(f"\\u{ord(one):04X}" if unfit(one) else one for one in report.query.to_toml())
    for place in range(0, len(toml), PIECE):
        yield QUERY, toml[place : place + PIECE]
    yield FINGERPRINT, provenance.fingerprint
    yield RESULT, provenance.result
    yield DEFINITIONS, provenance.definitions
    yield tr("Engine"), provenance.engine
    for block in blocks_with(report.query.blocks, report.query.own):
        yield block.name, tr(block.description)
        for row in block.rows:
            yield f"{block.name}: {row.name}", tr(row.description)
