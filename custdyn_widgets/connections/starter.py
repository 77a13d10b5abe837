"""A mapping to begin with, written from CSV exports: their headers and first values."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from custdyn_widgets.connections.canonical import RECORDED
from custdyn_widgets.connections.origins.files import DELIMITERS
from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import CLIENT_TYPES, TABLES
from custdyn_widgets.sources.starter import WORDS
from custdyn_widgets.sources.suggestions import meant

ENCODINGS = ("utf-8-sig", "cp1252")
SAMPLE = 200
DATES = {
    r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2})?)?": "datetime@UTC",
    r"\d{2}\.\d{2}\.\d{4}": "datetime:%d.%m.%Y@UTC",
    r"\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}": "datetime:%d.%m.%Y %H:%M@UTC",
    r"\d{2}\.\d{2}\.\d{4} \d{2}:\d{2}:\d{2}": "datetime:%d.%m.%Y %H:%M:%S@UTC",
    r"\d{2}/\d{2}/\d{4}": "datetime:%d/%m/%Y@UTC",
    r"\d{2}/\d{2}/\d{4} \d{2}:\d{2}": "datetime:%d/%m/%Y %H:%M@UTC",
}
"""What values look like → the type that reads them."""
COMMAS = r"[+-]?(\d{1,3}(\.\d{3})+|\d+),\d+"
POINTS = r"[+-]?\d*\.\d+"
WHOLE = r"[+-]?(0|[1-9]\d*)"


@dataclass(frozen=True)
class Export:
    """A CSV file: how it is written, its columns, and their first values."""

    file: Path
    columns: dict[str, list[str]]
    delimiter: str
    encoding: str

    @property
    def commas(self) -> bool:
        """Whether its numbers have decimal commas."""
        return any(
            _all(f"{COMMAS}|{WHOLE}", values) and not _all(WHOLE, values)
            for values in self.columns.values()
        )

    def type_of(self, name: str) -> str:
        """The type that a column may have, by its values."""
        values = self.columns[name]
        for shape, kind in DATES.items():
            if _all(shape, values):
                return kind
        fractions = COMMAS if self.commas else POINTS
        if _all(f"{fractions}|{WHOLE}", values) and not _all(WHOLE, values):
            return "decimal"
        is_amount = meant("amount", [name]) or meant("quantity", [name])
        return "decimal" if is_amount and _all(WHOLE, values) else "text"


def mapping_files(exports: Sequence[Path]) -> dict[str, str]:
    """Name → text of a mapping for exports: types and columns are proposals, to be looked at.

    Raises SourceError for a file that has no header, or a name that occurs twice.
    """
    read = {}
    for file in exports:
        if file.stem in read:
            raise SourceError(str(file), "two files have this name", "give each its own")
        read[file.stem] = _export(file)
    names = {name: list(one.columns) for name, one in read.items()}
    ledger = _fitting("ledger", names)
    others = {name: columns for name, columns in names.items() if name != ledger}
    clients = _fitting("clients", others or names)
    rest = [name for name in names if name not in (ledger, clients)]
    return {
        "system.toml": "".join([HEAD, *(_input(name, one) for name, one in read.items())]),
        "clients.sql": _select("clients", clients, names[clients]),
        "ledger.sql": _select("ledger", ledger, names[ledger], rest),
        "left_out.sql": LEFT_OUT,
    }


HEAD = """# Written from your files. The types are proposals, made of the first values: look at
# them, and at the zones. int, decimal, text, datetime@ZONE, datetime:%d.%m.%Y@ZONE,
# minor@CURRENCY_COLUMN (cents). Say for each file what names a row (key), and which amount adds up
# what is left out (amount): docs/own-system.md.
title = "My system"
"""
LEFT_OUT = """-- What is no money of a client, and why. A row that comes out in no table is counted
-- in every run, with its sum; here it gets its reason.
SELECT NULL AS input, NULL AS row_id, 'why' AS reason WHERE false
"""


def _input(name: str, export: Export) -> str:
    """What system.toml says of a file."""
    said = [f"\n[inputs.{_key(name)}]\nfile = {_text(export.file.name)}\n"]
    if export.delimiter != ",":
        said.append(f"delimiter = {_text(export.delimiter)}\n")
    if export.encoding != ENCODINGS[0]:
        said.append(f"encoding = {_text(export.encoding)}\n")
    if export.commas:
        said.append('decimal = ","\nthousands = "."\n')
    said.append(f"[inputs.{_key(name)}.columns]\n")
    said += [f"{_key(one)} = {_text(export.type_of(one))}\n" for one in export.columns]
    return "".join(said)


def _export(file: Path) -> Export:
    """How a file is written, and its first values."""
    for encoding in ENCODINGS:
        try:
            text = file.read_text(encoding)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise SourceError(str(file), why(error), "give the CSV files") from None
        head = text.partition("\n")[0]
        delimiter = max(DELIMITERS, key=head.count)
        rows = csv.reader(text.splitlines(), delimiter=delimiter)
        header = [one for one in next(rows, []) if one]
        if not header:
            raise SourceError(str(file), "it has no header", "its first line names the columns")
        if twice := [one for one in header if header.count(one) > 1]:
            raise SourceError(str(file), f"it has the column {twice[0]} twice", "rename one")
        sample = list(islice(rows, SAMPLE))
        values = {
            name: [row[place].strip() for row in sample if place < len(row) and row[place].strip()]
            for place, name in enumerate(header)
        }
        return Export(file, values, delimiter, encoding)
    raise SourceError(str(file), "its encoding is not known", "save it as UTF-8")


def _all(shape: str, values: Sequence[str]) -> bool:
    return bool(values) and all(re.fullmatch(shape, one) for one in values)


def _matches(table: str, there: Sequence[str]) -> dict[str, str]:
    """Columns of a table → what they may be called; a column serves once."""
    found: dict[str, str] = {}
    exact = [one.name for one in TABLES[table].columns if one.name in there]
    for name in (*exact, *_by_weight(table)):
        free = [one for one in there if one not in found.values()]
        if name not in found and (match := meant(name, free)):
            found[name] = match
    return found


def _by_weight(table: str) -> list[str]:
    """The columns of a table, but for our own; the ids of clients before those of entries."""
    names = [one.name for one in TABLES[table].columns if one.name != RECORDED]
    return sorted(names, key=lambda one: (one == "entry_id", names.index(one)))


def _fitting(table: str, inputs: Mapping[str, Sequence[str]]) -> str:
    """The input that has most of a table's columns."""
    return max(inputs, key=lambda one: len(_matches(table, inputs[one])))


