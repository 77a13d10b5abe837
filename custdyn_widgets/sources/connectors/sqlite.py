"""A SQLite file, read exactly: every value as text, in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from custdyn_widgets.errors import SourceError
from custdyn_widgets.model.schema import TABLES, Table
from custdyn_widgets.sources.connectors.folder import files_token
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import column_of, float_note
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source

ROWS_AT_ONCE = 100_000


def open_sqlite(file: Path, name: str) -> Source:
    """The source in a SQLite file. SQLite sums in doubles: its rows are read, not its sums."""

    def load(engine: Engine) -> Raw:
        tables, notes = {}, []
        try:
            with closing(sqlite3.connect(_address(file), uri=True)) as connection:
                connection.execute("BEGIN")
                for table in TABLES.values():
                    columns = _columns(connection, table)
                    if columns:
                        rows, floats = _rows(connection, table, columns, engine)
                        tables[table.name] = engine.keep(f"raw_{table.name}", rows)
                        notes += [float_note(table, column) for column in floats]
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise SourceError(name, f"cannot be read: {error}", "check the file") from None
        return Raw(tables, copied=True, notes=tuple(notes))

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


def _columns(connection: sqlite3.Connection, table: Table) -> list[str]:
    held = connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))
    names = {row[0] for row in held}
    return [column.name for column in table.columns if column.name in names]


def _rows(
    connection: sqlite3.Connection, table: Table, columns: list[str], engine: Engine
) -> tuple[pa.Table, list[str]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    cursor = connection.execute(f'SELECT {listed} FROM "{table.name}"')  # noqa: S608 our own names
    schema = pa.schema([(column, pa.string()) for column in columns])
    floats: dict[str, bool] = {}
    batches = []
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        engine.check()
        arrays = []
        for name, values in zip(columns, zip(*rows, strict=True), strict=True):
            array, came_as_floats = column_of(values, table.column(name))
            floats[name] = floats.get(name, False) or came_as_floats
            arrays.append(array)
        batches.append(pa.record_batch(arrays, schema=schema))
    return pa.Table.from_batches(batches, schema), [name for name in columns if floats.get(name)]
