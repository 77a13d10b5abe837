"""A CSV file: its separator, its decimal commas, every column as text."""

from __future__ import annotations

import csv
import re
from functools import partial
from itertools import islice
from pathlib import Path

import ibis
import ibis.expr.types as ir

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import NUMBERS, TABLES
from custdyn_widgets.sources.engine import Engine, Unreadable
from custdyn_widgets.sources.read_once import Once, read_once
from custdyn_widgets.sources.table_cache import files_token

MOST_ABOVE = 20
"""Lines that are looked at where the first one does not name the columns."""
SEPARATORS = {";": "semicolons", "\t": "tabs"}
"""Those of a header without a comma."""
_RAGGED = re.compile(
    r"Error on Line: (\d+).*?Expected Number of Columns: (\d+) Found: (\d+)", re.DOTALL
)
_LINE = re.compile(r"Error on Line: (\d+)")
_EXPONENT = r"([eE][+-]?[0-9]{1,3})?$"
_COMMA = rf"^[+-]?[0-9]*,[0-9]*{_EXPONENT}"
_NUMERAL = rf"^[+-]?[0-9.,]+{_EXPONENT}"
"""What is meant for a number, whatever its points and commas say."""
_BY_THREE = rf"^[+-]?[0-9]*(,[0-9]{{3}})+{_EXPONENT}"
_BOTH = r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]*$"
_GROUPED = r"^[+-]?[1-9][0-9]{0,2}(\.[0-9]{3})+$"
"""Every comma is followed by exactly three digits; every point is, and none begins with 0."""


def read_csv(engine: Engine, table: str, file: Path) -> Once:
    """A table in a CSV file; see `read_once`. Raises DataError and SourceError."""
    try:
        token = files_token([file])
        return read_once(
            engine, table, token, lambda: files_token([file]), lambda: _text(engine, table, file)
        )
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
            if int(found) > int(wanted):
                what += "; a value that holds a separator, or a decimal comma, needs double quotes"
        elif _mixed_ends(file):
            what = f"{file.name} has lines that end in \\r\\n and lines that do not: save it again"
        else:
            where = _LINE.search(said)
            line = f" at line {where[1]}" if where else ""
            what = f"{file.name} cannot be read as CSV{line}: is a double quote opened, not closed?"
        raise DataError([DataFault(table, None, 0, what)]) from None
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {why(error)}", "check the file") from None


def _mixed_ends(file: Path) -> bool:
    with file.open("rb") as opened:
        ends = {line.endswith(b"\r\n") for line in opened if line.endswith(b"\n")}
    return len(ends) > 1


def _not_utf8(table: str, file: Path) -> DataError:
    """Names the first line that is not UTF-8."""
    line = 1
    with file.open("rb") as opened:
        while (text := opened.readline()) and text.decode("utf-8", "ignore").encode() == text:
            line += 1
    what = f"{file.name} is not UTF-8 (line {line}); in Excel: Save As, CSV UTF-8"
    return DataError([DataFault(table, None, 0, what)])


