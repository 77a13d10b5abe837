"""What people keep: chart templates, in a database file of theirs or one that a team shares."""

from __future__ import annotations

import getpass
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import platformdirs
import sqlalchemy as sa

from .charts import PRE_CONFIGURED, ChartSpec
from .checks import one_line
from .errors import CustdynError, FieldFault, QueryError

STORE_VARIABLE = "CUSTDYN_STORE"
"""A database URL of SQLAlchemy, or the path of a file, instead of the file in the data folder."""
USER_VARIABLES = ("CUSTDYN_USER", "HTTP_X_FORWARDED_USER")
"""Whose templates are mine, where a deployment says so: the first that is set."""
SCHEMA = 1
PATIENCE_MS = 10_000

_metadata = sa.MetaData()
_about = sa.Table("about", _metadata, sa.Column("schema_version", sa.Integer, nullable=False))
_charts = sa.Table(
    "chart_templates",
    _metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("owner", sa.String(256), nullable=False),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("folded", sa.String(360), nullable=False),
    sa.Column("shared", sa.Boolean, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("changed_at", sa.String(32), nullable=False),
    sa.UniqueConstraint("owner", "folded"),
)


class StoreError(CustdynError):
    """A store cannot be opened, read or written."""

    exit_code = 2


@dataclass(frozen=True)
class SavedChart:
    """A chart template: who made it, what it is called, whether everyone sees it.

    `version` counts its changes, so that two people do not overwrite each other.
    """

    id: str
    owner: str
    name: str
    shared: bool
    chart: ChartSpec
    version: int


class Store:
    """Templates of one user, and those that others share.

    `url` is a database URL of SQLAlchemy or the path of an SQLite file; `user` is who asks.
    Raises StoreError where it cannot be opened or was written by a newer version.
    """

    def __init__(self, url: str, user: str) -> None:
        self.user = user
        self._engine = _engine(url)
        with self._begin() as connection:
            for table in _metadata.sorted_tables:  # another process may be just as far
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            found = connection.execute(sa.select(_about.c.schema_version)).scalar()
            if found is None:
                connection.execute(_about.insert().values(schema_version=SCHEMA))
        if found is not None and found > SCHEMA:
            raise StoreError(
                f"the store is of a newer version (schema {found}, this one knows {SCHEMA}); "
                f"install a newer custdyn-widgets, or name another file in {STORE_VARIABLE}"
            )

    def charts(self) -> list[SavedChart]:
        """The chart templates that the user may see: own ones first, each kind by name."""
        visible = sa.or_(_charts.c.owner == self.user, _charts.c.shared)
        with self._begin() as connection:
            rows = connection.execute(sa.select(_charts).where(visible)).mappings().all()
        saved = [_saved(row) for row in rows]
        return sorted(saved, key=lambda one: (one.owner != self.user, one.name.casefold()))

    def chart(self, name: str) -> ChartSpec:
        """The chart that is called so, in any case: pre-configured, the user's own, or shared.

        Raises QueryError where there is none, or where several people share one of that name.
        """
        wanted = name.casefold()
        for title, chart in PRE_CONFIGURED.items():
            if title.casefold() == wanted:
                return chart
        visible = self.charts()
        named = [one for one in visible if one.name.casefold() == wanted]
        if named and (named[0].owner == self.user or len(named) == 1):
            return named[0].chart
        if by_id := [one for one in visible if one.id == name]:
            return by_id[0].chart
        if named:
            owners = ", ".join(f"{one.owner} ({one.id})" for one in named)
            what = f"is a name that several people use: {owners}; ask for one by its id"
            raise QueryError([FieldFault("chart", name, what)])
        listed = ", ".join([*PRE_CONFIGURED, *(one.name for one in visible)])
        raise QueryError([FieldFault("chart", name, f"is not one of {listed}")])

    def add_chart(self, name: str, chart: ChartSpec, *, shared: bool) -> SavedChart:
        """Saves a new template. Raises QueryError for a name that is wrong or taken."""
        saved = SavedChart(str(uuid.uuid4()), self.user, _name(name), shared, chart, 1)
        with self._naming(saved.name), self._begin() as connection:
            connection.execute(_charts.insert().values(**_row(saved)))
        return saved

    def change_chart(
        self,
        saved: SavedChart,
        *,
        name: str | None = None,
        chart: ChartSpec | None = None,
        shared: bool | None = None,
    ) -> SavedChart:
        """Renames a template, or saves another chart in it. Only its owner may.

        Raises StoreError where somebody has changed or deleted it since it was read.
        """
        changed = replace(
            saved,
            name=saved.name if name is None else _name(name),
            chart=chart or saved.chart,
            shared=saved.shared if shared is None else shared,
            version=saved.version + 1,
        )
        with self._naming(changed.name), self._begin() as connection:
            done = connection.execute(
                _charts.update().where(*self._as_read(saved)).values(**_row(changed))
            )
            self._check_done(done, saved)
        return changed

    def delete_chart(self, saved: SavedChart) -> None:
        """Deletes a template; only its owner may, and only as it was read."""
        with self._begin() as connection:
            done = connection.execute(_charts.delete().where(*self._as_read(saved)))
            self._check_done(done, saved)

    def close(self) -> None:
        """Closes the database."""
        self._engine.dispose()

    def _as_read(self, saved: SavedChart) -> list[sa.ColumnElement[bool]]:
        same = (_charts.c.id == saved.id, _charts.c.version == saved.version)
        return [*same, _charts.c.owner == self.user]

    def _check_done(self, done: sa.CursorResult[Any], saved: SavedChart) -> None:
        if not done.rowcount:
            what = (
                f"belongs to {saved.owner}"
                if saved.owner != self.user
                else ("has been changed or deleted by somebody else meanwhile; open it again")
            )
            raise StoreError(f'the chart template "{saved.name}" {what}')

    @contextmanager
    def _naming(self, name: str) -> Iterator[None]:
        try:
            yield
        except sa.exc.IntegrityError:
            what = "is the name of another chart template of yours; choose another name"
            raise QueryError([FieldFault("name", name, what)]) from None

    @contextmanager
    def _begin(self) -> Iterator[sa.Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except sa.exc.IntegrityError:
            raise
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, "orig", None) or type(error).__name__)
            raise StoreError(f"the store cannot be used: {reason}") from None


