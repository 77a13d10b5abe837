"""How the cost of a report grows with the ledger: 12 months, a client for each 100 entries.

`python -m tests.bench.growth [million entries …]` (default 1 … 100).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.cases import cases, make
from tests.bench.report import in_turn

SIZES = (1, 2, 5, 10, 20, 50, 100)


def row(millions: float) -> str:
    """One line of the table."""
    case = cases(millions)[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, case)
        (seconds, peak, _), least = in_turn(case, folder)
    per_million = 1000 * seconds / millions
    return (
        f"| {millions:g} million | {seconds:.1f} s | {per_million:.0f} ms | "
        f"{seconds / least:.1f} × | {peak:.1f} |"
    )


def main(*sizes: float) -> None:
    """Prints the table, line by line."""
    print("| entries | report | a million entries | of the floor | GB |")
    print("|---|---|---|---|---|")
    for millions in sizes or SIZES:
        print(row(millions), flush=True)


if __name__ == "__main__":
    main(*map(float, sys.argv[1:]))
