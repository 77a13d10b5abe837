"""Lists → files, line by line: clients and entries of a cell, CDRs, Orig-Term."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.exports.csv import CsvStyle, text
from custdyn_widgets.files import whole_file
from custdyn_widgets.model.cells import Column, Value, plain
from custdyn_widgets.model.definitions import LIST_FORMATS
from custdyn_widgets.views.facts import Fact


@dataclass(frozen=True)
class Filed:
    """A list to be filed: its name, columns, lines (gone through once), and what is to know."""

    name: str
    columns: Sequence[Column]
    lines: Iterable[Sequence[Value]]
    facts: Sequence[Fact]
    as_of: datetime


def write(kind: str, filed: Filed, file: str | Path | BinaryIO) -> None:
    """Writes a list as `csv` or `xlsx`: to a path, whole or not at all, or to an open file."""
    if kind not in WRITERS:
        raise QueryError([FieldFault("format", kind, f"is not one of {', '.join(WRITERS)}")])
    if isinstance(file, str | Path):
        with whole_file(Path(file)) as opened:
            WRITERS[kind](filed, opened)
    else:
        WRITERS[kind](filed, file)


def write_csv(filed: Filed, file: BinaryIO, style: CsvStyle | None = None) -> None:
    """UTF-8 with a byte order mark, CRLF, text quoted and never a formula; absent is empty."""
    style = style or CsvStyle()
    file.write(style.line(text(one.label) for one in filed.columns).encode("utf-8-sig"))
    for line in filed.lines:
        file.write(style.line(_field(value, style) for value in line).encode("utf-8", "replace"))


def _field(value: Value, style: CsvStyle) -> str:
    if isinstance(value, str):
        return text(value)
    if isinstance(value, datetime):
        return text(value.isoformat(" "))
    return "" if value is None else style.figure(plain(value))


def _write_xlsx(filed: Filed, file: BinaryIO) -> None:
    from custdyn_widgets.exports.listing_xlsx import write_xlsx  # it takes its time to come

    write_xlsx(filed, file)


WRITERS: dict[str, Callable[[Filed, BinaryIO], None]] = dict(
    zip(LIST_FORMATS, (write_csv, _write_xlsx), strict=True)
)
