"""A SQLite file, read exactly, in one transaction."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as sqlite
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import NUMBERS, TABLES, Column, Table
from custdyn_widgets.sources.connectors.folder import in_order
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import float_note
from custdyn_widgets.sources.read_once import read_once
from custdyn_widgets.sources.snapshot import Raw
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.suggestions import unread_columns
from custdyn_widgets.sources.table_cache import Token as FilesToken
from custdyn_widgets.sources.table_cache import files_token

ROWS_AT_ONCE = "100000"
REAL = " as real"
"""Binary floats of a column of numbers are in one of their own: as text SQLite rounds them."""
TEXTS = ("CHAR", "CLOB", "TEXT")
"""In a column whose declared type has one of these, SQLite keeps every number as text; where it
has INT, every whole number as an integer."""


def open_sqlite(file: Path, name: str) -> Source:
    """The source in a SQLite file. SQLite sums in doubles: its rows are read, not its sums."""

    def load(engine: Engine) -> Raw:
        tables: dict[str, ir.Table] = {}
        notes: list[str] = []
        unread: list[str] = []
        ledger: list[Path] = []
        try:
            token = _token(file)  # before the transaction, which is of one moment
            with closing(sqlite.connect(_address(file))) as connection:
                there = _tables(connection)
                for table in TABLES.values():
                    declared = _declared(connection, table)
                    if not (listed := _listed(declared, table)):
                        continue
                    unread += unread_columns(table, list(declared))
                    tables[table.name], said, files = read_once(
                        *(engine, table.name, token, lambda: _token(file)),
                        partial(_read, connection, table, listed, engine),
                    )
                    notes += said
                    ledger = files if table.name == "ledger" else ledger
        except (OSError, sqlite.Error) as error:
            raise _fault(file, name, error) from None
        ordered = bool(ledger) and in_order(ledger)
        return Raw(tables, in_order=ordered, notes=tuple(notes), there=there, unread=tuple(unread))

    return Source(name, load, lambda: _token(file))


def _log(file: Path) -> list[Path]:
    """What a writer has not yet put into the file itself; often empty or not there."""
    log = file.with_name(f"{file.name}-wal")
    return [log] if log.is_file() and log.stat().st_size else []


def _token(file: Path) -> FilesToken:
    return files_token([file, *_log(file)])


def _address(file: Path) -> str:
    # a file with a log elsewhere (byte 18 is 2) gets two files of it where none is there, unless
    # it is "immutable", which takes no lock: any other is locked, and nothing is left of it
    with file.open("rb") as opened:
        has_log = opened.read(19)[18:] == b"\2"
    mode = "mode=ro&immutable=1" if has_log and not _log(file) else "mode=ro"
    return f"{file.resolve().as_uri()}?{mode}"


def _fault(file: Path, name: str, error: Exception) -> SourceError:
    """Why it cannot be read, and what helps."""
    words = why(error)
    journal = file.with_name(f"{file.name}-journal")
    if "database is locked" in words:
        return SourceError(name, "another program is writing to it", "run it again in a moment")
    if journal.is_file() and journal.stat().st_size:
        what = f"{journal.name} has a transaction that was not finished"
        return SourceError(name, what, "open it once with sqlite3, which takes it back")
    return SourceError(name, f"cannot be read: {words.rpartition('query: ')[2]}", "check the file")


def _tables(connection: Any) -> tuple[str, ...]:
    """The names of its tables and views."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        return tuple(sorted(name for (name,) in cursor.fetchall()))


def _declared(connection: Any, table: Table) -> dict[str, str]:
    """The columns of a table, and the types they are declared with."""
    with connection.cursor() as cursor:
        # a view says the type of a part of its rows
        cursor.execute(
            "SELECT name, iif((SELECT type FROM sqlite_master WHERE lower(name) = "  # noqa: S608
            f"'{table.name}') = 'table', type, '') FROM pragma_table_info('{table.name}')"
        )
        return dict(cursor.fetchall())


