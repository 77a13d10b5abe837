"""A rollup against its raw source: how long it takes, how much it folds, what reports of it cost.

`python -m tests.bench.rollups [million entries]` (default 50). A billion is told on paper: all
times grow with the entries.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from custdyn_widgets import make_rollup, run
from tests.bench.cases import AS_OF, Case, make

PER_CLIENT = (100, 50_000, 500_000)
"""Entries of a client in three years: one in eleven days, two an hour, nineteen an hour."""
BILLION = 1_000


def seconds(source: Path, case: Case) -> tuple[float, str]:
    """How long a report of a year by month takes, and its hash; the source is opened anew."""
    begun = time.perf_counter()
    made = run(case.query, source, as_of=AS_OF)
    return time.perf_counter() - begun, made.provenance.result


def row(case: Case, folder: Path) -> str:
    """One line of the table; raises AssertionError where the two reports differ."""
    raw, rolled = folder / "raw", folder / "rolled"
    make(raw, case)
    begun = time.perf_counter()
    rollup = make_rollup(raw, rolled, as_of=AS_OF).rollup
    took = time.perf_counter() - begun
    size = sum(file.stat().st_size for file in rolled.iterdir()) / 2**20
    (of_raw, one), (of_rollup, other) = seconds(raw, case), seconds(rolled, case)
    assert one == other, case
    times = BILLION * 1_000_000 / case.entries
    texts = [
        f"{case.entries // case.clients:,}",
        f"{case.entries / rollup.rows:.1f}",
        f"{took:.0f} s",
        f"{size:.0f} MB",
        f"{of_raw:.1f} s",
        f"{of_rollup:.1f} s",
        f"{took * times / 60:.0f} min",
        f"{of_raw * times:.0f} s",
        f"{of_rollup * times:.0f} s",
    ]
    return "| " + " | ".join(texts) + " |"


def main(millions: float = 50) -> None:
    """Prints the table, line by line."""
    heads = ["entries a client", "entries a row", "rollup", "size", "report of raw", "of rollup"]
    heads += ["a billion: rollup", "report of raw", "of rollup"]
    print(f"{millions:g} million entries, a year by month\n| " + " | ".join(heads) + " |")
    print("|" + "---|" * len(heads))
    for each in PER_CLIENT:
        entries = int(millions * 1_000_000)
        with tempfile.TemporaryDirectory() as name:
            case = Case("rollup", entries, max(entries // each, 1))
            print(row(case, Path(name)), flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:2]))
