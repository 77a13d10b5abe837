"""What every origin offers: the names of its columns, and rows as text."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

import pyarrow as pa

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.system import Input

CHUNK = 1 << 14
"""Keys of a growing table that are read again together where one of their rows has changed."""
BATCH = 20_000
SECONDS = "seconds"
"""The format of an instant that is kept as a number of seconds."""


@dataclass(frozen=True)
class Request:
    """Rows to be read of one table, query or file.

    `columns`: those to be read, by name. `chunks`: of a growing table, the pieces of CHUNK keys
    (None: all rows).
    """

    input: str
    described: Input
    columns: Mapping[str, ColumnType]
    table: str = ""
    chunks: Sequence[int] | None = None

    @property
    def spans(self) -> list[tuple[int, int]]:
        """The chunks as stretches of keys, the end excluded."""
        spans: list[tuple[int, int]] = []
        for chunk in sorted(self.chunks or ()):
            first, end = chunk * CHUNK, (chunk + 1) * CHUNK
            if spans and spans[-1][1] == first:
                spans[-1] = (spans[-1][0], end)
            else:
                spans.append((first, end))
        return spans


@dataclass
class Origin(ABC):
    """A database or folder, opened for reading; everything is of one moment where it can be.

    `name`: what it is called in messages, without a password. `notes`: what a reader should know
    of the way it was read.
    """

    name: str
    notes: list[str] = field(default_factory=list)
    of_files: ClassVar[bool] = False
    unseen: ClassVar[str] = ""
    """Why a table may not be seen that is there."""

    @abstractmethod
    def columns(self, request: Request) -> list[str] | None:
        """The names of the columns that there are; None where there is no such table or file."""

    @abstractmethod
    def tables(self) -> list[str]:
        """The names of the tables or files that there are."""

    def typed(self, request: Request) -> dict[str, ColumnType]:
        """The types of its columns, where the database says more of them than the mapping.

        Raises ValueError, in words, for a column that cannot be read as it is declared.
        """
        return dict(request.columns)

    @abstractmethod
    def rows(self, request: Request) -> Iterator[pa.Table]:
        """The rows, every column as text; null is null. Raises SourceError."""

    @abstractmethod
    def statements(self, request: Request) -> list[str]:
        """What `rows` sends, to be shown."""

    def moment(self) -> datetime:
        """The instant (aware, UTC) that the rows are of."""
        return datetime.now(UTC)

    def checksums(self, request: Request) -> dict[int, str] | None:
        """Chunk → a checksum of its rows, made by the server; None where it cannot make one."""
        return None

    @abstractmethod
    def close(self) -> None:
        """Ends the connection."""


def no_zone(name: str, kind: str) -> ValueError:
    """Of an instant that is declared as seconds, and is a date and time without a zone."""
    return ValueError(
        f"{name} is a {kind}, which has no zone: declare it datetime@ZONE, such as "
        "datetime@Europe/Rome"
    )


class Database(Origin):
    """What databases have in common: one SELECT for a request."""

    quote = '"'

    def as_text(self, name: str, kind: ColumnType) -> str:
        """SQL: a column as text, exactly."""
        return f"CAST({self.quoted(name)} AS VARCHAR)"

    def quoted(self, name: str) -> str:
        """A name as SQL writes it; a dot parts the schema from the table."""
        parts = [name] if self.quote in name else name.split(".")
        return ".".join(
            f"{self.quote}{p.replace(self.quote, self.quote * 2)}{self.quote}" for p in parts
        )

    def literal(self, text: str) -> str:
        """A text as SQL writes it."""
        return "'" + text.replace("'", "''") + "'"

    def source(self, request: Request) -> str:
        """What follows FROM."""
        query = request.described.query.strip().rstrip(";")
        return f"({query}) AS q" if query else self.quoted(request.table)

    def conditions(self, request: Request, span: tuple[int, int] | None) -> str:
        """What follows FROM and the table."""
        said = [
            f"{self.quoted(name)} = {self.literal(value)}"
            for name, value in request.described.where.items()
        ]
        key = next(iter(request.described.keys), "")
        if span is not None:
            said += [f"{self.quoted(key)} >= {span[0]}", f"{self.quoted(key)} < {span[1]}"]
        where = f" WHERE {' AND '.join(said)}" if said else ""
        return where + (f" ORDER BY {self.quoted(key)}" if request.described.grow else "")

    def select(self, request: Request, span: tuple[int, int] | None) -> str:
        """The SELECT of a request."""
        columns = ", ".join(
            f"{self.as_text(name, kind)} AS {self.quote}{name}{self.quote}"
            for name, kind in request.columns.items()
        )
        return f"SELECT {columns} FROM {self.source(request)}{self.conditions(request, span)}"

    def statements(self, request: Request) -> list[str]:
        spans = [None] if request.chunks is None else request.spans
        return [self.select(request, span) for span in spans]
