"""A DuckDB file with tables or views of the five names."""

from __future__ import annotations

from pathlib import Path

from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.engine import Engine, Unreadable
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.table_cache import files_token

OPEN_HERE = "Unique file handle conflict"
LOCKED = "Could not set lock on file"
"""What DuckDB says where this process, or another one, has the file open to write."""


def open_duckdb(file: Path, name: str) -> Source:
    """The source in a DuckDB file, opened for reading only, and only while it is read."""
    return Source(name, _load, engine=lambda _, memory: _File(file, name, memory), held=False)


class _File(Engine):
    """An engine with a DuckDB file open: until it is closed no program can write to the file."""

    def __init__(self, file: Path, name: str, memory: int) -> None:
        super().__init__(name, memory)
        try:
            self.tables, self.views = self.attach(file)
            self._seen = files_token([file])
            super().shut()
        except OSError as error:
            self.close()
            raise SourceError(name, f"cannot be read: {why(error)}", "check the file") from None
        except Unreadable as error:
            self.close()
            raise _explained(name, error) from None

    @property
    def token(self) -> Token:
        """The file as it was when it was opened."""
        return self._seen

    def shut(self) -> None:
        """It was when the file was opened."""


def _load(engine: _File) -> Raw:
    named = {name.casefold(): name for name in engine.tables}  # DuckDB does not tell cases apart
    found = {table: engine.tables[named[table]] for table in TABLES if table in named}
    steady = not engine.views.intersection(named[table] for table in found)
    return Raw(found, steady=steady, there=tuple(sorted(engine.tables)))


def _explained(name: str, error: Unreadable) -> SourceError:
    if OPEN_HERE in error.words:
        what = "this process has the file open"
        how = "close that connection, or give its tables: {'clients': connection.table('clients')"
        return SourceError(name, what, f"{how}, 'ledger': connection.table('ledger')}}")
    if LOCKED in error.words:
        return SourceError(name, "another program has the file open to write", "close it there")
    return error
