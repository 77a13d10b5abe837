"""Engine + core against the floor: DuckDB reading exactly the needed columns once.

`python -m tests.bench.reduce [entries] [clients]` (default 20 000 000 of 200 000).
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from custdyn_widgets import open_source, run

RUNS = 7
END = "TIMESTAMP '2018-01-01'"


def make(folder: Path, entries: int, clients: int) -> None:
    """Three years of a ledger as Parquet, the same every time."""
    kinds = "case hash(i * 3) % 100 when 0 then 'refill' when 1 then 'package_activation' "
    kinds += "when 2 then 'package_renewal' when 3 then 'correction' else 'payg' end"
    with duckdb.connect() as connection:
        connection.execute(
            f"""copy (select i as client_id, 'C' || i as name, 'client' as type,
            ['EUR', 'USD', 'GBP'][1 + (hash(i * 7) % 3)::int] as currency,
            timestamp '2015-01-01' + to_seconds((hash(i) % 60000000)::bigint) as created_at
            from range({clients}) t(i)) to '{folder}/clients.parquet'"""
        )
        connection.execute(
            f"""copy (select i as entry_id, (hash(i) % {clients})::bigint as client_id,
            timestamp '2015-01-01'
            + to_microseconds((i::double / {entries} * 94608000e6)::bigint) as occurred_at,
            {kinds} as kind,
            (case when hash(i * 3) % 100 = 0 then 1 else -1 end
            * (hash(i * 5) % 100000)::decimal(18, 4) / 10000)::decimal(18, 4) as amount,
            case when hash(i * 3) % 100 in (1, 2) then 'P' || (hash(i * 11) % 12) end as package_id
            from range({entries}) t(i)) to '{folder}/ledger.parquet'"""
        )
        connection.execute(
            f"""copy (select * from (values ('EUR', date '2000-01-01', 1.0::decimal(18, 6)),
            ('USD', date '2000-01-01', 0.9), ('GBP', date '2000-01-01', 1.2))
            t(currency, valid_from, rate)) to '{folder}/rates.parquet'"""
        )


def timed(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def main(entries: int = 20_000_000, clients: int = 200_000) -> None:
    """Prints medians over runs in turn, their ratio and the peak memory."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, entries, clients)
        columns = ("client_id", "occurred_at", "kind", "amount", "package_id")
        asked = ", ".join(f"max({column})" for column in columns)
        floor = f"select {asked} from '{folder}/ledger.parquet' where occurred_at < {END}"
        connection = duckdb.connect()
        source = open_source(folder)
        query = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "EUR"}
        as_of = datetime(2020, 1, 1, tzinfo=UTC)
        print(f"{entries:,} entries of {clients:,} clients; 12 months; {RUNS} runs in turn")
        run(query, source, as_of=as_of)  # opens and checks the source
        pairs = [
            (
                timed(lambda: run(query, source, as_of=as_of)),
                timed(lambda: connection.execute(floor).fetchall()),
            )
            for _ in range(RUNS)
        ]
        ours, floors = (statistics.median(column) for column in zip(*pairs, strict=True))
        ratios = sorted(one / other for one, other in pairs)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        print(f"engine + core  {ours:6.2f} s")
        print(f"floor          {floors:6.2f} s")
        middle, low, high = statistics.median(ratios), ratios[0], ratios[-1]
        print(f"ratio          {middle:6.2f}   ({low:.2f} – {high:.2f})")
        print(f"peak memory    {peak:6.2f} GB, the floor's engine included")


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:]))