def _listed(declared: Mapping[str, str], table: Table) -> dict[str, list[str]]:
    """How each column is asked for: as text, and what is a binary float as one."""
    listed = {
        one.name: _asked(one, declared[one.name].upper())
        for one in table.columns
        if one.name in declared
    }
    if any(one.required and one.name not in declared for one in table.columns):
        others = {name: ["NULL"] for name in declared if name not in listed}  # to be named
        return {**listed, **others} if listed else {}
    return listed


def _asked(column: Column, declared: str) -> list[str]:
    name = f'"{column.name}"'
    text, whole = f"CAST({name} AS TEXT)", f"CAST({name} AS INTEGER)"
    number = column.reads in NUMBERS
    if "INT" in declared:
        if not number:
            return [text]
    elif any(one in declared for one in TEXTS):
        return [text]
    if number:
        real = f"typeof({name}) = 'real'"
        return [f"CASE WHEN NOT {real} THEN {text} END", f"CASE WHEN {real} THEN {name} END"]
    # integers with gaps are often held as floats: 3.0 is the id 3
    return [
        f"CASE WHEN typeof({name}) = 'real' AND {name} = {whole} "
        f"THEN CAST({whole} AS TEXT) ELSE {text} END"
    ]


def _no_text(table: Table, rows: pa.RecordBatch) -> DataFault:
    """The first column with text that is not UTF-8."""
    raw = {name: rows[name].cast(pa.binary()).to_pylist() for name in rows.schema.names
           if pa.types.is_string(rows[name].type)}  # fmt: skip
    for name, values in raw.items():
        text = [(one or b"").decode("utf-8", "backslashreplace") for one in values]
        bad = [at for at, one in enumerate(values) if text[at].encode() != (one or b"")]
        if bad:
            keys = raw.get(table.key[0]) or []
            ids = tuple(keys[at].decode("utf-8", "replace") for at in bad[:3] if keys and keys[at])
            what, remedy = "text that is not UTF-8", "write it again as UTF-8"
            return DataFault(table.name, name, len(bad), what, ids, text[bad[0]], remedy)
    raise AssertionError("every column is text")


def _read(
    connection: Any, table: Table, listed: dict[str, list[str]], engine: Engine
) -> tuple[ir.Table, list[str]]:
    """The rows as they are, in a file that lasts as long as the engine."""
    place = Path(engine.held.enter_context(tempfile.TemporaryDirectory(prefix="custdyn-")))
    file = place / f"{table.name}.parquet"
    names = [f"{name}{end}" for name, asked in listed.items() for end in ("", REAL)[: len(asked)]]
    # the first row says the types, whatever comes after it
    first = ", ".join(f'{"0.5" if name.endswith(REAL) else repr("")} AS "{name}"' for name in names)
    rest = ", ".join(one for asked in listed.values() for one in asked)
    counts, read = dict.fromkeys(names, 0), 0
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 our own names
        total = cursor.fetchall()[0][0]
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ROWS_AT_ONCE})
        cursor.execute(f'SELECT {first} UNION ALL SELECT {rest} FROM "{table.name}"')  # noqa: S608
        with (
            cursor.fetch_record_batch() as batches,
            pq.ParquetWriter(file, batches.schema, use_dictionary=False) as writer,
        ):
            for batch in batches:
                engine.check()
                rows = batch.slice(0 if read else 1)
                read += batch.num_rows
                engine.step(read / (total + 1))
                try:
                    rows.validate(full=True)
                except pa.ArrowInvalid:
                    raise DataError([_no_text(table, rows)]) from None
                writer.write_batch(rows)
                for name in names:
                    counts[name] += len(rows) - rows[name].null_count
    raw = engine.parquet(f"rows_{table.name}", [file])
    made, notes = {}, []
    for name in listed:
        made[name] = raw[name]
        if counts.get(f"{name}{REAL}"):
            made[name] = real = raw[f"{name}{REAL}"]
            if counts[name]:
                made[name] = raw[name].fill_null(real.cast("string"))
                notes += [float_note(table, name)] if name == "amount" else []
    return raw.select(**made), notes
