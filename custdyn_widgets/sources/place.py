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
SHEETS_AS_CSV = "save each sheet as CSV UTF-8"
INSTEAD = {
    **dict.fromkeys((".xlsx", ".xls", ".ods"), f"{SHEETS_AS_CSV} and give their folder"),
    **dict.fromkeys((".gz", ".zip", ".bz2", ".xz", ".zst", ".7z", ".tar"), "unpack it"),
}
"""What helps with a file of another kind, by its ending."""
KINDS = (
    "a folder of CSV or Parquet files, a file *.duckdb or *.sqlite, postgresql://…, spark://…, or "
    "the built-in sample and demo"
)


def kind_of(name: str) -> str:
    """What kind of source a name leads to.

    `sample`, `demo`, `postgres`, `spark`, `rollup`, `folder`, `duckdb` or `sqlite`. Raises
    SourceError where it leads nowhere.
    """
    if not name.strip():
        raise SourceError(repr(name), "it names no source", f"give {KINDS}")
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
    if not path.is_file():
        shown = f"…@{name.rpartition('@')[2]}" if "@" in name else name  # a URL that is none
        raise SourceError(shown, "there is no such source", f"give {KINDS}")
    kind = ENDINGS.get(path.suffix.lower()) or _of_content(path)
    if kind is None:
        how = INSTEAD.get(path.suffix.lower(), f"give {KINDS}")
        raise SourceError(name, "the file is none of the kinds that can be read", how)
    return kind


def _of_content(path: Path) -> str | None:
    """The kind of a database whose name does not say it, such as `billing.db`."""
    try:
        with path.open("rb") as opened:
            head = opened.read(16)
    except OSError:
        return None
    found = {b"SQLite format 3\0": "sqlite", b"DUCK": "duckdb"}
    return found.get(head) or found.get(head[8:12])


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


ENCODE = "percent-encode the password in the URL, or leave it out and set "
"""What helps where a URL cannot be read: the name of a variable follows."""


def has_bare_signs(url: str) -> bool:
    """Whether a password in a URL has signs that end it there.

    What a driver says of such a URL holds parts of the password: it is not to be shown.
    """
    head, rest = re.split(r"(?=[/?#]|$)", url.partition("://")[2], maxsplit=1)
    user, at, _ = head.rpartition("@")
    password = (user if at else head).partition(":")[2]
    if at and re.search(r"[@\[\]]|%(?![0-9A-Fa-f]{2})", password):
        return True
    is_host = at or not password or password.isdigit()  # what is asked may hold any sign
    return "@" in (rest.partition("?")[0] if is_host else rest)


def without_secrets(url: str) -> str:
    """A URL without user, password and options: its scheme, host and path."""
    scheme, _, rest = url.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"
