"""The name of a source: which kind it is; opens and imports nothing heavy."""

from __future__ import annotations

import re
from pathlib import Path

from custdyn_widgets.errors import SourceError

SAMPLE = Path(__file__).with_name("sample")
BUILT_IN = ("sample", "demo")
SCHEMES = ("postgresql", "postgres")
NAMED = (*BUILT_IN, "postgres", "spark")
"""Kinds whose name is not a path of this machine."""
MASTER = re.compile(r"(spark://[^/?]+|local-cluster\[[^\]]*\]|local\[[^\]]*\])(/[^?]*)?(\?.*)?")
"""A master of Spark, with the folder or the schema of the tables."""
MANIFEST = "rollup.json"
"""Makes a folder that of a rollup."""
ENDINGS = {".duckdb": "duckdb", ".ddb": "duckdb", ".sqlite": "sqlite", ".sqlite3": "sqlite"}
KINDS = (
    "a folder of CSV or Parquet files, a file *.duckdb or *.sqlite, postgresql://…, spark://…, or "
    "the built-in sample and demo"
)


def kind_of(name: str) -> str:
    """What kind of source a name leads to.

    `sample`, `demo`, `postgres`, `spark`, `rollup`, `folder`, `duckdb` or `sqlite`. Raises
    SourceError where it leads nowhere.
    """
    if name in BUILT_IN:
        return name
    if name.partition("://")[0] in SCHEMES and "://" in name:
        return "postgres"
    if MASTER.fullmatch(name):
        return "spark"
    if "://" in name:
        what = "is not offered in this version"
        raise SourceError(without_secrets(name), what, f"give {KINDS}")
    try:
        path = Path(name).expanduser()
    except RuntimeError as error:
        raise SourceError(name, f"there is no such source: {error}", f"give {KINDS}") from None
    if path.is_dir():
        return "rollup" if (path / MANIFEST).is_file() else "folder"
    if path.is_file() and path.suffix.lower() in (".csv", ".parquet"):
        raise SourceError(name, "it is one table of a source", f"give its folder: {path.parent}")
    kind = ENDINGS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        raise SourceError(name, "there is no such source", f"give {KINDS}")
    return kind


def place_text(name: str) -> str:
    """What a source is called in every process of this machine: no secret is in it."""
    if name in BUILT_IN or MASTER.fullmatch(name):
        return name
    if "://" in name:
        return without_secrets(name)
    path = Path(name).expanduser()
    return str(path.resolve()) if path.exists() else name


def place_name(name: str) -> str:
    """What a page calls a source: the last part of its path or URL."""
    return name.rstrip("/").rpartition("/")[2] or name


def without_secrets(url: str) -> str:
    """A URL without user, password and options: its scheme, host and path."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
