"""An SQLite file, read as it is at one moment."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.origin import BATCH, Database, Request
from custdyn_widgets.errors import SourceError


class SQLite(Database):
    """A database in a file. Floats are taken at their shortest decimal form."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        try:
            self._connection = sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True)
            self._connection.execute("BEGIN")
            found = self._connection.execute(
                "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
            )
            self._tables = [name for (name,) in found]
        except sqlite3.Error as error:
            what = f"it cannot be opened: {error}"
            raise SourceError(self.name, what, "check the file") from None

    def columns(self, request: Request) -> list[str] | None:
        if not request.described.query and request.table not in self._tables:
            return None
        found = self._run(f"SELECT * FROM {self.source(request)} LIMIT 0", request)
        return [one[0] for one in found.description]

    def tables(self) -> list[str]:
        return self._tables

    def as_text(self, name: str, kind: ColumnType) -> str:
        return self.quoted(name)  # its values have types of their own: see `_text`

    def rows(self, request: Request) -> Iterator[pa.Table]:
        for statement in self.statements(request):
            found = self._run(statement, request)
            while rows := found.fetchmany(BATCH):
                columns = zip(*rows, strict=True)
                yield pa.table(
                    {
                        name: pa.array([_text(one) for one in column], pa.string())
                        for name, column in zip(request.columns, columns, strict=True)
                    }
                )

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, request: Request) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement)
        except sqlite3.Error as error:
            what = f"{request.table or request.input}: {error}"
            raise SourceError(self.name, what, "check its columns") from None


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else repr(value)
