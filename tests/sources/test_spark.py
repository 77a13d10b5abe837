"""Spark as a source: a real cluster of two executors says what DuckDB says, and can be stopped."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.cli import main
from custdyn_widgets.errors import Cancelled, DataError, SourceChanged
from custdyn_widgets.sources import open_spark, source_text
from custdyn_widgets.sources.demo.generator import demo_folder
from tests.support.crosscheck import crosscheck
from tests.support.larger import AS_OF, larger
from tests.support.parts import all_parts

if not all_parts():
    pytest.importorskip("pyspark", reason="no Spark to read from: pyspark")
    if shutil.which("java") is None:
        pytest.skip("no Spark to read from: Java", allow_module_level=True)

pytestmark = pytest.mark.long  # a cluster takes long to come
MASTER = "local-cluster[2,1,1024]"
SEEDS = int(os.environ.get("CUSTDYN_SPARK_LEDGERS", "2"))
QUERY: dict[str, Any] = {
    "period": {"from": "2024-01-01", "to": "2024-12-31"},
    "group_by": ["month", "package"],
    "currency": "EUR",
}
CLIENTS = "SELECT 1 AS client_id, 'Zoë 日本' AS name, 'client' AS type, 'EUR' AS currency, "
CLIENTS += "timestamp'2024-01-01' AS created_at"
LEDGER = "SELECT id AS entry_id, 1 AS client_id, timestamp'2024-03-31 23:59:59.999999' "
LEDGER += "AS occurred_at, 'payg' AS kind, CAST(-1.5 AS {amount}) AS amount FROM range({rows})"


@pytest.fixture(scope="module")
def demo() -> Iterator[tuple[Path, Any]]:
    """A larger ledger, and the source of it in Spark."""
    from pyspark.sql import SparkSession

    source = open_source(f"{MASTER}{demo_folder()}")
    yield demo_folder(), source
    source.close()
    SparkSession.builder.getOrCreate().stop()  # others want its processors


@pytest.fixture
def session(demo: tuple[Path, Any]) -> Any:
    """The user's session: in another zone, and with the rules of old."""
    from pyspark.sql import SparkSession

    with demo[1].reading():
        pass
    session = SparkSession.builder.getOrCreate().newSession()
    session.conf.set("spark.sql.session.timeZone", "UTC")
    session.sql(CLIENTS).createOrReplaceTempView("clients")
    session.sql(LEDGER.format(amount="decimal(9, 2)", rows=3)).createOrReplaceTempView("ledger")
    session.conf.set("spark.sql.session.timeZone", "America/New_York")
    session.conf.set("spark.sql.ansi.enabled", "false")
    return session


def test_everything_is_the_same_as_from_duckdb(demo: tuple[Path, Any]) -> None:
    folder, spark = demo
    at = datetime(2025, 6, 1, tzinfo=UTC)
    blocks = {**QUERY, "blocks": ["bridge", "movements", "sensitivity"]}
    ours, theirs = (run(blocks, source, as_of=at) for source in (spark, folder))
    assert ours.report.rows == theirs.report.rows
    assert ours.provenance.fingerprint == theirs.provenance.fingerprint
    cell = ("Clients - Active", "Balance", "03/2024")
    assert ours.clients(*cell).equals(theirs.clients(*cell))
    client = ours.clients(*cell).client_id[0]
    entries, expected = (one.entries(*cell, client=client) for one in (ours, theirs))
    pd.testing.assert_frame_equal(entries, expected)


def test_all_else_is_the_same_as_from_duckdb(demo: tuple[Path, Any]) -> None:
    folder, spark = demo
    at = datetime(2025, 6, 1, tzinfo=UTC)
    ours, theirs = (run(QUERY, source, as_of=at) for source in (spark, folder))
    cell = ("Clients - Active", "Balance", "03/2024")
    assert str(ours.explain(*cell)) == str(theirs.explain(*cell))
    cdrs = [run_cdrs(QUERY, source, as_of=at).lines(0, 9) for source in (spark, folder)]
    assert list(cdrs[0]) == list(cdrs[1])
    sums, same = (run_orig_term(QUERY, source, as_of=at) for source in (spark, folder))
    assert [sums.line(place) for place in range(len(sums))] == [
        same.line(place) for place in range(len(same))
    ]
    assert spark.check().faults == () and spark.checked
    found, same_ones = (source.directory() for source in (spark, open_source(folder)))
    for field, choices in found.choices.items():
        assert list(choices.values()) == list(same_ones.choices[field].values())


@pytest.mark.parametrize("seed", range(SEEDS))
def test_larger_ledgers_say_what_duckdb_says(
    seed: int, demo: tuple[Path, Any], tmp_path: Path
) -> None:
    query = larger(tmp_path / "ledger", seed)
    spark, folder = f"{MASTER}{tmp_path}/ledger", tmp_path / "ledger"
    assert crosscheck(query, spark, folder, as_of=AS_OF) == []
    ours, theirs = (run(query, source, as_of=AS_OF) for source in (spark, folder))
    assert ours.provenance.fingerprint == theirs.provenance.fingerprint, query


