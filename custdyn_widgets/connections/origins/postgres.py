"""PostgreSQL: COPY to text, in one repeatable-read transaction that only reads."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import psycopg
import pyarrow as pa
from psycopg import sql
from pyarrow import csv

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.origin import (
    CHUNK,
    SECONDS,
    Database,
    Request,
    no_zone,
)
from custdyn_widgets.errors import SourceError
from custdyn_widgets.sources.place import ENCODE, has_bare_signs, without_secrets

BLOCK = 1 << 22
TIMESTAMPTZ = 1184
ZONELESS = {1114: "timestamp", 1082: "date"}
"""Numbers of types, as PostgreSQL has them."""


class PostgreSQL(Database):
    """A database of a PostgreSQL server: `postgresql://user@host/database`, as libpq takes it.

    The password comes from PGPASSWORD or ~/.pgpass, unless the URL has it.
    """

    unseen = ", or its user may not read it: GRANT SELECT"

    def __init__(self, url: str) -> None:
        super().__init__(without_secrets(url))
        try:
            self._connection = psycopg.connect(url, options="-c timezone=UTC", connect_timeout=15)
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            self._columns: dict[str, list[str]] = {}
            for schema, table, column, current in self._connection.execute(
                "SELECT table_schema, table_name, column_name, table_schema = current_schema() "
                "FROM information_schema.columns ORDER BY 1, 2, ordinal_position"
            ):
                for name in [f"{schema}.{table}", *([table] if current else [])]:
                    self._columns.setdefault(name, []).append(column)
        except psycopg.Error as error:
            if has_bare_signs(url) or isinstance(error, psycopg.ProgrammingError):
                what = "the URL cannot be read"
                raise SourceError(self.name, what, f"{ENCODE}PGPASSWORD") from None
            what = f"it cannot be opened: {_words(error)}"
            raise SourceError(self.name, what, "check server, user and password") from None

    def columns(self, request: Request) -> list[str] | None:
        if not request.described.query:
            return self._columns.get(request.table)
        found = self._run(f"SELECT * FROM {self.source(request)} LIMIT 0", request)
        return [one.name for one in found.description or ()]

    def typed(self, request: Request) -> dict[str, ColumnType]:
        found = self._run(f"SELECT * FROM {self.source(request)} LIMIT 0", request)
        codes = {one.name: one.type_code for one in found.description or ()}
        kinds = dict(request.columns)
        for name, kind in kinds.items():
            if kind.name == "unix" and codes.get(name) in ZONELESS:
                raise no_zone(name, ZONELESS[codes[name]])
            if kind.name == "unix" and codes.get(name) != TIMESTAMPTZ:
                kinds[name] = replace(kind, format=SECONDS)
        return kinds

    def tables(self) -> list[str]:
        return [name for name in self._columns if "." not in name]

    def moment(self) -> datetime:
        row = self._connection.execute("SELECT now()").fetchone()
        assert row is not None  # noqa: S101 a SELECT without FROM gives one row
        return row[0].astimezone(UTC)  # type: ignore[no-any-return]

    def as_text(self, name: str, kind: ColumnType) -> str:
        column = self.quoted(name)
        if kind.name == "unix" and kind.format != SECONDS:
            return f"EXTRACT(EPOCH FROM {column})::text"
        return f"{column}::text"

    def rows(self, request: Request) -> Iterator[pa.Table]:
        for statement in self.statements(request):
            yield from self._copied(request, statement)

    def _copied(self, request: Request, statement: str) -> Iterator[pa.Table]:
        names = list(request.columns)
        convert = csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            null_values=["\\N"],
        )
        read = csv.ReadOptions(column_names=names, block_size=BLOCK * 2)
        parse = csv.ParseOptions(newlines_in_values=True)
        copy = f"COPY ({statement}) TO STDOUT (FORMAT csv, NULL '\\N')"
        rows, size = [], 0
        try:
            with self._connection.cursor() as cursor, cursor.copy(_composed(copy)) as stream:
                for row in stream:
                    rows.append(bytes(row))
                    size += len(rows[-1])
                    if size > BLOCK:
                        yield csv.read_csv(io.BytesIO(b"".join(rows)), read, parse, convert)
                        rows, size = [], 0
        except psycopg.Error as error:
            raise self._fault(request, error) from None
        if rows:
            yield csv.read_csv(io.BytesIO(b"".join(rows)), read, parse, convert)

    def checksums(self, request: Request) -> dict[int, str] | None:
        line = f"hashtextextended(ROW({', '.join(map(self.quoted, request.columns))})::text, 0)"
        where = self.conditions(request, None).partition(" ORDER BY ")[0]
        found = self._run(
            f"SELECT {self.quoted(request.described.keys[0])} / {CHUNK}, "
            f"count(*) || '-' || sum({line}::numeric) "
            f"FROM {self.source(request)}{where} GROUP BY 1",
            request,
        )
        return {int(chunk): said for chunk, said in found}

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, request: Request) -> psycopg.Cursor[Any]:
        try:
            return self._connection.execute(_composed(statement))
        except psycopg.Error as error:
            raise self._fault(request, error) from None

    def _fault(self, request: Request, error: psycopg.Error) -> SourceError:
        what = f"{request.table or request.input}: {_words(error)}"
        return SourceError(self.name, what, "check its columns and rights")


def _composed(statement: str) -> sql.SQL:
    return sql.SQL(statement)  # names and values are quoted by `Database`


def _words(error: psycopg.Error) -> str:
    return " ".join(str(error).split())
