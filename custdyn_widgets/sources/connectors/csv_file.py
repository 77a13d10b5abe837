"""A CSV file: its separator, its decimal commas, every column as text."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import ibis
import ibis.expr.types as ir

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.model.schema import TABLES, Reads
from custdyn_widgets.sources.engine import Engine, Unreadable
from custdyn_widgets.sources.read_once import Once, read_once

SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""Those of a header without a comma."""
NUMBERS = (Reads.AMOUNT, Reads.NUMBER)
_RAGGED = re.compile(
    r"Error on Line: (\d+).*?Expected Number of Columns: (\d+) Found: (\d+)", re.DOTALL
)
_BY_THREE = r"^[^,]*(,[0-9]{3})+([^0-9,].*)?$"
"""Every comma is followed by exactly three digits."""


def read_csv(engine: Engine, table: str, file: Path) -> Once:
    """A table in a CSV file; see `read_once`. Raises DataError and SourceError."""
    try:
        return read_once(engine, table, [file], lambda: _text(engine, table, file))
    except UnicodeDecodeError:
        raise _not_utf8(table, file) from None
    except (Unreadable, csv.Error) as error:
        said = error.words if isinstance(error, Unreadable) else str(error)
        if "unicode" in said.lower():
            raise _not_utf8(table, file) from None
        ragged = _RAGGED.search(said)
        if ragged:
            line, wanted, found = ragged.groups()
            what = f"{file.name} line {line} has {found} columns, the header {wanted}"
        else:
            lines = [line for line in said.splitlines() if line and "Original Line" not in line]
            what = f"{file.name} is not CSV: {' '.join(lines[:2])}"
        raise DataError([DataFault(table, None, 0, what)]) from None
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error}", "check the file") from None


def _not_utf8(table: str, file: Path) -> DataError:
    """Names the first line that is not UTF-8."""
    line = 1
    with file.open("rb") as opened:
        while (text := opened.readline()) and text.decode("utf-8", "ignore").encode() == text:
            line += 1
    what = f"{file.name} is not UTF-8 (line {line}); in Excel: Save As, CSV UTF-8"
    return DataError([DataFault(table, None, 0, what)])


def _text(engine: Engine, table: str, file: Path) -> tuple[ir.Table, list[str]]:
    """Every column as text; empty is null."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        head = opened.readline()
        separator = "," if "," in head else next((one for one in SEPARATORS if one in head), ",")
        opened.seek(0)
        header = next(csv.reader(opened, delimiter=separator), [])
    if not any(header):
        required = ", ".join(one.name for one in TABLES[table].columns if one.required)
        remedy = f"its first line names the columns: {required} and others"
        what = f"{file.name} has no header line" if file.stat().st_size else f"{file.name} is empty"
        raise DataError([DataFault(table, None, 0, what, remedy=remedy)])
    named = [column for column in header if column]
    if double := sorted({column for column in named if named.count(column) > 1}):
        what = f"{file.name} has the column more than once"
        raise DataError([DataFault(table, column, 0, what) for column in double])
    columns = [column or f"{place} without a name" for place, column in enumerate(header)]
    text = engine.csv(f"text_{table}", file, columns, separator)
    if separator == ",":
        return text, []
    note = f"{file.name} is separated by {SEPARATORS[separator]}"
    numbers = [one.name for one in TABLES[table].columns if one.reads in NUMBERS]
    commas = _decimal_commas(engine, table, text, [one for one in numbers if one in named])
    if not commas:
        return text, [note]
    points = {name: text[name].replace(",", ".") for name in commas}
    return text.mutate(**points), [f"{note}; numbers have decimal commas"]


def _decimal_commas(engine: Engine, table: str, text: ir.Table, numbers: list[str]) -> list[str]:
    """The columns of numbers, if those of the file have decimal commas.

    Raises DataError where every comma may as well group thousands.
    """
    values = [text[name] for name in numbers]

    def some(where: list[ir.BooleanValue]) -> list[dict[str, str]]:
        """The first row found where one of these is so."""
        rows = text.select(*numbers).filter(ibis.or_(*where)).limit(1) if where else None
        return [] if rows is None else engine.fetch(rows).to_pylist()

    decimal = some([one.contains(",") & ~one.re_search(_BY_THREE) for one in values])
    grouped = [] if decimal else some([one.contains(",") for one in values])
    if not (decimal or grouped) or some([one.contains(".") for one in values]):
        return []
    if grouped:
        name, first = next((name, one) for name, one in grouped[0].items() if "," in (one or ""))
        what = (
            f"{first} may be {first.replace(',', '.')} or {first.replace(',', '')}: every comma is "
            "followed by three digits; write decimal points, or one more decimal"
        )
        raise DataError([DataFault(table, name, 0, what)])
    return numbers
