"""A rollup says what its raw source says, wherever it can say it; and a kill loses nothing."""

from __future__ import annotations

import json
import random
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import Query, make_rollup, open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.cli import main
from custdyn_widgets.drill.package_card import package_card
from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.errors import MissingRates, QueryError, SourceChanged, SourceError, TooFine
from custdyn_widgets.query.periods import own_period
from custdyn_widgets.sources.place import MANIFEST
from custdyn_widgets.sources.rollup import MAX_PARTS
from custdyn_widgets.sources.rollup_manifest import Rollup
from tests.sources.test_postgres import write_sqlite
from tests.support.cdnow import frames as cdnow
from tests.support.kills import chance, kill_after, roll_up, start
from tests.support.larger import AS_OF, larger
from tests.support.ledgers import Case, cases, ledgers
from tests.support.small import entry, frame

QUERY: dict[str, Any] = {
    "period": {"from": "2023-01-01", "to": "2023-12-31"},
    "group_by": ["month", "package"],
    "blocks": ["bridge", "movements", "sensitivity"],
    "currency": "EUR",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def aligned(case: Case, grain: int) -> bool:
    """Whether every edge of a case's buckets, and its instant, is on the grain."""
    query = Query.model_validate({**case.json_query()})
    edges = [edge for one in own_period(query, case.as_of).buckets for edge in (one.start, one.end)]
    return not any((edge - EPOCH) % timedelta(minutes=grain) for edge in (*edges, case.as_of))


@ledgers(15, 50)
@given(
    case=st.one_of(cases(), cases(dense=True)),
    grain=st.sampled_from([60, 15]),
    blocks=st.sampled_from([[], ["bridge", "movements", "sensitivity"]]),
    memory=st.sampled_from(["1G", "3000"]),
)
def test_a_rollup_says_what_its_source_says(
    case: Case,
    grain: int,
    blocks: list[str],
    memory: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    place = tmp_path_factory.mktemp("rollup") / "rolled"
    query = {**case.json_query(), "blocks": blocks}
    raw = write_sqlite(place.with_name("raw.sqlite"), case.frames())
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(MEMORY_VARIABLE, memory)
        for days in (400, 3, 0):  # made, then extended, where it says when it was recorded
            make_rollup(raw, place, grain=grain, as_of=case.as_of - timedelta(days=days))
    try:
        expected = run(query, raw, as_of=case.as_of)
    except MissingRates as missing:
        with pytest.raises((MissingRates, TooFine)) as raised:
            run(query, place, as_of=case.as_of)
        if isinstance(raised.value, MissingRates):
            assert raised.value.first_dates == missing.first_dates
        return
    try:
        found = run(query, place, as_of=case.as_of)
    except TooFine:
        event("too fine")
        assert not aligned(case, grain)
        return
    event("the same")
    assert found.report.rows == expected.report.rows
    assert found.provenance.fingerprint == expected.provenance.fingerprint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A ledger in which every entry says when it was recorded, often long after."""
    larger(tmp_path / "raw", 7, entries=3_000)  # whole numbers are its ids
    file = tmp_path / "raw" / "ledger.parquet"
    ledger = pq.read_table(file)
    draw = random.Random(1)  # noqa: S311 the same every time
    recorded = [
        at + timedelta(days=draw.choice((0, 0, 0, 90, 400)), microseconds=number)
        for number, at in enumerate(ledger["occurred_at"].to_pylist())
    ]
    at = pa.array(recorded, pa.timestamp("us"))
    pq.write_table(
        ledger.set_column(ledger.column_names.index("recorded_at"), "recorded_at", at), file
    )
    return tmp_path / "raw"


def same(raw: Path, rolled: Path, as_of: datetime) -> None:
    ours, theirs = (run(QUERY, source, as_of=as_of) for source in (rolled, raw))
    assert ours.report.rows == theirs.report.rows
    assert ours.provenance.fingerprint == theirs.provenance.fingerprint


@pytest.mark.long
def test_it_is_extended_by_what_was_recorded_since_late_entries_included(
    folder: Path, tmp_path: Path
) -> None:
    rolled, ends = tmp_path / "rolled", [datetime(2023, month, 1, tzinfo=UTC) for month in (3, 9)]
    read = 0
    for as_of in (*ends, *(AS_OF + timedelta(days=7 * week) for week in range(MAX_PARTS + 2))):
        made = make_rollup(folder, rolled, as_of=as_of)
        read += made.read
        assert read == made.rollup.entries  # none was read twice
        if len(made.rollup.ledger) in (1, 2, MAX_PARTS):
            same(folder, rolled, as_of)
    same(folder, rolled, as_of)
    assert made.how == "extended" and made.rollup.rows <= read
    assert 1 < len(made.rollup.ledger) <= MAX_PARTS
    kept = len(list(rolled.glob("ledger-*.parquet")))
    assert make_rollup(folder, rolled, as_of=as_of).read == 0
    assert len(list(rolled.glob("ledger-*.parquet"))) <= kept


@pytest.mark.long
def test_many_parts_become_one(folder: Path, tmp_path: Path) -> None:
    rolled = tmp_path / "rolled"
    parts = []
    for week in range(MAX_PARTS + 3):
        as_of = datetime(2023, 2, 1, tzinfo=UTC) + timedelta(weeks=week)
        parts.append(len(make_rollup(folder, rolled, as_of=as_of).rollup.ledger))
        same(folder, rolled, as_of)
    assert parts[:MAX_PARTS] == list(range(1, MAX_PARTS + 1)) and parts[MAX_PARTS] == 1
    (first, *_) = Rollup.read(rolled).ledger
    keys = pq.read_table(rolled / first, columns=["client_id", "occurred_at"]).to_pylist()
    assert keys == sorted(keys, key=lambda one: (one["client_id"], one["occurred_at"]))


def changed(folder: Path, **columns: Any) -> None:
    """The ledger with columns made anew from the old ones."""
    file = folder / "ledger.parquet"
    ledger = pq.read_table(file)
    for name, change in columns.items():
        ledger = ledger.set_column(ledger.column_names.index(name), name, change(ledger[name]))
    pq.write_table(ledger, file)


def earlier(column: pa.ChunkedArray) -> pa.Array:
    """The last entry was recorded before all others."""
    return pa.array([*column.to_pylist()[:-1], datetime(2020, 1, 1)], column.type)


def unsaid(column: pa.ChunkedArray) -> pa.Array:
    return pa.array([*column.to_pylist()[:-1], None], column.type)


def finer(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return column.cast(pa.decimal128(20, 6))


@pytest.mark.parametrize(
    ("columns", "how"),
    [
        ({"recorded_at": earlier}, "rebuilt"),
        ({"recorded_at": unsaid}, "rebuilt"),
        ({"amount": finer}, "rebuilt"),
        ({}, "extended"),
    ],
)
def test_it_is_rebuilt_where_new_entries_cannot_be_known(
    columns: dict[str, Any], how: str, folder: Path, tmp_path: Path
) -> None:
    rolled, middle = tmp_path / "rolled", datetime(2023, 6, 1, tzinfo=UTC)
    make_rollup(folder, rolled, as_of=middle)
    changed(folder, **columns)
    made = make_rollup(folder, rolled, as_of=AS_OF)
    assert made.how == how
    same(folder, rolled, AS_OF)


def test_entries_that_were_taken_away_are_an_error_and_the_rollup_stays(
    folder: Path, tmp_path: Path
) -> None:
    rolled = tmp_path / "rolled"
    made = make_rollup(folder, rolled, as_of=AS_OF).rollup
    file = folder / "ledger.parquet"
    pq.write_table(pq.read_table(file).slice(10), file)
    with pytest.raises(SourceError, match=r"changed or taken away: .*; rebuild the rollup"):
        make_rollup(folder, rolled, as_of=AS_OF)
    assert Rollup.read(rolled) == made
    assert make_rollup(folder, rolled, as_of=AS_OF, rebuild=True).how == "made"
    same(folder, rolled, AS_OF)


@pytest.mark.long
def test_a_ledger_without_recorded_at_is_read_again_each_time(tmp_path: Path) -> None:
    source = open_source(cdnow("payg"))
    assert make_rollup(source, tmp_path).how == "made"
    made = make_rollup(source, tmp_path)
    assert made.how == "rebuilt" and made.read == made.rollup.entries == 69_659
    query = {"period": {"from": "1997-01-01", "to": "1998-06-30"}, "currency": "USD"}
    result = run(query, tmp_path)
    assert result.report.row("Clients - All", "Qty").cells[2].value == 23_570
    with pytest.raises(TooFine, match="ask its raw source: it has no name"):
        result.entries("Clients - All", "Balance", 0)


def test_what_needs_single_entries_names_the_raw_source(folder: Path, tmp_path: Path) -> None:
    rolled = tmp_path / "rolled"
    make_rollup(folder, rolled, as_of=AS_OF)
    ours, theirs = (run(QUERY, source, as_of=AS_OF) for source in (rolled, folder))
    for cell in (("Clients - Active", "Balance", "03/2023"), ("Pay As You Go", "Total", 4)):
        lists = [
            made.clients(*cell).sort_values("client_id").reset_index(drop=True)
            for made in (ours, theirs)
        ]
        assert lists[0].equals(lists[1])
        assert str(ours.explain(*cell)) == str(theirs.explain(*cell))
    client = str(ours.clients("Pay As You Go", "Total", 4).client_id[0])
    for ask in (
        lambda: ours.entries("Pay As You Go", "Total", 4, client=client),
        lambda: run_cdrs(QUERY, rolled, as_of=AS_OF),
        lambda: run_orig_term(QUERY, rolled, as_of=AS_OF),
        lambda: open_source(rolled).check(),
        lambda: package_card(ours.drill, "Gold"),
        lambda: make_rollup(rolled, tmp_path / "again"),
    ):
        with pytest.raises(TooFine, match=f"no single entries; ask its raw source: {folder}"):
            ask()
    notes = "\n".join(map(str, ours.report.notes))
    assert f"made from a rollup of {folder} by hour, with what was recorded before" in notes


def test_edges_within_its_stretches_and_earlier_instants_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    rolled = tmp_path / "rolled"
    make_rollup(folder, rolled, as_of=AS_OF)
    half = {**QUERY, "timezone": "Asia/Kolkata"}
    said = r"the edge 2022-12-31 18:30:00 UTC of the query is not on a whole UTC hour, .*--grain 15"
    with pytest.raises(TooFine, match=said):
        run(half, rolled, as_of=AS_OF)
    with pytest.raises(TooFine, match="cannot tell what was known earlier"):
        run(QUERY, rolled, as_of=datetime(2023, 6, 1, tzinfo=UTC))
    assert make_rollup(folder, rolled, as_of=AS_OF, grain=15).how == "rebuilt"
    ours, theirs = (run(half, source, as_of=AS_OF) for source in (rolled, folder))
    assert ours.report.rows == theirs.report.rows
    odd = {**QUERY, "period": {"from": "2023-01-01T00:07:00", "to": "2023-12-31"}}
    with pytest.raises(TooFine, match="not on a whole quarter of an hour"):
        run(odd, rolled, as_of=AS_OF)
    with pytest.raises(QueryError, match="grain: 30 is not one of 60 and 15 minutes"):
        make_rollup(folder, rolled, grain=30)


@pytest.fixture
def held(folder: Path, tmp_path: Path) -> Iterator[Path]:
    """A rollup that another process is writing."""
    rolled, begun, end = tmp_path / "held", threading.Event(), threading.Event()

    def wait(_: str) -> None:
        begun.set()
        end.wait()

    writing = threading.Thread(target=make_rollup, args=(folder, rolled), kwargs={"progress": wait})
    writing.start()
    begun.wait()
    yield rolled
    end.set()
    writing.join()


def test_one_writes_at_a_time_and_nothing_else_is_written_over(
    held: Path, folder: Path, tmp_path: Path
) -> None:
    with pytest.raises(SourceError, match="another process is writing the rollup"):
        make_rollup(folder, held)
    with pytest.raises(SourceError, match="the folder holds other files, and no rollup"):
        make_rollup(folder, folder)
    assert pq.read_table(folder / "ledger.parquet").num_rows == 3_000


def test_a_rollup_that_is_broken_says_so(folder: Path, tmp_path: Path) -> None:
    rolled = tmp_path / "rolled"
    make_rollup(folder, rolled, as_of=AS_OF)
    manifest = rolled / MANIFEST
    said = json.loads(manifest.read_text())
    for broken, words in (
        (b"{", "cannot be read"),
        (json.dumps({**said, "version": 9}).encode(), "made by a newer version"),
        (json.dumps({**said, "ledger": ["gone.parquet"]}).encode(), "a file of the rollup is gone"),
    ):
        manifest.write_bytes(broken)
        with pytest.raises(SourceError, match=words):
            run(QUERY, rolled, as_of=AS_OF)
    manifest.write_text(json.dumps(said))
    (rolled / said["ledger"][0]).write_bytes(b"no parquet")
    with pytest.raises(SourceError, match="the rollup cannot be read"):
        run(QUERY, rolled, as_of=AS_OF)


def test_the_command_line_makes_and_reads_it(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = ["rollup", "--source", str(folder), "--to", f"{tmp_path}/rolled"]
    assert main(to) == 0
    assert "made, 3000 entries read\n3000 entries in " in capsys.readouterr().out
    assert main(to) == 0
    assert "extended, 0 entries read" in capsys.readouterr().out
    (tmp_path / "query.json").write_text(json.dumps(QUERY))
    sources = ["--source", f"{tmp_path}/rolled", "--source", str(folder)]
    assert main(["crosscheck", *sources, "--query", f"{tmp_path}/query.json"]) == 0
    assert main(["cdrs", *sources[:2], "--query", f"{tmp_path}/query.json"]) == 2
    assert "no single entries" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.parametrize("times", [100])
def test_a_kill_loses_nothing(times: int, folder: Path, tmp_path: Path) -> None:
    """Killed at any moment, it is the old rollup or the new one, whole; the next run goes on."""
    rolled = tmp_path / "rolled"
    draw, seed = chance()
    make_rollup(folder, rolled, as_of=datetime(2023, 1, 1, tzinfo=UTC))
    killed = 0
    recorded = pq.read_table(folder / "ledger.parquet")["recorded_at"].to_pylist()
    while killed < times:
        process = start(roll_up, str(folder), str(rolled), draw.randrange(1 << 30))
        killed += kill_after(process, draw.uniform(0.05, 1.2))
        rollup = Rollup.read(rolled)
        assert rollup.until is not None
        known = sum(one.replace(tzinfo=UTC) < rollup.until for one in recorded)
        parts = [pq.read_table(rolled / one, columns=["entries"]) for one in rollup.ledger]
        assert sum(sum(part["entries"].to_pylist()) for part in parts) == rollup.entries == known, (
            seed
        )
    made = make_rollup(folder, rolled, as_of=AS_OF)
    assert made.how in ("extended", "rebuilt")
    same(folder, rolled, AS_OF)
    left = {*made.rollup.tables.values(), *made.rollup.ledger, *rollup.tables.values()}
    left |= {*rollup.ledger, MANIFEST, ".lock"}
    assert {file.name for file in rolled.iterdir()} <= left


def cents_more(column: pa.ChunkedArray) -> pa.Array:
    """The first amount is another, recorded as it was."""
    first, *rest = column.to_pylist()
    return pa.array([first + 1, *rest], column.type)


def test_amounts_that_were_changed_are_an_error(folder: Path, tmp_path: Path) -> None:
    make_rollup(folder, tmp_path / "rolled", as_of=AS_OF)
    changed(folder, amount=cents_more)
    with pytest.raises(SourceError, match=r"changed or taken away: (\d+) of \1, sum"):
        make_rollup(folder, tmp_path / "rolled", as_of=AS_OF)


@pytest.mark.long
def test_a_source_that_changes_while_it_is_folded_leaves_the_old_rollup(
    folder: Path, tmp_path: Path
) -> None:
    rolled, file, middle = tmp_path / "rolled", folder / "ledger.parquet", AS_OF - timedelta(300)
    before = make_rollup(folder, rolled, as_of=middle).rollup
    more = pq.read_table(file)

    def written_to(words: str) -> None:
        if words.startswith("folding"):
            pq.write_table(pa.concat_tables([more, more.slice(0, 1)]), file)

    for rebuild in (False, True):
        with pytest.raises(SourceChanged):
            make_rollup(folder, rolled, as_of=AS_OF, rebuild=rebuild, progress=written_to)
        assert Rollup.read(rolled) == before
        pq.write_table(more, file)
    make_rollup(folder, rolled, as_of=AS_OF)
    same(folder, rolled, AS_OF)


@pytest.mark.long
def test_other_ids_a_missing_part_and_an_earlier_clock(folder: Path, tmp_path: Path) -> None:
    rolled = tmp_path / "rolled"
    made = make_rollup(folder, rolled, as_of=AS_OF).rollup
    with pytest.raises(SourceError, match=r"it holds what was recorded before .* already"):
        make_rollup(folder, rolled, as_of=datetime(2023, 2, 1, tzinfo=UTC))
    (rolled / made.ledger[0]).unlink()
    assert make_rollup(folder, rolled, as_of=AS_OF).how == "rebuilt"
    tags = pq.read_table(folder / "client_tags.parquet")
    text = pa.array(list(map(str, tags["client_id"].to_pylist())))
    pq.write_table(tags.set_column(0, "client_id", text), folder / "client_tags.parquet")
    assert make_rollup(folder, rolled, as_of=AS_OF).how == "rebuilt"
    same(folder, rolled, AS_OF)


def test_a_place_that_cannot_be_written_is_an_error(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    cut = tmp_path / "cut"
    cut.mkdir()
    (cut / f".{MANIFEST}.a1b2").write_text("a first run that was killed")
    make_rollup(folder, cut)
    assert not list(cut.glob(f".{MANIFEST}.*"))
    for place, words in ((tmp_path / "file", "cannot be written"), (folder / "packages", "tables")):
        with pytest.raises(SourceError, match=words):
            make_rollup(folder, place)
    assert not (folder / "packages").exists()


JULY = datetime(2024, 7, 1, tzinfo=UTC)
CLIENT = [1, "Ann", "client", None, "EUR", "2023-01-01T00:00:00Z"]


def small(file: Path, *ledger: list[Any]) -> Path:
    """A SQLite file of one client, whose entries say when they were recorded."""
    return write_sqlite(
        file, {"clients": frame("clients", [CLIENT]), "ledger": frame("ledger", list(ledger))}
    )


def use(number: int, at: str, amount: str, recorded: str) -> list[Any]:
    return entry(number, 1, f"{at}Z", "payg", amount, None, f"{recorded}T00:00:00Z")


@pytest.mark.long
def test_a_drill_is_refused_where_the_rollup_was_extended_since(tmp_path: Path) -> None:
    file, rolled, at = tmp_path / "raw.sqlite", tmp_path / "rolled", JULY
    old = use(1, "2024-02-05T10:00:00", "-1", "2024-02-06")
    make_rollup(small(file, old), rolled, as_of=at)
    asked = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "group_by": ["month"]}
    result = run(asked, rolled, as_of=at)
    assert len(result.clients("Pay As You Go", "Total", 1)) == 1
    late = use(2, "2024-02-05T11:00:00", "-1", "2024-08-02")
    make_rollup(small(file, old, late), rolled, as_of=datetime(2024, 9, 1, tzinfo=UTC))
    with pytest.raises(TooFine, match="cannot tell what was known earlier"):
        result.clients("Clients - All", "Balance", 1)


def test_the_bucket_before_is_refused_where_it_begins_within_a_stretch(tmp_path: Path) -> None:
    file, rolled, at = tmp_path / "raw.sqlite", tmp_path / "rolled", JULY
    uses = [use(n, f"2023-11-01T13:{n}0:00", "-7", "2023-11-02") for n in (1, 5)]
    make_rollup(small(file, *uses), rolled, as_of=at)
    asked = {"period": {"from": "2024-01-01T00:00:00", "to": "2024-03-01T10:17:42"}}
    result = run({**asked, "group_by": []}, rolled, as_of=at)
    assert "is not on a whole UTC hour" in str(result.explain("Pay As You Go", "Total", 0))


def test_an_entry_after_as_of_asks_for_a_whole_hour(tmp_path: Path) -> None:
    file, rolled = tmp_path / "raw.sqlite", tmp_path / "rolled"
    ahead = use(1, "2024-07-01T10:30:00", "-1", "2024-06-01")
    make_rollup(small(file, ahead), rolled, as_of=datetime(2024, 6, 15, tzinfo=UTC))
    asked = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, "group_by": ["month"]}
    with pytest.raises(
        TooFine, match=r"has entries after it.*; give an instant on a whole UTC hour"
    ):
        run(asked, rolled, as_of=datetime(2024, 6, 20, 8, 1, tzinfo=UTC))
    run(asked, rolled, as_of=datetime(2024, 6, 20, 8, tzinfo=UTC))
