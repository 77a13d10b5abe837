"""A mapping to begin with, written from the headers of CSV exports."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from custdyn_widgets.connections.canonical import RECORDED
from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import CLIENT_TYPES, TABLES, Reads
from custdyn_widgets.sources.starter import WORDS
from custdyn_widgets.sources.suggestions import meant

SEPARATORS = ",;\t|"
ENCODINGS = ("utf-8-sig", "cp1252")
TYPES = {
    Reads.AMOUNT: "decimal",
    Reads.NUMBER: "decimal",
    Reads.WHOLE: "int",
    Reads.INSTANT: "datetime@UTC",
    Reads.DATE: "datetime@UTC",
}


def mapping_files(exports: Sequence[Path]) -> dict[str, str]:
    """Name → text of a mapping for exports: types and columns are proposals, to be looked at.

    Raises SourceError for a file that has no header.
    """
    headers = {file.stem: _header(file) for file in exports}
    described = [
        "# Written from the headers of your files. The types are proposals: int, decimal, text,\n"
        "# datetime@ZONE, datetime:%d.%m.%Y@ZONE, minor@CURRENCY_COLUMN (cents). Say for each\n"
        "# file what names a row (key), and which amount adds up what is left out (amount).\n"
        'title = "My system"\n'
    ]
    for file in exports:
        columns, separator, encoding = headers[file.stem]
        listed = ", ".join(f"{_key(one)} = {_text(_type(one))}" for one in columns)
        described.append(f"\n[inputs.{_key(file.stem)}]\nfile = {_text(file.name)}\n")
        if separator != ",":
            described.append(f"delimiter = {_text(separator)}\n")
        if encoding != ENCODINGS[0]:
            described.append(f"encoding = {_text(encoding)}\n")
        described.append(f"columns = {{ {listed} }}\n")
    names = {name: columns for name, (columns, _, _) in headers.items()}
    ledger = _fitting("ledger", names)
    others = {name: columns for name, columns in names.items() if name != ledger}
    clients = _fitting("clients", others or names)
    return {
        "system.toml": "".join(described),
        "clients.sql": _select("clients", clients, names[clients]),
        "ledger.sql": _select("ledger", ledger, names[ledger]),
        "left_out.sql": (
            "-- What is no money of a client, and why. A row that comes out in no table is\n"
            "-- counted in every run, with its sum; here it gets its reason.\n"
            "SELECT NULL AS input, NULL AS row_id, 'why' AS reason WHERE false\n"
        ),
    }


def _header(file: Path) -> tuple[list[str], str, str]:
    """The columns, the separator and the encoding."""
    for encoding in ENCODINGS:
        try:
            with file.open(encoding=encoding, newline="") as opened:
                head = opened.readline()
                opened.read(1 << 20)
        except UnicodeDecodeError:
            continue
        except OSError as error:
            raise SourceError(str(file), why(error), "give the CSV files") from None
        separator = max(SEPARATORS, key=head.count)
        columns = next(csv.reader([head], delimiter=separator), [])
        if not any(columns):
            raise SourceError(str(file), "it has no header", "its first line names the columns")
        return [one for one in columns if one], separator, encoding
    raise SourceError(str(file), "its encoding is not known", "save it as UTF-8")


def _type(name: str) -> str:
    """What a column may be, by its name."""
    for table in TABLES.values():
        for column in table.columns:
            if column.reads in TYPES and meant(column.name, [name]):
                return TYPES[column.reads]
    return "text"


def _matches(table: str, there: Sequence[str]) -> dict[str, str]:
    """Columns of a table → what they may be called."""
    return {
        one.name: found
        for one in TABLES[table].columns
        if one.name != RECORDED and (found := meant(one.name, there))
    }


def _fitting(table: str, inputs: Mapping[str, Sequence[str]]) -> str:
    """The input that has most of a table's columns."""
    return max(inputs, key=lambda one: len(_matches(table, inputs[one])))


def _select(table: str, name: str, there: Sequence[str]) -> str:
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
    return (
        f"-- The table {table}, in DuckDB's SQL. Charges are negative, payments positive.\n"
        f"SELECT\n{''.join(lines)}FROM {_key(name, always=True)}\n"
    )


def _key(name: str, *, always: bool = False) -> str:
    """A name as TOML and SQL write it."""
    if not always and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum():
        return name
    return _text(name)


def _text(value: str, quote: str = '"') -> str:
    """A text as TOML and, with a single quote, SQL write it."""
    escaped = value.replace("\\", "\\\\").replace("\t", "\\t")
    return quote + escaped.replace(quote, quote * 2 if quote == "'" else f"\\{quote}") + quote
