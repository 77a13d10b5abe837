"""How names, texts and files are written in SQL, and small questions to an engine."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import duckdb


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def parquet(files: Iterable[Path]) -> str:
    """SQL: Parquet files as a table."""
    return f"read_parquet([{', '.join(literal(str(one.resolve())) for one in files)}])"


def count(engine: duckdb.DuckDBPyConnection, table: str) -> int:
    """How many rows a table, or a SELECT in parentheses, has."""
    found = engine.execute(f"SELECT count(*) FROM {table}").fetchone()
    return int(found[0]) if found else 0


def types_of(engine: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    """The columns of a table and their types."""
    return {row[0]: row[1] for row in engine.execute(f"DESCRIBE {table}").fetchall()}
