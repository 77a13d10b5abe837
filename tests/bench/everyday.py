"""What everyday cases cost beside a plain one: CPU seconds of processes, run in turn, as ratios.

`python -m tests.bench.everyday [million entries]` (default 1).
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.bench.cases import AS_OF, Case, make

RUNS = 7
REPORT = """from datetime import datetime
from custdyn_widgets import run
run({query!r}, {folder!r}, as_of=datetime.fromisoformat({as_of!r}))"""
QUANTITIES = ("integer", "double", "decimal(18, 6)", "decimal(38, 24)", "float")
CALLS = {
    "custdyn --help": ("--help",),
    "a source that is not there": ("report", "--source", "nowhere"),
    "a field that is not there": ("report", "--source", "sample", "--set", "curency=EUR"),
    "the sample's report": ("report", "--source", "sample", "--as-of", "2018-01-01"),
}


def cpu_seconds(*command: str) -> float:
    """User and system seconds of a command and what it starts."""
    before = os.times()
    ended = subprocess.run([sys.executable, *command], capture_output=True, check=False)
    after = os.times()
    assert ended.returncode in (0, 2), ended.stderr.decode()
    return sum(after[2:4]) - sum(before[2:4])


def of_a_report(folder: Path, case: Case) -> tuple[str, ...]:
    """The command that makes a report in a new process."""
    query, as_of = case.query, AS_OF.isoformat()
    return "-c", REPORT.format(query=query, folder=str(folder), as_of=as_of)


def in_turn(commands: dict[str, tuple[str, ...]]) -> dict[str, float]:
    """The median of each command, all of them run again and again in turn."""
    seconds: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, command in commands.items():
            seconds[name].append(cpu_seconds(*command))
    return {name: statistics.median(some) for name, some in seconds.items()}


def main(millions: float = 1) -> None:
    """Prints both tables."""
    with tempfile.TemporaryDirectory() as place:
        commands = {}
        for kind in (None, *QUANTITIES):
            case = Case("everyday", int(millions * 1e6), int(millions * 1e4), quantity=kind)
            folder = Path(place) / (kind or "none").replace("(", "").replace(")", "")
            make(folder, case)
            commands[kind or "no quantity"] = of_a_report(folder, case)
        bare = Path(place) / "bare"  # one currency, and no rates
        bare.mkdir()
        for table in ("clients", "ledger"):
            (bare / f"{table}.parquet").hardlink_to(Path(place) / "none" / f"{table}.parquet")
        commands["no rates"] = of_a_report(bare, case)
        found = in_turn(commands)
    plain = found["no quantity"]
    print(f"| a report of {millions:g} million entries, new process | CPU | beside the plain one |")
    print("|---|---|---|")
    for name, seconds in found.items():
        print(f"| {name} | {seconds:.2f} s | {seconds / plain:.2f} × |")
    print("\n| a call | CPU |\n|---|---|")
    calls = {name: ("-m", "custdyn_widgets.cli", *call) for name, call in CALLS.items()}
    for name, seconds in in_turn(calls).items():
        print(f"| {name} | {seconds:.2f} s |")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1)
