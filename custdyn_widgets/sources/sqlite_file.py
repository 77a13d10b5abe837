"""A SQLite file, read exactly: every value as text, in one transaction."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from ..errors import SourceError
from ..tables import TABLES, Reads, Table
from .engine import Engine
from .folder import files_token
from .source import Raw, Source

ROWS_AT_ONCE = 100_000


def open_sqlite(file: Path, name: str) -> Source:
    """The source in a SQLite file. SQLite sums in doubles: its rows are read, not its sums."""

    def load(engine: Engine) -> Raw:
        tables, notes = {}, []
        try:
            with closing(
                sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
            ) as connection:
                connection.execute("BEGIN")
                for table in TABLES.values():
                    columns = _columns(connection, table)
                    if columns:
                        rows, floats = _rows(connection, table, columns)
                        tables[table.name] = engine.keep(f"raw_{table.name}", rows)
                        notes += [_float_note(table, column) for column in floats]
        except (sqlite3.Error, UnicodeDecodeError) as error:
            raise SourceError(name, f"cannot be read: {error}", "check the file") from None
        return Raw(tables, copied=True, notes=tuple(notes))

    log = file.with_name(f"{file.name}-wal")
    return Source(name, load, lambda: files_token([file, *([log] if log.is_file() else [])]))


def _float_note(table: Table, column: str) -> str:
    return (
        f"{table.name}.{column}: amounts came as binary floats "
        "and were taken at their shortest decimal"
    )


def _columns(connection: sqlite3.Connection, table: Table) -> list[str]:
    held = connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))
    names = {row[0] for row in held}
    return [column.name for column in table.columns if column.name in names]


def _rows(
    connection: sqlite3.Connection, table: Table, columns: list[str]
) -> tuple[pa.Table, list[str]]:
    listed = ", ".join(f'"{column}"' for column in columns)
    cursor = connection.execute(f'SELECT {listed} FROM "{table.name}"')  # noqa: S608 our own names
    schema = pa.schema([(column, pa.string()) for column in columns])
    amounts = {
        place for place, name in enumerate(columns) if table.column(name).reads is Reads.AMOUNT
    }
    floats: set[int] = set()
    batches = []
    while rows := cursor.fetchmany(ROWS_AT_ONCE):
        turned = list(zip(*rows, strict=True))
        floats |= {
            place
            for place in amounts - floats
            if any(isinstance(value, float) for value in turned[place])
        }
        batches.append(
            pa.record_batch(
                [pa.array([_text(value) for value in values], pa.string()) for values in turned],
                schema=schema,
            )
        )
    return pa.Table.from_batches(batches, schema), [columns[place] for place in sorted(floats)]


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return (
        value.decode("utf-8") if isinstance(value, bytes) else repr(value)
    )  # integers exactly, floats at their shortest decimal
