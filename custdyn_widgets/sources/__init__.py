"""Where the data comes from: `open_source` for a name, a folder, a file or DataFrames."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from ..errors import SourceError
from .duckdb_file import open_duckdb
from .folder import open_folder
from .frames import open_frames
from .source import Snapshot, Source
from .sqlite_file import open_sqlite

SAMPLE = Path(__file__).with_name("sample")
ENDINGS = {
    ".duckdb": open_duckdb,
    ".ddb": open_duckdb,
    ".sqlite": open_sqlite,
    ".sqlite3": open_sqlite,
}
KINDS = (
    "a folder of CSV or Parquet files, a file *.duckdb or *.sqlite, or the built-in sample and demo"
)


def open_source(source: str | Path | Source | Mapping[str, pd.DataFrame]) -> Source:
    """A source of the five tables (REPORT.md section 1).

    `source`: a folder of CSV or Parquet files, a file `*.duckdb` or `*.sqlite`, the built-in
    `"sample"` or `"demo"`, or DataFrames by table name. It is read when a report asks for it.
    Raises SourceError where there is nothing to open.
    """
    if isinstance(source, Source):
        return source
    if isinstance(source, Mapping):
        return open_frames(source)
    name = str(source)
    if name == "sample":
        return open_folder(SAMPLE, name)
    if name == "demo":
        from .demo import demo_folder

        return open_folder(demo_folder(), name)
    if "://" in name:
        raise SourceError(_without_secrets(name), "is not offered in this version", f"give {KINDS}")
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise SourceError(name, f"there is no such source: {error}", f"give {KINDS}") from None
    if path.is_dir():
        return open_folder(path, name)
    opener = ENDINGS.get(path.suffix.lower())
    if opener is None or not path.is_file():
        raise SourceError(name, "there is no such source", f"give {KINDS}")
    return opener(path, name)


def _without_secrets(url: str) -> str:
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"


__all__ = ["Snapshot", "Source", "open_source"]
