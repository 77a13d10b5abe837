"""A SQLite file, read exactly, in one transaction."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as sqlite
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import NUMBERS, TABLES, Column, Table
from custdyn_widgets.sources.connectors.folder import in_order
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import float_note
from custdyn_widgets.sources.read_once import read_once
from custdyn_widgets.sources.snapshot import Raw
from custdyn_widgets.sources.source import Source
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
        ledger: list[Path] = []
        try:
            token = _token(file)  # before the transaction, which is of one moment
            with closing(sqlite.connect(_address(file))) as connection:
                there = _tables(connection)
                for table in TABLES.values():
                    if not (listed := _listed(connection, table)):
                        continue
                    tables[table.name], said, files = read_once(
                        *(engine, table.name, token, lambda: _token(file)),
                        partial(_read, connection, table, listed, engine),
                    )
                    notes += said
                    ledger = files if table.name == "ledger" else ledger
        except (OSError, sqlite.Error, pa.ArrowInvalid) as error:
            raise SourceError(name, f"cannot be read: {why(error)}", "check the file") from None
        ordered = bool(ledger) and in_order(ledger)
        return Raw(tables, in_order=ordered, notes=tuple(notes), there=there)

    return Source(name, load, lambda: _token(file))


def _log(file: Path) -> list[Path]:
    """What a writer has not yet put into the file itself; often empty or not there."""
    log = file.with_name(f"{file.name}-wal")
    return [log] if log.is_file() and log.stat().st_size else []


def _token(file: Path) -> FilesToken:
    return files_token([file, *_log(file)])


def _address(file: Path) -> str:
    # without a log nobody is writing: "immutable" then leaves no file beside the user's
    mode = "mode=ro" if _log(file) else "mode=ro&immutable=1"
    return f"{file.resolve().as_uri()}?{mode}"


def _tables(connection: Any) -> tuple[str, ...]:
    """The names of its tables and views."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type IN ('table', 'view')")
        return tuple(sorted(name for (name,) in cursor.fetchall()))


def _listed(connection: Any, table: Table) -> dict[str, list[str]]:
    """How each column is asked for: as text, and what is a binary float as one."""
    with connection.cursor() as cursor:
        # a view says the type of a part of its rows
        cursor.execute(
            "SELECT name, iif((SELECT type FROM sqlite_master WHERE lower(name) = "  # noqa: S608
            f"'{table.name}') = 'table', type, '') FROM pragma_table_info('{table.name}')"
        )
        declared = dict(cursor.fetchall())
    return {
        one.name: _asked(one, declared[one.name].upper())
        for one in table.columns
        if one.name in declared
    }


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
                rows.validate(full=True)  # text is UTF-8
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
