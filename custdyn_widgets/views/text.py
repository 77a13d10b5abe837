"""Report → plain text table for a terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len

from custdyn_widgets.model.cells import printable
from custdyn_widgets.report.comparison import summary
from custdyn_widgets.report.report import Note, Report
from custdyn_widgets.views.table import COMPARED_WITH, BlockRow, made_of, shortened, table_of
from custdyn_widgets.words import tr

GAP = 2
"""Blanks between columns."""
Line = tuple[str, Sequence[str]]
"""The name of a row, and a text for each column; none for the title of a block."""


def to_text(report: Report, width: int | None = None, *, brief: bool = False) -> str:
    """The table of a report as text; `width`: characters in a line, None for as many as it takes.

    Where the columns do not fit they come in parts, one below the other, each with the names of
    the rows. Notes come last. Names cannot move the cursor or turn text around. `brief`: as a
    notebook keeps it, see `shortened`.
    """
    table, more = shortened(table_of(report)) if brief else (table_of(report), "")
    caption = made_of(report) if brief else table.caption
    lines: list[Line] = [("", level) for level in table.header]
    if table.against is not None:
        lines.append((COMPARED_WITH, table.against))
    for row in table.rows:
        if isinstance(row, BlockRow):
            lines.append((printable(row.title), ()))
        else:
            lines.append((f"  {row.line.name}", row.line.texts))
    parts = _parts(lines, len(table.buckets), width)
    said = [*summary(report), *map(note_line, report.notes), more]
    words = [
        "\n".join(_folded(one, width) for one in some) for some in ([caption], filter(None, said))
    ]
    return "\n\n".join(filter(None, [words[0], *parts, words[1]])) + "\n"


def note_line(note: Note) -> str:
    """A note as a line of its own: `warning: …`, `note: …`."""
    return f"{tr('warning') if note.warning else tr('note')}: {note.text}"


def _parts(lines: Sequence[Line], count: int, width: int | None) -> Iterator[str]:
    first = max(cell_len(name) for name, _ in lines)
    widths = [
        GAP + max((cell_len(texts[at]) for _, texts in lines if texts), default=0)
        for at in range(count)
    ]
    begin = 0
    while begin < max(count, 1):
        end = begin + 1
        while end < count and width is not None and first + sum(widths[begin : end + 1]) <= width:
            end += 1
        end = count if width is None else end
        yield "\n".join(_line(one, first, widths, range(begin, min(end, count))) for one in lines)
        begin = max(end, 1)


def _line(line: Line, first: int, widths: Sequence[int], places: range) -> str:
    name, texts = line
    cells = [" " * (widths[at] - cell_len(texts[at])) + texts[at] for at in places if texts]
    return f"{name}{' ' * (first - cell_len(name))}{''.join(cells)}".rstrip()


def _folded(text: str, width: int | None) -> str:
    plain = printable(text)
    return plain if width is None else textwrap.fill(plain, width, subsequent_indent="  ")
