"""Templates of one kind: private and shared, never overwritten unseen."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.query.validators import one_line
from custdyn_widgets.store.database import METADATA, Database, StoreError

T = TypeVar("T")
log = logging.getLogger("custdyn_widgets")


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def _runs(kept: Any) -> object:
    """When a template runs by itself; None where it does not."""
    schedule = getattr(kept, "schedule", None)
    return None if schedule is None else (schedule, kept.query.timezone)


def template_table(name: str) -> sa.Table:
    """A table of templates."""
    return sa.Table(
        name,
        METADATA,
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


@dataclass(frozen=True)
class Saved(Generic[T]):
    """A template: who made it, what it is called, whether everyone sees it, and what is kept.

    `version` counts its changes, so that two people do not overwrite each other; `changed_at` is
    when it was saved first, or when it runs by itself was last changed (UTC): a run that was due
    before is none of its.
    """

    id: str
    owner: str
    name: str
    shared: bool
    kept: T
    version: int
    changed_at: datetime = field(default_factory=_now)


class TemplateStore(Generic[T]):
    """The templates of a kind that `user` may see: own ones, and those that others share.

    `what` is what one is called, `built_in` are those that come with the package, by name;
    `to_text` and `from_text` are how one is stored.
    """

    def __init__(
        self,
        database: Database,
        user: str,
        table: sa.Table,
        *,
        what: str,
        to_text: Callable[[T], str],
        from_text: Callable[[str], T],
        built_in: Mapping[str, T] | None = None,
    ) -> None:
        self.user = user
        self._database, self._table, self._what = database, table, what
        self._to_text, self._from_text = to_text, from_text
        self._built_in = built_in or {}

    def all(self) -> list[Saved[T]]:
        """The templates that the user may see: own ones first, each kind by name."""
        visible = sa.or_(self._table.c.owner == self.user, self._table.c.shared)
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(self._table).where(visible)).mappings().all()
        saved = self._readable(rows, log.warning)
        return sorted(saved, key=lambda one: (one.owner != self.user, one.name.casefold()))

    def everyone(self, on_error: Callable[[str], None]) -> list[Saved[T]]:
        """The templates of all users: for what runs them, never for a reader.

        One that cannot be read here (it may be of a newer version) is left out, and reported.
        """
        with self._database.reading() as connection:
            rows = connection.execute(sa.select(self._table)).mappings().all()
        return list(self._readable(rows, on_error))

    def find(self, name: str) -> T:
        """What is kept under a name, in any case: built in, the user's own, or shared.

        Raises QueryError where there is none, or where several people share one of that name.
        """
        wanted = name.casefold()
        for title, kept in self._built_in.items():
            if title.casefold() == wanted:
                return kept
        return self.saved(name).kept

    def saved(self, name: str) -> Saved[T]:
        """The template of a name or id, the user's own before those of others; see `find`."""
        visible = self.all()
        named = [one for one in visible if one.name.casefold() == name.casefold()]
        if named and (named[0].owner == self.user or len(named) == 1):
            return named[0]
        if by_id := [one for one in visible if one.id == name]:
            return by_id[0]
        if named:
            owners = ", ".join(f"{one.owner} ({one.id})" for one in named)
            what = f"is a name that several people use: {owners}; ask for one by its id"
            raise self._fault(name, what)
        listed = ", ".join([*self._built_in, *(one.name for one in visible)])
        raise self._fault(name, f"is not one of {listed}" if listed else "is none: none is saved")

    def add(self, name: str, kept: T, *, shared: bool) -> Saved[T]:
        """Saves a new template. Raises QueryError for a name that is wrong or taken."""
        return self._insert(Saved(str(uuid.uuid4()), self.user, self._name(name), shared, kept, 1))

    def change(
        self,
        saved: Saved[T],
        *,
        name: str | None = None,
        kept: T | None = None,
        shared: bool | None = None,
    ) -> Saved[T]:
        """Renames a template, or keeps something else in it. Only its owner may.

        Raises StoreError where somebody has changed or deleted it since it was read.
        """
        kept = saved.kept if kept is None else kept
        changed = replace(
            saved,
            name=saved.name if name is None else self._name(name),
            kept=kept,
            shared=saved.shared if shared is None else shared,
            version=saved.version + 1,
            changed_at=saved.changed_at if _runs(kept) == _runs(saved.kept) else _now(),
        )
        with self._naming(changed.name), self._database.writing() as connection:
            update = self._table.update().where(*self._as_read(saved))
            self._check_done(connection.execute(update.values(**self._row(changed))), saved)
        return changed

    def delete(self, saved: Saved[T]) -> None:
        """Deletes a template; only its owner may, and only as it was read."""
        with self._database.writing() as connection:
            delete = self._table.delete().where(*self._as_read(saved))
            self._check_done(connection.execute(delete), saved)

    def restore(self, saved: Saved[T]) -> Saved[T]:
        """Brings a deleted template of the user's back. Raises QueryError for a taken name."""
        back = replace(saved, owner=self.user, version=saved.version + 1, changed_at=_now())
        return self._insert(back)

    def _insert(self, saved: Saved[T]) -> Saved[T]:
        with self._naming(saved.name), self._database.writing() as connection:
            connection.execute(self._table.insert().values(**self._row(saved)))
        return saved

    def _as_read(self, saved: Saved[T]) -> list[sa.ColumnElement[bool]]:
        columns = self._table.c
        same = (columns.id == saved.id, columns.version == saved.version)
        return [*same, columns.owner == self.user]

    def _check_done(self, done: sa.CursorResult[Any], saved: Saved[T]) -> None:
        if not done.rowcount:
            what = (
                f"belongs to {saved.owner}"
                if saved.owner != self.user
                else ("has been changed or deleted by somebody else meanwhile; open it again")
            )
            raise StoreError(f'the {self._what} "{saved.name}" {what}')

    @contextmanager
    def _naming(self, name: str) -> Iterator[None]:
        try:
            yield
        except sa.exc.IntegrityError:
            what = f"is the name of another {self._what} of yours; choose another name"
            raise QueryError([FieldFault("name", name, what)]) from None

    def _name(self, text: str) -> str:
        try:
            name = one_line(text)
        except ValueError as fault:
            raise QueryError([FieldFault("name", text, str(fault))]) from None
        if name.casefold() in {title.casefold() for title in self._built_in}:
            what = f"is the name of a pre-configured {self._what.split()[0]}; choose another name"
            raise QueryError([FieldFault("name", name, what)])
        return name

    def _fault(self, name: str, what: str) -> QueryError:
        return QueryError([FieldFault(self._what.split()[0], name, what)])

    def _row(self, saved: Saved[T]) -> dict[str, Any]:
        return {
            "id": saved.id,
            "owner": saved.owner,
            "name": saved.name,
            "folded": saved.name.casefold(),
            "shared": saved.shared,
            "spec": self._to_text(saved.kept),
            "version": saved.version,
            "changed_at": saved.changed_at.isoformat(timespec="seconds"),
        }

    def _readable(
        self, rows: Sequence[sa.RowMapping], on_error: Callable[[str], None]
    ) -> Iterator[Saved[T]]:
        for row in rows:
            try:
                yield self._saved(row)
            except (QueryError, ValueError) as error:  # one row does not stop the others
                on_error(f'the {self._what} "{row["name"]}" cannot be read here: {error}')

    def _saved(self, row: sa.RowMapping) -> Saved[T]:
        kept = self._from_text(row["spec"])
        names = ("id", "owner", "name", "shared", "version")
        changed_at = datetime.fromisoformat(row["changed_at"])
        return Saved(**{name: row[name] for name in names}, kept=kept, changed_at=changed_at)
