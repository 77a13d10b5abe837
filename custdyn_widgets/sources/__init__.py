"""Where the data comes from: `open_source` for a name, a folder, a file or DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

import pandas as pd

from ..errors import SourceError
from ..memory import size
from .duckdb_file import open_duckdb
from .folder import open_folder
from .frames import open_frames
from .postgres import SCHEMES, open_postgres
from .rolled import open_rollup
from .rollup import MANIFEST
from .snapshot import Snapshot
from .source import Source
from .spark import MASTER, is_session, open_master, open_spark
from .spark_place import Session
from .sqlite_file import open_sqlite

SAMPLE = Path(__file__).with_name("sample")
ENDINGS = {
    ".duckdb": open_duckdb,
    ".ddb": open_duckdb,
    ".sqlite": open_sqlite,
    ".sqlite3": open_sqlite,
}
BUILT_IN = ("sample", "demo")
KINDS = (
    "a folder of CSV or Parquet files, a file *.duckdb or *.sqlite, postgresql://…, spark://…, or "
    "the built-in sample and demo"
)


From = str | Path | Source | Mapping[str, pd.DataFrame] | Session
"""What `open_source` opens."""


def open_source(source: From, *, memory: str | None = None) -> Source:
    """A source of the five tables (REPORT.md section 1).

    `source`: a folder of CSV or Parquet files or of a rollup, a file `*.duckdb` or `*.sqlite`, a
    PostgreSQL database by its URL, a Spark session or master (see `open_spark`), the built-in
    `"sample"` or `"demo"`, or DataFrames by table name. It is read when a report asks for it.
    `memory`: what a report of it may take, such as `"2G"`; else
    what CUSTDYN_MEMORY says, or a quarter of the machine's.
    Raises SourceError where there is nothing to open, NoSize for what is no size.
    """
    opened = _opened(source)
    if memory is not None:
        opened.memory.most = size(memory)
    return opened


def _opened(source: From) -> Source:
    if isinstance(source, Source):
        return source
    if isinstance(source, Mapping):
        return open_frames(source)
    if is_session(source):
        return open_spark(cast(Session, source), "spark")
    name = str(source)
    if name == BUILT_IN[0]:
        return open_folder(SAMPLE, name)
    if name == BUILT_IN[1]:
        from .demo import demo_folder

        return open_folder(demo_folder(), name)
    if name.partition("://")[0] in SCHEMES and "://" in name:
        return open_postgres(name, _without_secrets(name))
    if MASTER.fullmatch(name):
        return open_master(name, name)
    if "://" in name:
        raise SourceError(_without_secrets(name), "is not offered in this version", f"give {KINDS}")
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise SourceError(name, f"there is no such source: {error}", f"give {KINDS}") from None
    if path.is_dir():
        return (open_rollup if (path / MANIFEST).is_file() else open_folder)(path, name)
    opener = ENDINGS.get(path.suffix.lower())
    if opener is None or not path.is_file():
        raise SourceError(name, "there is no such source", f"give {KINDS}")
    return opener(path, name)


def source_text(source: From) -> str | None:
    """What a source is called in every process of this machine: no secret is in it.

    None for what lives only in this process: DataFrames, or a Source that is open already.
    """
    if not isinstance(source, str | Path):
        return None
    name = str(source)
    if name in BUILT_IN:
        return name
    if MASTER.fullmatch(name):
        return name
    if "://" in name:
        return _without_secrets(name)
    path = Path(name).expanduser()
    return str(path.resolve()) if path.exists() else name


def _without_secrets(url: str) -> str:
    """A URL without user, password and options: its scheme, host and path."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.partition('?')[0].rpartition('@')[2]}"


__all__ = ["From", "Snapshot", "Source", "open_source", "open_spark", "source_text"]