@pytest.mark.parametrize("seed", range(SEEDS, 10))
def test_ten_larger_ledgers_say_what_duckdb_says(
    seed: int, demo: tuple[Path, Any], tmp_path: Path
) -> None:
    test_larger_ledgers_say_what_duckdb_says(seed, demo, tmp_path)


def test_tables_and_views_of_a_session_are_read_in_utc(session: Any) -> None:
    result = run(QUERY, session, as_of=AS_OF)
    cells = result.report.row("Pay As You Go", "Total").cells
    assert [cell.value for cell in cells[2:4]] == [Decimal("-4.50"), None]
    assert "not as of one moment" in "\n".join(map(str, result.report.notes))
    assert session.conf.get("spark.sql.session.timeZone") == "America/New_York"
    fewer = "SELECT * FROM ledger WHERE entry_id < 2"
    session.sql(fewer).createOrReplaceTempView("ledger")
    with pytest.raises(SourceChanged, match="run it again"):
        result.clients("Pay As You Go", "Total", 2)
    again = run(QUERY, session, as_of=AS_OF)
    assert again.report.row("Pay As You Go", "Total").cells[2].value == Decimal("-3.00")
    assert list(again.clients("Pay As You Go", "Total", 2).name) == ["Zoë 日本"]


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("double", "ledger.amount: its type double cannot be read as amount"),
        ("string", "ledger.amount: its type string cannot be read as amount"),
        ("decimal(38, 18)", None),
        ("int", None),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(
    session: Any, amount: str, said: str | None
) -> None:
    session.sql(LEDGER.format(amount=amount, rows=1)).createOrReplaceTempView("ledger")
    if said is None:
        run(QUERY, session, as_of=AS_OF)
        return
    with pytest.raises(DataError, match=said):
        run(QUERY, session, as_of=AS_OF)


def test_tables_that_are_not_there_are_named(session: Any) -> None:
    for schema in ("default", "no_such"):  # the views are in neither
        with pytest.raises(DataError, match="clients: the table is missing"):
            run(QUERY, open_spark(session, "spark", schema=schema), as_of=AS_OF)


def test_cancel_stops_the_cluster(session: Any) -> None:
    endless = LEDGER.format(amount="decimal(9, 2)", rows=10**13)
    session.sql(endless).createOrReplaceTempView("ledger")
    source = open_source(session)
    begun = threading.Event()
    raised: list[BaseException] = []

    def ask() -> None:
        try:
            run(QUERY, source, as_of=AS_OF, progress=lambda _: begun.set())
        except BaseException as error:
            raised.append(error)

    asking = threading.Thread(target=ask)
    asking.start()
    begun.wait()
    tracker = session.sparkContext.statusTracker()
    while not tracker.getActiveJobsIds():
        asking.join(0.1)
        assert asking.is_alive()
    source.interrupt()
    asking.join(120)
    assert len(raised) == 1 and isinstance(raised[0], Cancelled)
    while tracker.getActiveJobsIds():
        pass


def test_the_command_line_reads_spark_and_says_what_is_wrong(
    demo: tuple[Path, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, _ = demo
    (tmp_path / "query.json").write_text(json.dumps(QUERY))
    asked = ["--query", f"{tmp_path}/query.json", "--as-of", "2025-06-01"]
    sources = ["--source", f"{MASTER}?folder={folder}", "--source", str(folder)]
    assert main(["crosscheck", *sources, *asked]) == 0
    for wrong, words in (
        (f"{MASTER}/no/such/folder", "has none of the five tables as Parquet"),
        (f"{MASTER}?file=x", "is not understood"),
        ("spark://127.0.0.1:1/x", f"this process has a Spark of {MASTER} already"),
    ):
        capsys.readouterr()
        assert main(["report", "--source", wrong, *asked]) == 2
        told = capsys.readouterr().err
        assert words in told and told.count("\n") == 1
    assert source_text(f"{MASTER}/x") == f"{MASTER}/x"


def test_files_that_have_changed_are_read_again(demo: tuple[Path, Any], tmp_path: Path) -> None:
    query = {**larger(tmp_path / "a", 1, entries=300), "client_type": "all"}
    source = open_source(f"{MASTER}{tmp_path}/a")
    before = run(query, source, as_of=AS_OF).provenance.result
    assert run(query, source, as_of=AS_OF).provenance.result == before
    larger(tmp_path / "b", 2, entries=400)
    for table in ("clients", "ledger", "client_tags"):
        shutil.copy(tmp_path / "b" / f"{table}.parquet", tmp_path / "a" / f"{table}.parquet")
    after = run(query, source, as_of=AS_OF)
    assert after.provenance.result != before
    assert after.report.rows == run(query, tmp_path / "a", as_of=AS_OF).report.rows
