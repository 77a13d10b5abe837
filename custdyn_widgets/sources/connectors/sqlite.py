"""A SQLite file, read exactly, in one transaction."""

from __future__ import annotations

import tempfile
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import adbc_driver_sqlite.dbapi as sqlite
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import SourceError
from custdyn_widgets.model.schema import TABLES, Column, Reads, Table
from custdyn_widgets.sources.connectors.folder import in_order
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import WHOLE, float_note
from custdyn_widgets.sources.read_once import read_once
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.table_cache import files_token

ROWS_AT_ONCE = "100000"
REAL = " as real"
"""Binary floats of a column of any values are in one of their own: as text SQLite rounds them."""
NUMBERS = (Reads.AMOUNT, Reads.NUMBER)
ARROW = {"int": pa.int64(), "text": pa.string(), "real": pa.float64(), REAL: pa.float64()}


class _OtherwiseError(Exception):
    """A column holds what its declared type does not promise."""


def open_sqlite(file: Path, name: str) -> Source:
    """The source in a SQLite file. SQLite sums in doubles: its rows are read, not its sums."""

    def load(engine: Engine) -> Raw:
        tables: dict[str, ir.Table] = {}
        notes: list[str] = []
        ledger: list[Path] = []
        try:
            with closing(sqlite.connect(_address(file))) as connection:
                for table in TABLES.values():
                    if not (declared := _declared(connection, table)):
                        continue
                    tables[table.name], said, files = read_once(
                        *(engine, table.name, [file, *_log(file)]),
                        partial(_read, connection, table, declared, engine),
                    )
                    notes += said
                    ledger = files if table.name == "ledger" else ledger
        except (sqlite.Error, pa.ArrowInvalid) as error:
            raise SourceError(name, f"cannot be read: {error}", "check the file") from None
        return Raw(tables, in_order=bool(ledger) and in_order(ledger), notes=tuple(notes))

    return Source(name, load, lambda: _token(file))


def _log(file: Path) -> list[Path]:
    """What a writer has not yet put into the file itself; often empty or not there."""
    log = file.with_name(f"{file.name}-wal")
    return [log] if log.is_file() and log.stat().st_size else []


def _token(file: Path) -> Token:
    return files_token([file, *_log(file)])


def _address(file: Path) -> str:
    # without a log nobody is writing: "immutable" then leaves no file beside the user's
    mode = "mode=ro" if _log(file) else "mode=ro&immutable=1"
    return f"{file.resolve().as_uri()}?{mode}"


def _declared(connection: Any, table: Table) -> dict[str, str]:
    """The type that each column was declared with."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT name, type FROM pragma_table_info('{table.name}')")  # noqa: S608
        types = dict(cursor.fetchall())
    return {one.name: types[one.name].upper() for one in table.columns if one.name in types}


def _holds(column: Column, declared: str) -> str:
    """What SQLite lets into a column of a declared type; `any` where that is not sure."""
    if "INT" in declared:
        return "int"
    if any(one in declared for one in ("CHAR", "CLOB", "TEXT")):
        return "text"
    real = any(one in declared for one in ("REAL", "FLOA", "DOUB"))
    return "real" if real and column.reads in NUMBERS else "any"


def _read(
    connection: Any, table: Table, declared: dict[str, str], engine: Engine
) -> tuple[ir.Table, list[str]]:
    """Each column as it was declared; if a value is not so, all of them as text and as floats."""
    columns = [table.column(name) for name in declared]
    try:
        holds = {one.name: _holds(one, declared[one.name]) for one in columns}
        return _rows(connection, table, holds, engine)
    except (sqlite.Error, _OtherwiseError):
        return _rows(connection, table, dict.fromkeys(declared, "any"), engine)


def _rows(
    connection: Any, table: Table, holds: dict[str, str], engine: Engine
) -> tuple[ir.Table, list[str]]:
    place = Path(engine.held.enter_context(tempfile.TemporaryDirectory(prefix="custdyn-")))
    file = place / f"{table.name}.parquet"
    counts: dict[str, int] = {}
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{table.name}"')  # noqa: S608 our own names
        total, read = cursor.fetchall()[0][0], 0
        cursor.adbc_statement.set_options(**{"adbc.sqlite.query.batch_rows": ROWS_AT_ONCE})
        cursor.execute(_select(table.name, holds))
        with (
            _as_promised(cursor.fetch_record_batch(), holds) as batches,
            pq.ParquetWriter(file, batches.schema, compression="lz4") as writer,
        ):
            for batch in batches:
                engine.check()
                rows = batch.slice(0 if read else 1)
                read += batch.num_rows
                engine.step(read / (total + 1))
                rows.validate(full=True)  # text is UTF-8
                writer.write_batch(rows)
                for name, column in zip(rows.schema.names, rows.columns, strict=True):
                    counts[name] = counts.get(name, 0) + len(column) - column.null_count
    raw = engine.parquet(f"rows_{table.name}", [file])
    made, notes = {}, []
    for name in holds:
        texts, floats = counts.get(name, 0), counts.get(f"{name}{REAL}", 0)
        column = table.column(name)
        made[name] = raw[name]
        if floats and not texts and column.reads in NUMBERS:
            made[name] = raw[f"{name}{REAL}"]
        elif floats:
            made[name] = raw[name].fill_null(_text(raw[f"{name}{REAL}"], column))
            notes += [float_note(table, name)] if column.reads is Reads.AMOUNT else []
    return raw.select(**made), notes


def _as_promised(batches: Any, holds: dict[str, str]) -> Any:
    """The rows, if the types that the driver found in the first of them are those expected."""
    for field in batches.schema:
        held = holds.get(field.name, REAL)
        if field.type != ARROW["text" if held == "any" else held]:
            batches.close()
            raise _OtherwiseError(field.name)
    return batches


def _select(table: str, holds: dict[str, str]) -> str:
    """The rows, after one that says the types, whatever comes after it."""
    first, listed = [], []
    for name, held in holds.items():
        text = f'CAST("{name}" AS TEXT)'
        if held == "any":
            first += [f"'' AS \"{name}\"", f'0.5 AS "{name}{REAL}"']
            listed += [
                f"CASE WHEN typeof(\"{name}\") <> 'real' THEN {text} END",
                f'CASE WHEN typeof("{name}") = \'real\' THEN "{name}" END',
            ]
        else:
            said = {"int": "0", "text": "''", "real": "0.5"}[held]
            first.append(f'{said} AS "{name}"')
            listed.append(text if held == "text" else f'"{name}"')
    return f'SELECT {", ".join(first)} UNION ALL SELECT {", ".join(listed)} FROM "{table}"'  # noqa: S608


def _text(real: ir.FloatingValue, column: Column) -> ir.StringValue:
    """A float as its shortest decimal: of what is no number 3.0 is 3."""
    if column.reads not in WHOLE:
        return real.cast("string")
    whole = real.try_cast("decimal(38, 0)")
    return ibis.ifelse(real % 1 == 0, whole.cast("string"), real.cast("string"))
