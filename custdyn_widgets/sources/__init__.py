"""Sources: `open_source` for a name, a folder, a file or DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from custdyn_widgets.sources.memory_budget import size
from custdyn_widgets.sources.place import SAMPLE, kind_of, place_text

if TYPE_CHECKING:
    import pandas as pd

    from custdyn_widgets.sources.connectors.spark import open_spark
    from custdyn_widgets.sources.connectors.spark_session import Session
    from custdyn_widgets.sources.snapshot import Snapshot
    from custdyn_widgets.sources.source import Source

From: TypeAlias = "str | Path | Source | Mapping[str, pd.DataFrame] | Session"
"""What `open_source` opens."""


def open_source(source: From, *, memory: str | None = None, cache: bool = True) -> Source:
    """A source of the five tables (docs/definitions.md).

    `source`: a folder of CSV or Parquet files or of a rollup, a file `*.duckdb` or `*.sqlite`, a
    PostgreSQL database by its URL, a Spark session or master (see `open_spark`), the built-in
    `"sample"` or `"demo"`, or DataFrames by table name. It is read when a report asks for it.
    `memory`: what a report of it may take, such as `"2G"`; else
    what CUSTDYN_MEMORY says, or a quarter of the machine's. `cache`: CSV and SQLite tables are
    kept as Parquet in the user's cache, so that the next process reads those.
    Raises SourceError where there is nothing to open, NoSize for what is no size.
    """
    opened = _named(str(source)) if isinstance(source, str | Path) else _opened(source)
    if isinstance(source, str | Path):
        opened.place = source_text(source)
    if memory is not None:
        opened.memory.most = size(memory)
    opened.caches = opened.caches and cache
    return opened


def _opened(source: From) -> Source:
    """Imports what a kind of source needs, and no more."""
    from custdyn_widgets.sources.source import Source

    if isinstance(source, Source):
        return source
    if isinstance(source, Mapping):
        from custdyn_widgets.sources.connectors.dataframes import open_frames

        return open_frames(source)
    from custdyn_widgets.sources.connectors.spark import is_session, open_spark

    if is_session(source):
        return open_spark(cast("Session", source), "spark")
    return _named(str(source))


def _named(name: str) -> Source:
    kind = kind_of(name)
    if kind == "postgres":
        from custdyn_widgets.sources.connectors.postgres import open_postgres

        return open_postgres(name, place_text(name))
    if kind == "spark":
        from custdyn_widgets.sources.connectors.spark import open_master

        return open_master(name, name)
    if kind in ("duckdb", "sqlite"):
        from custdyn_widgets.sources.connectors.duckdb import open_duckdb
        from custdyn_widgets.sources.connectors.sqlite import open_sqlite

        return (open_duckdb if kind == "duckdb" else open_sqlite)(_path(name), name)
    if kind == "rollup":
        from custdyn_widgets.sources.connectors.rollup import open_rollup

        return open_rollup(_path(name), name)
    from custdyn_widgets.sources.connectors.folder import open_folder

    if kind == "demo":
        from custdyn_widgets.sources.demo.generator import demo_folder

        return open_folder(demo_folder(), name)
    if kind not in ("folder", "sample"):
        raise NotImplementedError(f"no connector opens a source of the kind {kind}")
    return open_folder(SAMPLE if kind == "sample" else _path(name), name)


def _path(name: str) -> Path:
    return Path(name).expanduser().absolute()  # a notebook may change its folder later


def source_text(source: From) -> str | None:
    """What a source is called in every process of this machine: no secret is in it.

    None for what lives only in this process: DataFrames, or a Source that is open already.
    """
    return place_text(str(source)) if isinstance(source, str | Path) else None


def __getattr__(name: str) -> Any:
    """What needs an engine is imported when it is first used."""
    if name in ("Source", "Snapshot"):
        from custdyn_widgets.sources import snapshot, source

        return source.Source if name == "Source" else snapshot.Snapshot
    if name == "open_spark":
        from custdyn_widgets.sources.connectors.spark import open_spark

        return open_spark
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


__all__ = ["SAMPLE", "From", "Snapshot", "Source", "open_source", "open_spark", "source_text"]