@cache
def my_store() -> Store:
    """The store of whoever runs this: see STORE_VARIABLE and USER_VARIABLES."""
    user = next((os.environ[name] for name in USER_VARIABLES if os.environ.get(name)), "")
    return Store(os.environ.get(STORE_VARIABLE) or str(_default_file()), user or getpass.getuser())


def _default_file() -> Path:
    return platformdirs.user_data_path("custdyn_widgets") / "store.sqlite"


def _engine(url: str) -> sa.Engine:
    if "://" not in url:
        path = Path(url).expanduser()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the store cannot be used: {error}") from None
        url = f"sqlite:///{path}"
    try:
        engine = sa.create_engine(url)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise StoreError(f"the store cannot be used: {error}") from None
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _lasting)
    return engine


def _lasting(connection: Any, _record: object) -> None:
    """What is saved is on the disk when we say so, and readers do not wait for writers."""
    for setting in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={PATIENCE_MS}"):
        connection.execute(f"PRAGMA {setting}")


def _name(text: str) -> str:
    try:
        name = one_line(text)
    except ValueError as fault:
        raise QueryError([FieldFault("name", text, str(fault))]) from None
    if name.casefold() in {title.casefold() for title in PRE_CONFIGURED}:
        what = "is the name of a pre-configured chart; choose another name"
        raise QueryError([FieldFault("name", name, what)])
    return name


def _row(saved: SavedChart) -> dict[str, Any]:
    return {
        "id": saved.id,
        "owner": saved.owner,
        "name": saved.name,
        "folded": saved.name.casefold(),
        "shared": saved.shared,
        "spec": saved.chart.to_json(),
        "version": saved.version,
        "changed_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _saved(row: sa.RowMapping) -> SavedChart:
    chart = ChartSpec.model_validate_json(row["spec"])
    return SavedChart(row["id"], row["owner"], row["name"], row["shared"], chart, row["version"])
