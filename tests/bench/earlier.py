"""Reports and calls now and in an earlier checkout, in turn: CPU seconds, GB at the peak, ratios.

`python -m tests.bench.earlier CHECKOUT [million entries]` (default 20). Each is a process of its
own, with the packages of this environment.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.bench.cases import Case, cases, make
from tests.bench.everyday import CALLS, QUANTITIES, of_a_report

RUNS = 5
ROOT = Path(__file__).parents[2]


def measured(tree: Path, place: Path, *command: str) -> tuple[float, float]:
    """CPU seconds of a process in a checkout, and GB at its peak."""
    variables = {**os.environ, "PYTHONPATH": str(tree), "XDG_CACHE_HOME": str(place / "cache")}
    started = subprocess.Popen(
        [sys.executable, *command],
        env=variables,
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(started.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 2), command
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 2**20


def commands(place: Path, millions: float) -> dict[str, tuple[str, ...]]:
    """A report of each case, of everyday ones of a million entries, and calls."""
    small = Case("a million, no quantity", 1_000_000, 10_000, quantity=None)
    everyday = [replace(small, name=f"a million, {one}", quantity=one) for one in QUANTITIES]
    made = {}
    for number, case in enumerate([*cases(millions), small, *everyday]):
        folder = place / str(number)
        make(folder, case)
        made[case.name] = of_a_report(folder, case)
    calls = {name: ("-m", "custdyn_widgets.cli", *call) for name, call in CALLS.items()}
    return made | calls


def main(earlier: str, millions: float = 20) -> None:
    """Prints the table."""
    trees = {"before": Path(earlier).resolve(), "now": ROOT}
    print("| | before | now | now / before |\n|---|---|---|---|")
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        for what, command in commands(place, millions).items():
            found: dict[str, list[tuple[float, float]]] = {which: [] for which in trees}
            for _ in range(RUNS):
                for which, tree in trees.items():
                    found[which].append(measured(tree, place, *command))
            middle = {
                which: [statistics.median(one[at] for one in some) for at in (0, 1)]
                for which, some in found.items()
            }
            shown = (f"{seconds:.2f} s, {peak:.2f} GB" for seconds, peak in middle.values())
            ratio = middle["now"][0] / middle["before"][0]
            print(f"| {what} | {' | '.join(shown)} | {ratio:.2f} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], *map(float, sys.argv[2:]))