def header_of(file: Path) -> tuple[list[str], str]:
    """The names of the columns, and what separates them."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        head = opened.readline()
        separator = "," if "," in head else next((one for one in SEPARATORS if one in head), ",")
        opened.seek(0)
        header = next(csv.reader(opened, delimiter=separator), [])
    return [column.lstrip("\ufeff") for column in header], separator


def _text(engine: Engine, table: str, file: Path) -> tuple[ir.Table, list[str]]:
    """Every column as text; empty is null."""
    header, separator = header_of(file)
    if not any(header):
        required = ", ".join(one.name for one in TABLES[table].columns if one.required)
        remedy = f"its first line names the columns: {required} and others"
        what = f"{file.name} has no header line" if file.stat().st_size else f"{file.name} is empty"
        raise DataError([DataFault(table, None, 0, what, remedy=remedy)])
    names = [column.name for column in TABLES[table].columns]
    ours = [name for name in names if name in header]
    if not ours:
        _look_below(table, file, names)
    if double := [column for column in ours if header.count(column) > 1]:
        what = f"{file.name} has the column more than once"
        raise DataError([DataFault(table, column, 0, what) for column in double])
    text = engine.csv(f"text_{table}", file, _distinct(header, ours), separator)
    text = text.filter(ibis.coalesce(*(text[name] for name in text.columns)).notnull())  # no blanks
    if separator == ",":
        return text, []
    note = f"{file.name} is separated by {SEPARATORS[separator]}"
    numbers = [one for one in ours if TABLES[table].column(one).reads in NUMBERS]
    commas = _decimal_commas(engine, table, text, numbers)
    if not commas:
        by_three = _some(engine, text, numbers, [text[one].re_search(_GROUPED) for one in numbers])
        others = [text[one].contains(".") & ~text[one].re_search(_GROUPED) for one in numbers]
        if by_three and not _some(engine, text, numbers, others):
            first = next(one for one in by_three.values() if re.search(_GROUPED, one or ""))
            note += f"; {first} was read with a decimal point: does it group thousands?"
        return text, [note]
    points = {
        name: ibis.ifelse(text[name].re_search(_COMMA), text[name].replace(",", "."), text[name])
        for name in commas
    }
    return text.mutate(**points), [f"{note}; numbers have decimal commas"]


def _look_below(table: str, file: Path, names: list[str]) -> None:
    """Raises DataError where a line below the first one names the columns."""
    with file.open(encoding="utf-8-sig", newline="") as opened:
        for number, line in enumerate(islice(opened, MOST_ABOVE), start=1):
            if sum(name in line for name in names) > 1 < number:
                what = f"{file.name}: line {number} names the columns, not line 1"
                remedy = "delete the lines above it"
                raise DataError([DataFault(table, None, 0, what, remedy=remedy)])


def _distinct(header: list[str], ours: list[str]) -> list[str]:
    """Names that differ by more than their case, as an engine wants them."""
    taken = {name.casefold() for name in ours}
    columns = []
    for place, name in enumerate(header, start=1):
        clear = name in ours or (name and name.casefold() not in taken)
        columns.append(name if clear else f"{name} (column {place})")
        taken.add(columns[-1].casefold())
    return columns


def _some(
    engine: Engine, text: ir.Table, numbers: list[str], where: list[ir.BooleanValue]
) -> dict[str, str]:
    """The numbers of the first row found where one of these is so; nothing where none is."""
    rows = text.select(*numbers).filter(ibis.or_(*where)).limit(1) if where else None
    return {} if rows is None else next(iter(engine.fetch(rows).to_pylist()), {})


def _decimal_commas(engine: Engine, table: str, text: ir.Table, numbers: list[str]) -> list[str]:
    """The columns of numbers, if those of the file have decimal commas.

    Raises DataError where every comma may as well group thousands.
    """
    values = [text[name] for name in numbers]
    some = partial(_some, engine, text, numbers)
    for name, first in some([one.re_search(_BOTH) for one in values]).items():
        if re.search(_BOTH, first or ""):
            what = f"{first} groups thousands"
            remedy = "remove the points: then decimal commas are read"
            raise DataError([DataFault(table, name, 0, what, remedy=remedy)])
    decimal = some([one.re_search(_COMMA) & ~one.re_search(_BY_THREE) for one in values])
    grouped = {} if decimal else some([one.re_search(_BY_THREE) for one in values])
    pointed = [one.contains(".") & one.re_search(_NUMERAL) for one in values]
    if not (decimal or grouped) or some(pointed):
        return []
    if grouped:
        name, first = next(
            (name, one) for name, one in grouped.items() if re.search(_BY_THREE, one or "")
        )
        what = (
            f"{first} may be {first.replace(',', '.')} or {first.replace(',', '')}: every comma is "
            "followed by three digits; write decimal points, or one more decimal"
        )
        raise DataError([DataFault(table, name, 0, what)])
    return numbers
