"""Any other database that SQLAlchemy reads; not tested."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import sqlalchemy as sa

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.origin import BATCH, Database, Request
from custdyn_widgets.errors import SourceError
from custdyn_widgets.sources.place import has_bare_signs, without_secrets


class AnyDatabase(Database):
    """A database by an URL of SQLAlchemy, such as `oracle+oracledb://user@host/service`."""

    def __init__(self, url: str) -> None:
        super().__init__(without_secrets(url))
        try:
            self._connection = sa.create_engine(url).connect()
            self._tables = sa.inspect(self._connection).get_table_names()
        except (sa.exc.SQLAlchemyError, ImportError, ValueError) as error:
            if has_bare_signs(url) or isinstance(error, ValueError):
                what = "the URL cannot be read"
                raise SourceError(
                    self.name, what, "percent-encode what is in its password"
                ) from None
            what = f"it cannot be opened: {str(error).splitlines()[0]}"
            remedy = "check the URL, and that the database's driver is installed"
            raise SourceError(self.name, what, remedy) from None

    def quoted(self, name: str) -> str:
        return str(self._connection.dialect.identifier_preparer.quote(name))

    def columns(self, request: Request) -> list[str] | None:
        if not request.described.query and request.table not in self._tables:
            return None
        return list(self._run(f"SELECT * FROM {self.source(request)} WHERE 1 = 0", request).keys())

    def tables(self) -> list[str]:
        return list(self._tables)

    def as_text(self, name: str, kind: ColumnType) -> str:
        return self.quoted(name)

    def rows(self, request: Request) -> Iterator[pa.Table]:
        for statement in self.statements(request):
            for rows in self._run(statement, request).partitions(BATCH):
                columns = zip(*rows, strict=True)
                yield pa.table(
                    {
                        name: pa.array(
                            [None if one is None else str(one) for one in column], pa.string()
                        )
                        for name, column in zip(request.columns, columns, strict=True)
                    }
                )

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str, request: Request) -> sa.CursorResult[tuple[object, ...]]:
        try:
            return self._connection.execute(sa.text(statement.replace(":", r"\:")))
        except sa.exc.SQLAlchemyError as error:
            what = f"{request.table or request.input}: {str(error).splitlines()[0]}"
            raise SourceError(self.name, what, "check its columns and rights") from None
