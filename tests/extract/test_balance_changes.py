"""Which way the changes of clients are read, from Parquet files as a warehouse writes them."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.extract import balance_changes as passes
from custdyn_widgets.extract.balance_changes import ReadStrategy
from custdyn_widgets.extract.change_table import ChangeTable, ChangeTableBuilder
from custdyn_widgets.sources.connectors import folder as folder_source
from tests.support.counts import some

AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
QUERY = {
    "period": {"from": "2024-02-01", "to": "2024-05-31"},
    "currency": "EUR",
    "client_type": "all",
    "group_by": ["month"],
    "timezone": "America/New_York",
}
CLIENTS, ENTRIES = 40, 2_000


@pytest.fixture(autouse=True)
def order_matters_to_few_entries_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folder_source, "FEW", 0)


def write(folder: Path, amount: pa.DataType, ids: pa.DataType, strangers: int = 0) -> Path:
    """A ledger in order of time, in many row groups; the last clients are not listed."""
    random = np.random.default_rng(11)
    start = datetime(2024, 1, 1)
    known = pa.array(range(CLIENTS - strangers)).cast(ids)
    clients = {
        "client_id": known,
        "name": pa.array([f"C{one}" for one in range(len(known))]),
        "type": pa.array(["client"] * len(known)),
        "currency": pa.array([("EUR", "USD")[one % 2] for one in range(len(known))]),
        "created_at": pa.array([start] * len(known), pa.timestamp("us")),
    }
    whole = random.integers(-9, 9, ENTRIES).tolist()
    kinds = random.choice(["payg", "refill", "package_renewal", "correction"], ENTRIES)
    ledger = {
        "entry_id": pa.array(range(ENTRIES)),
        "client_id": pa.array(random.integers(0, CLIENTS, ENTRIES)).cast(ids),
        "occurred_at": pa.array(
            [start + timedelta(hours=2 * one) for one in range(ENTRIES)], pa.timestamp("us")
        ),
        "kind": pa.array(kinds.tolist()),
        "amount": pa.array([Decimal(one) for one in whole]).cast(amount),
    }
    pq.write_table(pa.table(clients), folder / "clients.parquet")
    pq.write_table(pa.table(ledger), folder / "ledger.parquet", row_group_size=200)
    return folder


def asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch, **query: Any) -> tuple[Any, set[str]]:
    """A report with its fingerprint, and how the buckets were read."""
    ways = set[str]()

    def told(one: passes.EngineQuery, *said: Any) -> ChangeTable:
        ways.add("entries" if one.entries else "changes" if one.bucket != 0 else "before")
        return made(one, *said)

    made = passes.EngineQuery.changes
    with monkeypatch.context() as patched:
        patched.setattr(passes.EngineQuery, "changes", told)
        result = run({**QUERY, **query}, open_source(folder), as_of=AS_OF)
    return (result.to_dict(), result.provenance.fingerprint), ways - {"before"}


IDS = (pa.int64(), pa.int32(), pa.string())
AMOUNTS = (pa.decimal128(9, 0), pa.decimal128(12, 1), pa.decimal128(18, 4))


@pytest.mark.parametrize(
    ("ids", "amount", "by"), some(itertools.product(IDS, AMOUNTS, ["month", "date"]), 3), ids=str
)
def test_entries_that_are_handed_over_say_what_the_engine_adds_up(
    ids: pa.DataType,
    amount: pa.DataType,
    by: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    folder = write(tmp_path, amount, ids)
    monkeypatch.setattr(passes, "FEW_ENTRIES", 0)
    expected, ways = asked_for(folder, monkeypatch, group_by=[by])
    assert ways == {"changes"}
    monkeypatch.setattr(passes, "FEW_ENTRIES", 100)
    said, ways = asked_for(folder, monkeypatch, group_by=[by])
    assert ways == {"entries"}
    assert said == expected


def test_wide_amounts_and_full_buckets_are_added_up_by_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for wide in (pa.decimal128(38, 4), pa.int32()):
        folder = write(tmp_path, wide, pa.int64())
        assert asked_for(folder, monkeypatch)[1] == {"changes"}
    folder = write(tmp_path, pa.decimal128(18, 4), pa.int64(), strangers=39)
    assert asked_for(folder, monkeypatch)[1] == {"changes"}  # one client, and all that others have
    ledger = write(tmp_path, pa.decimal128(18, 4), pa.int64())
    monkeypatch.setenv("CUSTDYN_MEMORY", "1M")  # not even a month of it at once
    assert asked_for(ledger, monkeypatch)[1] == {"changes"}


def test_as_many_buckets_are_handed_over_together_as_may_be() -> None:
    access = ReadStrategy.of(1_000, 5_000, in_order=True, memory=passes.BYTES_AN_ENTRY * 2_500)
    assert [*access.stretches(5)] == [(0, 1), (2, 3), (4, 4)]
    assert [*ReadStrategy(in_order=True, fullest=0).stretches(3)] == [(0, 2)]
    assert [*ReadStrategy(in_order=True, fullest=10, at_once=1).stretches(2)] == [(0, 0), (1, 1)]


def test_sums_that_fit_are_narrow_again() -> None:
    most = 2**62
    columns = np.array([0, 0, 1]), np.ones(3, np.int64), np.array([most, -1, most]), np.arange(3)
    summed = ChangeTable(*columns, scale=2).added_up(2)
    assert summed.amount.dtype == np.int64 and summed.amount.tolist() == [most - 1, most]
    twice = ChangeTable(columns[0] * 0, *columns[1:], scale=2).added_up(2)
    assert twice.amount.tolist() == [2 * most - 1]


@pytest.mark.parametrize("room", [(0, 0), (1, 2), (9, 9)])
@pytest.mark.parametrize("wide", [False, True])
def test_parts_become_one_whatever_room_there_was(room: tuple[int, int], wide: bool) -> None:
    def part(bucket: int, rows: int, *, wide: bool = False) -> ChangeTable:
        numbers = np.arange(rows)
        amount = numbers.astype(object) + 10**30 if wide else numbers
        return ChangeTable(numbers, np.full(rows, bucket), amount, numbers * 7, scale=2)

    parts = [part(1, 3), part(2, 1, wide=wide), part(3, 0), part(4, 4)]
    made = ChangeTableBuilder(*room)
    for one in parts:
        made.add(one)
    whole = made.whole(part(0, 2))
    expected = [part(0, 2), *parts]
    for name in ("client", "bucket", "amount", "paid"):
        listed = [value for one in expected for value in getattr(one, name).tolist()]
        assert getattr(whole, name).tolist() == listed
    assert whole.amount.dtype == (object if wide else np.int64) and whole.scale == 2
    with pytest.raises(ValueError):
        made.whole(replace(part(0, 1), scale=4))


def test_what_fails_while_entries_are_added_up_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Broken(Exception):
        pass

    def broken(_: ChangeTable, clients: int) -> ChangeTable:
        raise Broken(clients)

    monkeypatch.setattr(ChangeTable, "added_up", broken)
    with pytest.raises(Broken):
        run(QUERY, write(tmp_path, pa.decimal128(9, 2), pa.int64()), as_of=AS_OF)
