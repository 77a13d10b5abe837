"""The database of the store: an SQLite file, or one that a team shares."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from custdyn_widgets.environment import STORE_VARIABLE
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.files import private_file

SCHEMA = 3
"""1: chart templates; 2: query templates, too; 3: jobs, mails and the archive."""
PATIENCE_MS = 10_000
MAKING = 2_114_071_711
"""The lock that is held while the tables are made, in a database that many may open at once."""

METADATA = sa.MetaData()
_about = sa.Table("about", METADATA, sa.Column("schema_version", sa.Integer, nullable=False))


class Instant(sa.types.TypeDecorator[datetime]):
    """An instant in UTC, as text that sorts as time does: the same in every database."""

    impl = sa.String(32)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> str | None:
        """An aware instant to text."""
        return None if value is None else value.astimezone(UTC).isoformat(timespec="microseconds")

    def process_result_value(self, value: str | None, dialect: sa.Dialect) -> datetime | None:
        """Text to an aware instant."""
        return None if value is None else datetime.fromisoformat(value)


class StoreError(CustdynError):
    """A store cannot be opened, read or written."""

    exit_code = 2


class Database:
    """A database by its URL of SQLAlchemy, or the path of an SQLite file.

    A store of an earlier version is brought forward when it is opened; one of a newer version is
    only read, and `read_only` says why. Raises StoreError where it cannot be opened.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self.read_only = ""
        with self._transaction() as connection:
            if connection.dialect.name == "postgresql":  # two that make the same table do not agree
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MAKING)))
            found = self._version(connection)
            if found is not None and found > SCHEMA:
                self.read_only = (
                    f"the store is of a newer version (schema {found}, this one knows {SCHEMA}) "
                    "and can only be read; install a newer custdyn-widgets, or name another file "
                    f"in {STORE_VARIABLE}"
                )
                return
            if found == SCHEMA:
                return  # nothing to make: who only uses the tables need not be allowed to
            for table in METADATA.sorted_tables:  # another process may be just as far
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            if found is None and self._version(connection) is None:
                connection.execute(_about.insert().values(schema_version=SCHEMA))
            else:
                newer = _about.update().where(_about.c.schema_version < SCHEMA)
                connection.execute(newer.values(schema_version=SCHEMA))

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A transaction that only reads. Raises StoreError."""
        with self._transaction() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """A transaction: all of it is on the disk at its end, or nothing. Raises StoreError.

        An IntegrityError of SQLAlchemy passes: who writes knows what it means.
        """
        if self.read_only:
            raise StoreError(self.read_only)
        with self._transaction() as connection:
            yield connection

    def close(self) -> None:
        """Closes it."""
        self._engine.dispose()

    @contextmanager
    def _transaction(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            raise StoreError(f"the store cannot be used: {reason}") from None

    def _version(self, connection: sa.Connection) -> int | None:
        if not sa.inspect(connection).has_table(_about.name):
            return None
        found: int | None = connection.execute(sa.select(_about.c.schema_version)).scalar()
        return found


def _engine(url: str) -> sa.Engine:
    if "://" not in url:
        url = f"sqlite:///{Path(url).expanduser()}"
    try:
        name = sa.make_url(url)
        if name.get_backend_name() == "sqlite" and name.database not in (None, "", ":memory:"):
            private_file(Path(str(name.database)))
        if name.drivername in ("postgres", "postgresql"):
            name = name.set(drivername="postgresql+psycopg")
        engine = sa.create_engine(name, pool_pre_ping=True)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError, OSError) as error:
        raise StoreError(f"the store cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _lasting)
    return engine


def _lasting(connection: Any, _record: object) -> None:
    """What is saved is on the disk when we say so, and readers do not wait for writers."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={PATIENCE_MS}"):
        connection.execute(f"PRAGMA {setting}")
