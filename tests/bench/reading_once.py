"""What it costs to read a ledger: as CSV, SQLite and Parquet, in the first process and the next.

`python -m tests.bench.reading [million entries] [an earlier checkout to compare with]` (default 5).
Processes run in turn; CPU seconds, and GB at the peak.
"""

from __future__ import annotations

import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import duckdb

from tests.bench.cases import AS_OF, Case, make

RUNS = 1
ROOT = Path(__file__).parents[2]
REPORT = """import resource
from datetime import datetime
from custdyn_widgets import run
run({query!r}, {source!r}, as_of=datetime.fromisoformat({as_of!r}))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)"""
TABLES = ("clients", "ledger")


def copied(plain: Path, place: Path, change: str, end: str, more: str = "") -> str:
    """The tables in another form."""
    place.mkdir()
    for table in TABLES:
        rows = f"SELECT {change if table == 'ledger' else '*'} FROM '{plain}/{table}.parquet'"
        duckdb.execute(f"COPY ({rows}) TO '{place}/{table}.{end}' {more}")
    return str(place)


def as_sqlite(plain: Path, file: Path) -> str:
    """The tables in a SQLite file: instants and amounts as text."""
    with sqlite3.connect(file) as connection:
        for table in TABLES:
            rows = duckdb.execute(f"SELECT * FROM '{plain}/{table}.parquet'")
            names = [one[0] for one in rows.description or ()]
            kinds = {"entry_id": "INTEGER", "client_id": "INTEGER", "quantity": "REAL"}
            listed = ", ".join(f"{name} {kinds.get(name, 'TEXT')}" for name in names)
            connection.execute(f"CREATE TABLE {table} ({listed})")
            into = f"INSERT INTO {table} VALUES ({', '.join('?' * len(names))})"
            while some := rows.fetchmany(100_000):
                exact = [
                    [one if isinstance(one, int | None) else str(one) for one in row]
                    for row in some
                ]
                connection.executemany(into, exact)
    return str(file)


def forms(place: Path, millions: float) -> dict[str, str]:
    """The same ledger in every form."""
    plain = place / "parquet"
    entries = int(millions * 1e6)
    make(plain, Case("reading", entries, entries // 100, quantity="decimal(18, 6)"))
    comma = "replace({0}::varchar, '.', ',') AS {0}"
    commas = f"* REPLACE ({comma.format('amount')}, {comma.format('quantity')})"
    return {
        "Parquet": str(plain),
        "Parquet, amounts as doubles": copied(
            plain, place / "double", "* REPLACE (amount::double AS amount)", "parquet"
        ),
        "CSV": copied(plain, place / "csv", "*", "csv", "(HEADER)"),
        "CSV, semicolons and decimal commas": copied(
            plain, place / "semicolons", commas, "csv", "(HEADER, DELIMITER ';')"
        ),
        "SQLite": as_sqlite(plain, place / "s.sqlite"),
    }


def measured(tree: Path, source: str, cache: Path) -> tuple[float, float]:
    """CPU seconds and GB at the peak of a process that makes a report."""
    query = Case("reading", 0, 1).query
    script = REPORT.format(query=query, source=source, as_of=AS_OF.isoformat())
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    said = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(tree), "XDG_CACHE_HOME": str(cache)},
        capture_output=True,
        text=True,
        check=True,
        cwd=cache.parent,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, float(said.stdout)


def main(millions: float = 5, earlier: str | None = None) -> None:
    """Prints the table."""
    trees = {"before": Path(earlier)} if earlier else {}
    trees["now"] = ROOT
    print(f"| a report of {millions:g} million entries | | CPU | GB |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        cache = Path(name) / "cache"
        cache.mkdir()
        for form, source in forms(Path(name), millions).items():
            for which in ("first", "next"):
                found: dict[str, list[tuple[float, float]]] = {}
                for _ in range(RUNS):
                    for tree, path in trees.items():
                        if tree == "before" and "semicolons" in form:  # it could not read those
                            continue
                        if which == "first":
                            shutil.rmtree(cache)
                            cache.mkdir()
                        found.setdefault(tree, []).append(measured(path, source, cache))
                for tree, some in found.items():
                    seconds, peak = (statistics.median(one[at] for one in some) for at in (0, 1))
                    row = f"| {form}, {which} process | {tree} | {seconds:.2f} s | {peak:.2f} |"
                    print(row, flush=True)


if __name__ == "__main__":
    million, *checkout = sys.argv[1:] or ["5"]
    main(float(million), *checkout)
