"""A DuckDB file with tables or views of the five names."""

from __future__ import annotations

from pathlib import Path

from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.snapshot import Raw
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.table_cache import files_token


def open_duckdb(file: Path, name: str) -> Source:
    """The source in a DuckDB file, opened for reading only."""

    def load(engine: Engine) -> Raw:
        held, views = engine.attach(file)
        found = {table: held[table] for table in TABLES if table in held}
        return Raw(found, copied=False, steady=not views.intersection(found))

    return Source(name, load, lambda: files_token([file]))
