"""A DuckDB file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.origin import BATCH, Database, Request
from custdyn_widgets.errors import SourceError


class DuckDB(Database):
    """A database in a file, or a DuckDB that holds views of files."""

    def __init__(self, path: Path | None) -> None:
        super().__init__(str(path))
        try:
            self._connection = duckdb.connect(str(path or ":memory:"), read_only=path is not None)
            self._connection.execute("SET TimeZone = 'UTC'")
        except duckdb.Error as error:
            what = f"it cannot be opened: {_words(error)}"
            raise SourceError(self.name, what, "check the file") from None

    def columns(self, request: Request) -> list[str] | None:
        if not request.described.query and request.table not in self.tables():
            return None
        found = self._run(f"SELECT * FROM {self.source(request)} LIMIT 0", request)
        return list(found.columns)

    def tables(self) -> list[str]:
        return [row[0] for row in self._connection.execute("SHOW TABLES").fetchall()]

    def as_text(self, name: str, kind: ColumnType) -> str:
        column = self.quoted(name)
        if kind.name == "unix":
            return (
                f"coalesce(TRY_CAST({column}::VARCHAR AS DECIMAL(20,6))::VARCHAR, "
                f"epoch_us(TRY_CAST({column}::VARCHAR AS TIMESTAMPTZ)) / 1000000.0)::VARCHAR"
            )
        return f"{column}::VARCHAR"

    def rows(self, request: Request) -> Iterator[pa.Table]:
        for statement in self.statements(request):
            for batch in self._run(statement, request).to_arrow_reader(BATCH):
                yield pa.Table.from_batches([batch])

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, request: Request) -> duckdb.DuckDBPyRelation:
        try:
            return self._connection.sql(statement)
        except duckdb.Error as error:
            what = f"{request.table or request.input}: {_words(error)}"
            raise SourceError(self.name, what, "check its columns") from None


def _words(error: duckdb.Error) -> str:
    return str(error).splitlines()[0]
