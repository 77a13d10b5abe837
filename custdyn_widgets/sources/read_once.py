"""Reading a table of a slow file once: checked, typed, and kept for the next process."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import ibis.expr.types as ir

from custdyn_widgets.errors import SourceChanged
from custdyn_widgets.sources import table_cache
from custdyn_widgets.sources.engine import Engine, Unreadable
from custdyn_widgets.sources.normalize import canonical
from custdyn_widgets.sources.table_cache import Token

Read = Callable[[], tuple[ir.Table, list[str]]]
"""Reads a table as it is in a file, and what should be said of it."""
Once = tuple[ir.Table, list[str], list[Path]]
"""A table, notes, and the Parquet file that it is in, if it is in one."""


def read_once(
    engine: Engine, table: str, token: Token, watch: Callable[[], Token], read: Read
) -> Once:
    """A table as it should be read; from the cache, if it was read from these very files before.

    `token` is of the files as they are read, `watch` gives that of now. Where the table has faults
    it is what `read` gives, for them to be named; a column with faults that only lists show is kept
    as it is. Raises SourceChanged and what `read` raises.
    """
    file, trouble = Path(token[0][0]), ""
    try:
        folder = table_cache.cache_folder() if engine.caches and table_cache.on() else None
    except OSError as error:
        folder, trouble = None, str(error)

    def kept() -> Once | None:
        found = folder and engine.held.enter_context(table_cache.opened(folder, table, token))
        if not found:
            return None
        held, entry = found
        return engine.parquet(f"raw_{table}", [held]), entry.notes, [held]

    if once := kept():
        return once
    with engine.reading_file(file):
        raw, notes = read()
        clean = canonical(table, raw, engine.fetch, listed=True, lenient=True)
        if clean.faults:
            return raw, notes, []
        notes += clean.notes
        rows = clean.table.select([one for one in clean.table.columns if one in raw.columns])

        def write(held: Path) -> None:
            engine.write(rows, held)
            if watch() != token:
                raise SourceChanged(file.name)

        if folder and table_cache.settled(token):
            try:
                table_cache.keep(folder, table, token, notes, write)
            except OSError as error:
                trouble = str(error)
            except Unreadable as error:
                trouble = error.words.splitlines()[0]
            if once := kept():
                return once
        if trouble:
            notes.append(f"{file.name} is read again by the next process: {trouble}")
        return engine.keep(f"raw_{table}", rows), notes, []
