"""Where raw rows come from: databases and folders of files, read and never written."""

from __future__ import annotations

from pathlib import Path

from custdyn_widgets.connections.origins.origin import Origin
from custdyn_widgets.errors import SourceError
from custdyn_widgets.sources.place import ENDINGS, without_secrets

WAYS = (
    "mysql://user@host/database, postgresql://user@host/database, a file *.sqlite or *.duckdb, or "
    "--files DIR for CSV and Parquet"
)


def open_origin(url: str) -> Origin:
    """A database by its URL or file. Raises SourceError where it cannot be opened."""
    scheme = url.partition("://")[0].partition("+")[0].lower() if "://" in url else ""
    if scheme in ("mysql", "mariadb"):
        from custdyn_widgets.connections.origins.mysql import MySQL

        return MySQL(url)
    if scheme in ("postgresql", "postgres"):
        from custdyn_widgets.connections.origins.postgres import PostgreSQL

        return PostgreSQL(url)
    if scheme and scheme not in ("sqlite", "duckdb"):
        from custdyn_widgets.connections.origins.any_database import AnyDatabase

        return AnyDatabase(url)
    path = Path(url.partition(":///")[2] if scheme else url).expanduser()
    kind = scheme or ENDINGS.get(path.suffix.lower())
    if kind is None or not path.is_file():
        what = "there is no such database" if kind else "it is no database that can be read"
        name = without_secrets(url) if scheme else url.rpartition("@")[2]
        raise SourceError(name, what, f"give {WAYS}")
    if kind == "sqlite":
        from custdyn_widgets.connections.origins.sqlite import SQLite

        return SQLite(path)
    from custdyn_widgets.connections.origins.duckdb import DuckDB

    return DuckDB(path)


def open_files(folder: str) -> Origin:
    """A folder of CSV and Parquet files. Raises SourceError where there is none."""
    from custdyn_widgets.connections.origins.files import Files

    path = Path(folder).expanduser()
    if not path.is_dir():
        raise SourceError(folder, "there is no such folder", "give the folder of the files")
    return Files(path)
