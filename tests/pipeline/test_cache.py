"""What is kept for the next question: what is free, what is read again, what is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import Query, open_source, run
from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.errors import SourceChanged, SourceError
from custdyn_widgets.extract.arrays import NEVER
from custdyn_widgets.metrics import dense as metrics
from custdyn_widgets.metrics import recency
from custdyn_widgets.metrics.client_sets import CLIENT_SETS, ClientState
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.pipeline import slicing
from custdyn_widgets.pipeline.cache import CachedExtract
from custdyn_widgets.query.fields import MAX_ACTIVE_MONTHS
from custdyn_widgets.sources import Source
from custdyn_widgets.sources.expressions import slices
from custdyn_widgets.sources.memory_budget import Memory, NoSize, machine_memory, size
from tests.support.cdnow import frames
from tests.support.counts import some

AS_OF = datetime(2024, 6, 1, tzinfo=UTC)
ASKED: dict[str, Any] = {
    "period": {"from": "2024-02-20", "to": "2024-04-05"},
    "currency": "EUR",
    "group_by": ["date"],
}
CLIENTS = (
    "client_id,name,type,currency,created_at,closed_at\n1,Ada,client,EUR,2024-01-01T00:00:00Z,\n"
)
LEDGER = """entry_id,client_id,occurred_at,kind,amount,recorded_at
1,1,2024-01-05T10:00:00Z,refill,10,
2,1,2024-03-05T10:00:00Z,payg,-1.5,
"""


def read_by(source: Source, fields: dict[str, Any] | None = None, after: int = 0) -> bool:
    """Whether the ledger was read for a question, so many days after the first one."""
    said: list[str] = []
    as_of = AS_OF + timedelta(days=after)
    run({**ASKED, **(fields or {})}, source, as_of=as_of, progress=said.append)
    return "reading the ledger" in said


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text(CLIENTS)
    (tmp_path / "ledger.csv").write_text(LEDGER)
    return tmp_path


@pytest.fixture
def source(folder: Path) -> Iterator[Source]:
    opened = open_source(folder)
    assert read_by(opened)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"currency": "USD"},
        {"active_duration": 1},
        {"rate_policy": "current"},
        {"group_by": ["date", "package"]},
        {"group_by": ["month"]},
        {"group_by": []},
        {"blocks": ["movements"]},
    ],
)
def test_what_does_not_shape_the_frames_is_answered_without_reading(
    source: Source, fields: dict[str, Any]
) -> None:
    assert not read_by(source, fields)


FUTURE = {
    "an entry": ("ledger", "90,1,2026-12-01T00:00:00Z,payg,-1,,\n"),
    "an entry that is recorded late": ("ledger", "90,1,2024-03-01T00:00:00Z,payg,-1,,{late}\n"),
    "an entry that is recorded after it": ("ledger", "90,1,2026-11-26T00:00:00Z,payg,-1,,{late}\n"),
    "a client": ("clients", "90,Zoe,client,EUR,2026-12-01T00:00:00Z,\n"),
    "a closing": ("clients", "90,Zoe,client,EUR,2024-01-01T00:00:00Z,2026-12-01T00:00:00Z\n"),
}


@pytest.mark.parametrize("what", some(FUTURE, 2))
def test_what_is_kept_holds_until_something_would_count(folder: Path, what: str) -> None:
    """As of later is answered without reading, up to the very instant of the next event."""
    table, line = FUTURE[what]
    heads = {
        "ledger": "entry_id,client_id,occurred_at,kind,amount,package_id,recorded_at",
        "clients": "client_id,name,type,currency,created_at,closed_at",
    }
    for name, head in heads.items():
        frame = pd.read_csv(folder / f"{name}.csv", dtype=str)
        frame.reindex(columns=head.split(",")).to_csv(folder / f"{name}.csv", index=False)
    with (folder / f"{table}.csv").open("a") as file:
        file.write(line.format(late="2026-12-01T00:00:00Z"))
    event, second = datetime(2026, 12, 1, tzinfo=UTC), timedelta(seconds=1)
    period = {"from": "2024-01-01", "to": "2026-12-31"}
    source = open_source(folder)

    def read(as_of: datetime) -> tuple[bool, Any]:
        said: list[str] = []
        query = {"period": period, "client_type": "all", "blocks": ["movements"]}
        result = run(query, source, as_of=as_of, progress=said.append)
        fresh = run(query, folder, as_of=as_of)
        assert result.to_dict() == fresh.to_dict()
        assert result.provenance.fingerprint == fresh.provenance.fingerprint
        return "reading the ledger" in said, result

    assert read(AS_OF)[0]
    assert not read(AS_OF + second)[0]
    assert not read(event)[0]  # at this very instant it does not count yet
    assert read(event + second)[0]
    assert not read(event + 2 * second)[0]
    assert not read(event + timedelta(days=900))[0]
    assert not read(AS_OF)[0]  # the older ones are still there
    source.close()


@pytest.mark.parametrize(
    "fields",
    [
        {"period": {"from": "2024-02-20", "to": "2024-04-04"}},
        {"timezone": "Europe/Vienna"},
        {"client_type": "reseller"},
        {"blocks": ["bridge"]},  # it wants the flows of each client
    ],
)
def test_what_shapes_them_is_read(source: Source, fields: dict[str, Any]) -> None:
    assert read_by(source, fields)


def test_flows_of_each_client_are_for_bridges_only(folder: Path) -> None:
    source = open_source(folder)
    bridge = {"group_by": ["month"], "blocks": ["bridge"], "currency": "USD"}
    assert read_by(source, bridge)
    assert not read_by(source, {**bridge, "active_duration": 9})
    assert not read_by(source, {**bridge, "blocks": [], "currency": "EUR"})
    assert read_by(source, {**bridge, "currency": "EUR"})  # no rate cuts its months
    source.close()


def test_a_finer_question_is_read_and_a_later_beginning_is_not(source: Source) -> None:
    later = {"period": {"from": "2024-03-03", "to": "2024-04-05"}}
    assert not read_by(source, later)
    month = {"group_by": ["month"], "period": {"from": "2024-02-01", "to": "2024-04-05"}}
    assert read_by(source, month)
    assert read_by(source, {**month, "group_by": ["date"]})


def test_another_instant_is_free_as_long_as_nothing_came_since(folder: Path) -> None:
    source = open_source(folder)
    assert read_by(source)
    assert not read_by(source, after=1)
    assert read_by(source, after=-1)
    late = LEDGER + "3,1,2024-03-06T10:00:00Z,payg,-1,2024-06-02T00:00:00Z\n"
    (folder / "ledger.csv").write_text(late)
    assert read_by(source)
    assert read_by(source, after=7)  # the entry is known by then
    source.close()


def test_changed_data_is_read_again_and_the_old_frames_are_forgotten(
    source: Source, folder: Path
) -> None:
    before = run(ASKED, source, as_of=AS_OF).to_json()
    (folder / "ledger.csv").write_text(LEDGER + "3,1,2024-03-06T10:00:00Z,payg,-1,\n")
    assert read_by(source)
    assert len(list(source.memory)) == 1
    assert run(ASKED, source, as_of=AS_OF).to_json() != before
    source.close()
    assert list(source.memory) == []


def test_files_that_were_swapped_while_they_were_read_leave_nothing_behind(folder: Path) -> None:
    ledger, other, aside = folder / "ledger.parquet", folder / "other", folder / "aside"
    (folder / "ledger.csv").unlink()
    for file, amount in ((ledger, "10.00"), (other, "99.00")):
        columns = {"entry_id": [1], "client_id": [1], "kind": ["refill"]}
        at = pa.array([datetime(2024, 3, 5)], pa.timestamp("us"))
        money = pa.array([Decimal(amount)], pa.decimal128(18, 2))
        pq.write_table(pa.table({**columns, "occurred_at": at, "amount": money}), file)
    source = open_source(folder)

    def swap(words: str) -> None:
        if words == "reading the ledger":
            ledger.rename(aside)
            other.rename(ledger)

    run({**ASKED, "client_type": "reseller"}, source, as_of=AS_OF)  # it is open
    with pytest.raises(SourceChanged):
        run(ASKED, source, as_of=AS_OF, progress=swap)
    ledger.rename(other)
    aside.rename(ledger)
    asked = {**ASKED, "group_by": []}
    (cell,) = run(asked, source, as_of=AS_OF).report.row("Balance Refill", "Total").cells
    assert cell.value == Decimal("10.00")
    source.close()


def test_a_view_of_a_duckdb_file_is_read_each_time(folder: Path) -> None:
    file = folder / "file.duckdb"
    with duckdb.connect(str(file)) as connection:
        for name in ("clients", "ledger"):
            connection.execute(f"create table {name} as from '{folder}/{name}.csv'")
    source = open_source(file)
    assert read_by(source) and not read_by(source)
    source.close()
    with duckdb.connect(str(file)) as connection:
        connection.execute("alter table ledger rename to entries")
        connection.execute("create view ledger as from entries where occurred_at < now()")
    source = open_source(file)
    assert read_by(source) and read_by(source)
    source.close()


def test_a_sum_that_no_decimal_holds_is_an_error_whatever_was_kept(folder: Path) -> None:
    most = "9" * 26 + "." + "9" * 12
    rows = [f"{n},1,2024-03-0{n}T10:00:00Z,refill,{most}," for n in (1, 2)]
    (folder / "ledger.csv").write_text("\n".join([LEDGER.splitlines()[0], *rows]) + "\n")
    source = open_source(folder)
    run(ASKED, source, as_of=AS_OF)
    for one in (source, open_source(folder)):
        with pytest.raises(SourceError, match="more than 38 digits"):
            run({**ASKED, "group_by": ["month"]}, one, as_of=AS_OF)


@pytest.mark.long
def test_a_long_period_is_not_cut_wherever_any_rate_changes(source: Source) -> None:
    year = {"group_by": ["year"], "period": {"from": "2003-01-01", "to": "2024-04-05"}}
    run({**ASKED, **year}, source, as_of=AS_OF)
    kept = next(iter(source.memory))
    assert isinstance(kept, CachedExtract) and len(kept.plan.cuts) == 22
    assert read_by(source, {**year, "currency": "USD"})


def test_the_memory_keeps_what_was_used_last_within_its_budget() -> None:
    memory = Memory(100)
    memory.keep("a", 40)
    memory.keep("b", 40)
    memory.use("a")
    memory.keep("c", 50)
    assert list(memory) == ["c", "a"]
    memory.keep("too large", 101)
    assert list(memory) == ["c", "a"]
    memory.keep("c", 70)
    assert list(memory) == ["c"]
    memory.drop("c")
    assert list(memory) == []
    assert 0 < Memory().most < machine_memory()


def test_frames_too_large_for_the_budget_are_not_kept(folder: Path) -> None:
    source = open_source(folder)
    source.memory.most = 1
    assert read_by(source)
    assert read_by(source)
    source.close()


def members(name: str, *, duration: int = 30, window: int = 9, before: int = 60) -> list[bool]:
    """Who of some clients is in a group at 90, who stood as they did at an instant before."""
    random = np.random.default_rng(7)
    lives = random.integers(0, 90, 500), random.integers(50, 200, 500)
    paid = [np.where(random.random(500) < 0.3, NEVER, random.integers(0, 90, 500)) for _ in "ab"]
    entered = [np.ones(500, np.bool_), random.random(500) < 0.5]
    standing = [
        ClientState.at(
            Edge(at, at - duration, (at - window,) * 9), lives, paid[n], paid[n], entered[n]
        )
        for n, at in enumerate((90, before))
    ]
    found: list[bool] = CLIENT_SETS[name].members(*standing).tolist()
    return found


@pytest.mark.parametrize("name", CLIENT_SETS)
def test_a_group_looks_at_no_more_than_it_says(name: str) -> None:
    own = members(name)
    assert own == members(name, duration=5) or CLIENT_SETS[name].by_duration
    assert own == members(name, window=40) or CLIENT_SETS[name].by_windows
    assert own == members(name, before=20) or CLIENT_SETS[name].by_move


@pytest.mark.long
def test_the_frames_of_real_purchases_serve_every_grouping() -> None:
    source = open_source(frames("payg"))
    query = Query.model_validate(
        {
            "period": {"from": "1997-01-01", "to": "1998-06-30"},
            "currency": "USD",
            "group_by": ["date"],
        }
    )
    run(query, source, as_of=AS_OF)
    for units in (["month"], ["year", "month"], ["year"], []):
        asked = query.with_fields({"group_by": units})
        told: list[str] = []
        free = run(asked, source, as_of=AS_OF, progress=told.append)
        assert "reading the ledger" not in told
        assert free.to_json() == run(asked, open_source(frames("payg")), as_of=AS_OF).to_json()
    source.close()


def test_a_size_is_written_as_people_write_it() -> None:
    assert [size(text) for text in ("512M", "1.5 gb", "2GiB", "1000")] == [
        512 << 20,
        3 << 29,
        2 << 30,
        1000,
    ]
    for wrong in ("", "0", "0.0K", "-1G", "much", "1X"):
        with pytest.raises(NoSize, match="is not a size such as 512M"):
            size(wrong)


def test_the_memory_of_reports_is_said_by_the_variable_or_the_call(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MEMORY_VARIABLE, "3M")
    assert open_source(folder).memory.most == 3 << 20
    assert open_source(folder, memory="1K").memory.most == 1024
    monkeypatch.setenv(MEMORY_VARIABLE, "three")
    with pytest.raises(NoSize):
        open_source(folder)


def test_slices_hold_every_client_id_and_no_more_clients_than_asked() -> None:
    """A budget too small for one slice: one client at a time, whoever the ledger names."""
    told: list[str] = []
    source = open_source(frames("payg"))
    asked = {"period": {"from": "1997-01-01", "to": "1998-06-30"}, "currency": "USD"}
    whole = run(asked, source, as_of=AS_OF)
    least = 2 * 23_571 * slicing.BYTES_A_CLIENT // 7  # seven slices for the clients alone
    sliced = open_source(frames("payg"), memory=str(least))
    made = run(asked, sliced, as_of=AS_OF, progress=told.append)
    assert made.to_json() == whole.to_json()
    assert told.count("reading the ledger") == 1 and told.count("adding up") > 2 * 7
    cell = ("Clients - All", "Qty", 0)
    assert list(made.clients(*cell).client_id) == list(whole.clients(*cell).client_id)
    with source.reading() as snapshot:
        cuts = slices(snapshot.tables, snapshot.fetch, 10)
        firsts, ends = zip(*cuts, strict=True)
        assert firsts[0] is None and ends[-1] is None and firsts[1:] == ends[:-1]
        assert len(cuts) == 10 and list(firsts[1:]) == sorted(firsts[1:])


@pytest.mark.parametrize("unit", some(["date", "month", "year"], 1))
def test_every_active_duration_is_answered_without_looking_at_the_clients_again(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "FEW", 0)
    asked = {"period": {"from": "1998-05-20", "to": "1998-06-30"}}
    kept, plain = open_source(frames("payg")), open_source(frames("payg"))
    run({**asked, "group_by": ["date"]}, kept, as_of=AS_OF)
    for months in (0, 16, 18, MAX_ACTIVE_MONTHS):
        query = {**asked, "group_by": [unit], "active_duration": months}
        with monkeypatch.context() as patched:
            patched.setattr("custdyn_widgets.pipeline.cache.client_set_sums", None)
            made = run(query, kept, as_of=AS_OF)
        with monkeypatch.context() as patched:
            patched.setattr(metrics, "FEW", 1 << 40)
            assert made.to_json() == run(query, plain, as_of=AS_OF).to_json()


def test_what_is_kept_of_last_paid_uses_is_counted_and_refused_where_it_is_too_much(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "FEW", 0)
    run({**ASKED, "group_by": ["date"]}, source, as_of=AS_OF)
    (kept,) = source.memory
    assert isinstance(kept, CachedExtract) and kept._recency is not None
    table = kept._recency.table.nbytes
    assert source.memory.taken == kept.size > table
    source.memory.clear()
    monkeypatch.setattr(recency, "MAX_BYTES", table - 1)  # then fewer durations are foreseen
    run({**ASKED, "group_by": ["date"]}, source, as_of=AS_OF)
    (kept,) = source.memory
    assert isinstance(kept, CachedExtract) and kept._recency is not None
    assert 0 < kept._recency.table.nbytes < table
    source.memory.clear()
    monkeypatch.setattr(recency, "MAX_BYTES", 0)
    run({**ASKED, "group_by": ["date"]}, source, as_of=AS_OF)
    (kept,) = source.memory
    assert isinstance(kept, CachedExtract) and kept._recency is None
    monkeypatch.setattr(recency, "MAX_BYTES", table)
    run({**ASKED, "group_by": ["month"]}, source, as_of=AS_OF)  # it has fewer buckets
    (coarser,) = kept._coarser.values()
    assert coarser._recency is not None
    assert source.memory.taken == kept.size > coarser._recency.table.nbytes
