"""A rollup folder that `custdyn rollup` wrote."""

from __future__ import annotations

from pathlib import Path

from custdyn_widgets.errors import SourceError
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.place import MANIFEST
from custdyn_widgets.sources.rollup_manifest import Rollup
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.table_cache import files_token


def open_rollup(folder: Path, name: str) -> Source:
    """The source in a folder that `custdyn rollup` wrote."""

    def load(engine: Engine) -> Raw:
        rollup = Rollup.read(folder)
        files = {table: [folder / file] for table, file in rollup.tables.items()}
        files["ledger"] = [folder / file for file in rollup.ledger]
        try:
            tables = {table: engine.parquet(f"raw_{table}", own) for table, own in files.items()}
        except SourceError as error:
            raise SourceError(
                name, f"the rollup cannot be read: {error}", "rebuild it with custdyn rollup"
            ) from None
        notes = (rollup.words, *rollup.notes)
        return Raw(tables, notes=notes, rollup=rollup)

    def watch() -> Token:
        rollup = Rollup.read(folder)
        names = [MANIFEST, *rollup.tables.values(), *rollup.ledger]
        try:
            return files_token([folder / one for one in names])
        except OSError as error:
            raise SourceError(
                name, f"a file of the rollup is gone: {error}", "rebuild it with custdyn rollup"
            ) from None

    return Source(name, load, watch)
