"""Ours against the floor and hand-written peers: whole reports, equal cells, ratios, peak memory.

`python -m tests.bench.report [million entries] [case …]` (default 50, all cases).
"""

from __future__ import annotations

import multiprocessing
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.bench.cases import AS_OF, Case, Cells, cases, make

OURS, FLOOR = "ours", "floor"
COLUMNS = ("client_id", "occurred_at", "kind", "amount", "package_id")
RUNS = 3
PATIENCE = 10
"""How many times longer than ours a peer may take, before it is stopped."""


def ours(folder: Path, case: Case) -> Cells:
    """The report as anybody asks for it: source opened and checked, ledger read, cells made."""
    from custdyn_widgets import run

    report = run(case.query, folder, as_of=AS_OF).report
    return {(row.block, row.row): [cell.value for cell in row.cells] for row in report.rows}


def floor(folder: Path, case: Case) -> Cells:
    """What no way can be faster than: DuckDB reads the needed columns once."""
    import duckdb

    asked = ", ".join(f"max({column})" for column in COLUMNS)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"select {asked} from '{folder}/ledger.parquet' "
            f"where occurred_at < timestamp '{case.edges[-1]}'"
        ).fetchall()
    return {}


def measured(way: str, folder: Path, case: Case, told: Any) -> None:
    """Runs one way in this process, and tells seconds, peak memory in GB, and the cells."""
    from tests.bench.peers import PEERS

    work = {OURS: ours, FLOOR: floor, **PEERS}[way]
    import ibis

    ibis.get_backend()  # what is imported is not what is measured: each way's engine is, by now

    begun = time.perf_counter()
    made = work(folder, case)
    seconds = time.perf_counter() - begun
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    told.send((seconds, peak, made))


def apart(way: str, folder: Path, case: Case, patience: float | None) -> Any:
    """The same in a process of its own; None where it takes too long or dies."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=measured, args=(way, folder, case, there))
    process.start()
    there.close()
    try:
        return here.recv() if here.poll(patience) else None
    except EOFError:
        return None
    finally:
        process.kill()
        process.join()


def differences(one: Cells, other: Cells) -> list[str]:
    """Which rows two answers say differently."""
    return [str(key) for key in {*one, *other} if one.get(key) != other.get(key)]


def in_turn(case: Case, folder: Path) -> tuple[Any, float]:
    """The best of several runs of ours, and the seconds of the floor, run in turn."""
    runs = [
        (apart(OURS, folder, case, None), apart(FLOOR, folder, case, None)) for _ in range(RUNS)
    ]
    return min((own for own, _ in runs), key=lambda one: one[0]), min(one[0] for _, one in runs)


def row(case: Case, folder: Path) -> str:
    """One line of the table; raises AssertionError where two answers differ."""
    own, least = in_turn(case, folder)
    texts = [case.name, f"{own[0]:.1f} s", f"{own[0] / least:.1f} ×", f"{own[1]:.1f}"]
    for peer in ("DuckDB SQL", "Polars", "pandas"):
        found = apart(peer, folder, case, PATIENCE * own[0])
        if found is None:
            texts.append("not done")
            continue
        assert not differences(own[2], found[2]), (case.name, peer, differences(own[2], found[2]))
        texts.append(f"{found[0] / own[0]:.1f} × ({found[1]:.1f})")
    return "| " + " | ".join(texts) + " |"


def main(millions: float = 50, *wanted: str) -> None:
    """Prints the table, line by line."""
    print(f"{millions:g} million entries; GB at the peak in brackets; least of {RUNS} runs in turn")
    print("| case | ours | of the floor | GB | DuckDB SQL | Polars | pandas |")
    print("|---|---|---|---|---|---|---|")
    for case in cases(millions):
        if wanted and case.name not in wanted:
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            make(folder, case)
            print(row(case, folder), flush=True)
            shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 50, *sys.argv[2:])