def _select(table: str, name: str, there: Sequence[str], rest: Sequence[str] = ()) -> str:
    """A SELECT of an input, with every column that the table can have."""
    columns = [one for one in TABLES[table].columns if one.name != RECORDED]
    fits = _matches(table, there)
    lines = []
    if table == "ledger":
        lines.append(f"    {_text(name, quote=chr(39))} AS input, row_id,\n")
    for place, column in enumerate(columns):
        end = "," if place + 1 < len(columns) else ""
        found = fits.get(column.name)
        value = "NULL" if found is None else _key(found, always=True)
        if (table, column.name) == ("clients", "type"):
            value = f"'{next(iter(CLIENT_TYPES))}'"
        star = "needed: " if column.required else ""
        lines.append(f"    {value} AS {column.name}{end}  -- {star}{WORDS[column.name]}\n")
    head = f"-- The table {table}, in DuckDB's SQL. Charges are negative, payments positive.\n"
    if rest:
        head += f"-- In no SELECT yet: {', '.join(rest)}. Add another with UNION ALL.\n"
    return f"{head}SELECT\n{''.join(lines)}FROM {_key(name, always=True)}\n"


def _key(name: str, *, always: bool = False) -> str:
    """A name as TOML and SQL write it."""
    if not always and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum():
        return name
    return _text(name)


def _text(value: str, quote: str = '"') -> str:
    """A text as TOML and, with a single quote, SQL write it."""
    escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
    return quote + escaped.replace(quote, quote * 2 if quote == "'" else f"\\{quote}") + quote
