"""PostgreSQL as a source: the same answers as everywhere, from one moment, stopped when asked."""

from __future__ import annotations

import shutil
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from hypothesis import given

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.cli import main
from custdyn_widgets.errors import Cancelled, DataError, MissingRates, SourceChanged, SourceError
from custdyn_widgets.sources import SAMPLE, Source, source_text
from tests.support import pg
from tests.support.counts import some
from tests.support.crosscheck import crosscheck
from tests.support.ledgers import Case, cases, ledgers
from tests.support.small import entry, frame

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)
QUERY: dict[str, Any] = {
    "period": {"from": "2024-01-01", "to": "2024-12-31"},
    "group_by": ["month", "package"],
    "blocks": ["bridge", "movements", "sensitivity"],
}
CLIENTS = [
    [1, "Ann", "client", None, "EUR", "2024-01-01T00:00:00Z"],
    [2, "Zoë 日本", "client", "1", "USD", "2024-02-01T00:00:00Z"],
]
TOGETHER = ("Balance Refill", "Pay As You Go")
LEDGER = [
    entry(1, 1, "2024-01-31T23:30:00Z", "refill", "100.25"),
    entry(2, 1, "2024-03-05T10:00:00.123456Z", "payg", "-12.50"),
    entry(3, 2, "2024-03-31T23:59:59.999999Z", "package_activation", "-5", 7),
    entry(4, 2, "2024-04-01T00:00:00Z", "package_renewal", "-5.001", 7),
]


def small(**changes: list[list[Any]]) -> dict[str, Any]:
    rows = {"clients": CLIENTS, "ledger": LEDGER, "packages": [[7, "Weekend", "", 1]]} | changes
    return {name: frame(name, one) for name, one in rows.items()}


def write_sqlite(file: Path, frames: dict[str, pd.DataFrame]) -> Path:
    """The tables in a SQLite file: whole numbers as such, all else as text."""
    file.unlink(missing_ok=True)
    with closing(sqlite3.connect(file)) as connection:
        for name, rows in frames.items():
            connection.execute(f"CREATE TABLE {name} ({', '.join(rows.columns)})")
            values = [
                [one if isinstance(one, int | None) else str(one) for one in row]
                for row in rows.itertuples(index=False)
            ]
            places = ", ".join("?" * len(rows.columns))
            connection.executemany(f"INSERT INTO {name} VALUES ({places})", values)
        connection.commit()
    return file


@ledgers(20)
@given(case=cases())
@pytest.mark.long
def test_postgresql_and_a_sqlite_file_say_what_duckdb_says(
    postgres: str, tmp_path: Path, case: Case
) -> None:
    frames, query = case.frames(), case.json_query()
    url = pg.write(postgres, frames)
    try:
        expected = run(query, frames, as_of=case.as_of)
    except MissingRates as missing:
        with pytest.raises(MissingRates) as raised:
            run(query, url, as_of=case.as_of)
        assert raised.value.first_dates == missing.first_dates
        return
    file = write_sqlite(tmp_path / "ledger.sqlite", frames)
    for source in (url, file):
        found = run(query, source, as_of=case.as_of)
        assert found.report.rows == expected.report.rows
        assert found.provenance.result == expected.provenance.result
        assert found.provenance.fingerprint == expected.provenance.fingerprint


def test_a_report_and_what_is_behind_it_are_the_same_as_from_frames(postgres: str) -> None:
    frames, url = small(), pg.write(postgres, small())
    ours, theirs = (run(QUERY, source, as_of=AS_OF) for source in (url, frames))
    assert ours.report.rows == theirs.report.rows
    assert ours.report.source.startswith("postgresql://") and "@" not in ours.report.source
    cell = ("Pay As You Go", "Total", "03/2024")
    assert ours.entries(*cell).equals(theirs.entries(*cell))
    assert ours.clients(*cell).equals(theirs.clients(*cell))
    assert str(ours.explain(*cell)) == str(theirs.explain(*cell))
    assert list(run_cdrs(QUERY, url, as_of=AS_OF).lines(0, 9)) == list(
        run_cdrs(QUERY, frames, as_of=AS_OF).lines(0, 9)
    )
    sums, same = (run_orig_term(QUERY, source, as_of=AS_OF) for source in (url, frames))
    assert [sums.line(place) for place in range(len(sums))] == [
        same.line(place) for place in range(len(same))
    ]
    opened = open_source(url)
    checked = opened.check()
    assert (checked.faults, checked.notes) == ((), ())
    assert opened.checked and opened.directory().base == open_source(frames).directory().base
    by_tag = {**QUERY, "package": ["Weekend"], "owner": ["1"], "owner_tree": True}
    assert run(by_tag, url, as_of=AS_OF).report.rows == run(by_tag, frames, as_of=AS_OF).report.rows


@pytest.mark.parametrize(
    ("types", "said"),
    [
        ({"amount": "double precision"}, "ledger.amount: its type float8 cannot be read as amount"),
        ({"amount": "text"}, "ledger.amount: its type text cannot be read as amount"),
        ({"occurred_at": "text"}, "ledger.occurred_at: its type text cannot be read as instant"),
    ],
)
def test_what_cannot_be_read_exactly_is_refused(
    types: dict[str, str], said: str, postgres: str
) -> None:
    with pytest.raises(DataError, match=said):
        run(QUERY, pg.write(postgres, small(), **types), as_of=AS_OF)


@pytest.mark.parametrize(
    ("amounts", "said"),
    [
        (["NaN"], "not finite"),
        (["Infinity"], "not finite"),
        (["1e30"], "integer digits"),
        (["1." + "1" * 30], "decimals"),
        ([None], "is null"),
    ],
)
def test_amounts_are_exact_or_refused(amounts: list[Any], said: str, postgres: str) -> None:
    wrong = [entry(9 + number, 1, "2024-03-05T10:00:00Z", "payg", one)
             for number, one in enumerate(amounts)]  # fmt: skip
    with pytest.raises(DataError, match=said):
        run(QUERY, pg.write(postgres, small(ledger=[*LEDGER, *wrong])), as_of=AS_OF)


@pytest.mark.parametrize("kind", some(["numeric(12,3)", "bigint", "integer"], 1))
def test_exact_types_of_amounts_are_read(kind: str, postgres: str) -> None:
    tables = small(ledger=[entry(1, 1, "2024-03-05T10:00:00Z", "payg", "-12")])
    url = pg.write(postgres, tables, amount=kind)
    assert crosscheck(QUERY, url, tables, as_of=AS_OF) == []


def test_doubles_nulls_and_wrong_types_are_faults_as_everywhere(postgres: str) -> None:
    tables = small(clients=[*CLIENTS, [1, None, "friend", None, "EUR", None]])
    faults = []
    for source in (pg.write(postgres, tables), tables):
        with pytest.raises(DataError) as raised:
            run(QUERY, source, as_of=AS_OF)
        faults.append([str(fault) for fault in raised.value.faults])
    assert faults[0] == faults[1] and len(faults[0]) >= 2


def read_by(source: Source, **fields: Any) -> bool:
    """Whether the ledger was read for a question."""
    said: list[str] = []
    run({**QUERY, **fields}, source, as_of=AS_OF, progress=said.append)
    return "reading the ledger" in said


def test_a_second_question_is_free_until_the_data_changes(postgres: str) -> None:
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    source = open_source(url)
    assert read_by(source)
    assert not read_by(source, currency="USD")
    with psycopg.connect(postgres) as connection:
        connection.execute(f"UPDATE {schema}.ledger SET amount = 200 WHERE entry_id = 1")
    assert read_by(source)
    found = run(QUERY, source, as_of=AS_OF).report.row("Balance Refill", "Total").cells[0].value
    assert str(found) == "200.00"


def test_a_check_of_one_schema_says_nothing_of_another(postgres: str) -> None:
    good, twice = small(), small(ledger=[*LEDGER, LEDGER[0]])
    checked, other = (open_source(pg.write(postgres, one)) for one in (good, twice))
    run(QUERY, other, as_of=AS_OF)
    assert checked.check().faults == () and checked.checked
    run(QUERY, other, as_of=AS_OF)
    assert not other.checked and other.check().faults


@pytest.mark.long
def test_what_a_view_shows_can_change_without_a_write_and_is_never_kept(postgres: str) -> None:
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    with psycopg.connect(postgres) as connection:
        connection.execute(f"ALTER TABLE {schema}.ledger RENAME TO entries")
        connection.execute(
            f"CREATE VIEW {schema}.ledger AS "
            f"SELECT * FROM {schema}.entries WHERE occurred_at < now()"
        )
    source = open_source(url)
    assert read_by(source) and read_by(source)
    listed = run_cdrs(QUERY, url, as_of=AS_OF)
    assert len(list(listed.lines())) == len(listed) == 1


@pytest.mark.long
def test_a_list_is_read_on_while_rows_that_it_does_not_hold_are_written(postgres: str) -> None:
    """Each page is a transaction of its own, and whatever is written changes the token."""
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]

    def write(statement: str) -> None:
        with psycopg.connect(postgres) as connection:
            connection.execute(f"SET search_path TO {schema}; {statement}")

    listed = run_cdrs(QUERY, url, as_of=AS_OF)
    told = list(listed.lines())
    assert [line[-1] for line in told] == ["2"]
    add = "INSERT INTO ledger (entry_id, client_id, occurred_at, kind, amount) VALUES"
    write(f"{add} (10, 1, '2024-03-06T00:00:00Z', 'refill', 5)")
    write(f"{add} (11, 1, '2025-01-01T00:00:00Z', 'payg', -5)")
    assert list(listed.lines()) == told
    for change in (
        f"{add} (12, 1, '2024-03-06T00:00:00Z', 'payg', -5)",
        "UPDATE ledger SET amount = -12.51 WHERE entry_id = 2",
        "UPDATE ledger SET amount = -12.50001 WHERE entry_id = 2",
        f"{add} (13, 1, '2024-03-06T00:00:00Z', 'refill', 5.0000001)",
        "DELETE FROM ledger WHERE entry_id = 2",
    ):
        listed = run_cdrs(QUERY, url, as_of=AS_OF)
        assert len(list(listed.lines())) == len(listed)
        write(change)
        with pytest.raises(SourceChanged, match="run it again"):
            list(listed.lines(0, 1))


@pytest.mark.long
def test_a_standby_says_what_its_primary_says_and_nothing_of_it_is_kept(postgres: str) -> None:
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    with pg.standby(postgres) as base:
        follower = open_source(f"{base}&schema={schema}")
        assert crosscheck(QUERY, f"{base}&schema={schema}", url, as_of=AS_OF) == []
        assert read_by(follower) and read_by(follower)  # what is in progress it does not tell
        with psycopg.connect(postgres) as connection:
            connection.execute(f"UPDATE {schema}.ledger SET amount = 200 WHERE entry_id = 1")
        with psycopg.connect(postgres) as primary, psycopg.connect(base) as connection:
            written = primary.execute("SELECT pg_current_wal_lsn()").fetchone()
            replayed = "SELECT pg_last_wal_replay_lsn() >= %s"
            while connection.execute(replayed, written).fetchone() != (True,):
                connection.rollback()
                time.sleep(0.05)
        found = run(QUERY, follower, as_of=AS_OF).report.row("Balance Refill", "Total")
        assert str(found.cells[0].value) == "200.00"
        follower.close()


def test_views_and_a_schema_are_sources_too(postgres: str) -> None:
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    with psycopg.connect(postgres) as connection:
        connection.execute(f"CREATE SCHEMA v{schema}")
        for name in ("clients", "ledger", "packages"):
            connection.execute(f"CREATE VIEW v{schema}.{name} AS SELECT * FROM {schema}.{name}")
    viewed = url.replace(f"schema={schema}", f"schema=v{schema}")
    assert crosscheck(QUERY, viewed, url, as_of=AS_OF) == []
    with pytest.raises(DataError, match="the table is missing"):
        run(QUERY, url.replace(f"schema={schema}", "schema=nowhere"), as_of=AS_OF)


@pytest.mark.parametrize("times", [2, pytest.param(100, marks=pytest.mark.long)])
def test_every_report_is_of_one_moment_while_rows_are_written(times: int, postgres: str) -> None:
    """A refill and its use are written together: a report that sees one without the other lies."""
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    into = f"{schema}.ledger (entry_id, client_id, occurred_at, kind, amount)"
    stop = threading.Event()

    def writing() -> None:
        with psycopg.connect(postgres) as connection:
            number = 100
            while not stop.is_set():
                for kind, amount in (("refill", 7), ("payg", -7)):
                    number += 1
                    entry_ = f"{number}, 1, '2024-05-05T00:00:00Z', '{kind}', {amount}"
                    connection.execute(f"INSERT INTO {into} VALUES ({entry_})")
                connection.commit()
                time.sleep(0.01)

    writer = threading.Thread(target=writing)
    writer.start()
    source, seen = open_source(url), set()
    try:
        for _ in range(times):
            report = run(QUERY, source, as_of=AS_OF).report  # the identities hold, or it raises
            cells = [report.row(block, "Total").cells[4] for block in TOGETHER]
            refills, used = (cell.exact or 0 for cell in cells)
            assert refills == -used
            seen.add(refills)
    finally:
        stop.set()
        writer.join()
    assert len(seen) > 1  # somebody was writing indeed


def test_cancel_reaches_the_server(postgres: str) -> None:
    url = pg.write(postgres, small())
    schema = url.rpartition("=")[2]
    with psycopg.connect(postgres) as connection:
        slow = f"ALTER TABLE {schema}.ledger RENAME TO entries; CREATE VIEW {schema}.ledger AS "
        slow += f"SELECT e.* FROM {schema}.entries e, pg_sleep(3)"
        connection.execute(slow)
    source, ended = open_source(url), list[bool]()

    def work() -> None:
        try:
            run(QUERY, source, as_of=AS_OF)
        except Cancelled:
            ended.append(True)

    def running() -> int:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE %s AND state = 'active'"
        with psycopg.connect(postgres) as connection:
            (found,) = connection.execute(asked, (f'%"{schema}"."ledger"%',)).fetchone() or (0,)
        return int(found)

    thread = threading.Thread(target=work)
    thread.start()
    while not running():
        time.sleep(0.05)
    source.interrupt()
    thread.join(60)
    assert ended and running() == 0
    tight = open_source(f"{url}&timeout=1")
    with pytest.raises(SourceError, match="statement timeout"):
        run(QUERY, tight, as_of=AS_OF)


def test_no_secret_is_said_where_a_server_cannot_be_used(postgres: str) -> None:
    for url in (
        "postgresql://robot:canary-4711@127.0.0.1:1/x",
        "postgresql://robot@127.0.0.1:1/x?password=canary-4711",
        "postgres://robot:canary-4711@no.such.host.invalid/x",
        "postgresql://robot:canary-4711@127.0.0.1:1/x?timeout=many",
    ):
        with pytest.raises(SourceError) as raised:
            run(QUERY, url)
        assert "canary" not in str(raised.value)
        assert "canary" not in str(source_text(url))
    with pytest.raises(SourceError, match="is not offered"):
        open_source("mysql://robot@127.0.0.1/x")


@pytest.mark.long
def test_crosscheck_says_same_or_names_the_cells(
    postgres: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = Path(shutil.copytree(SAMPLE, tmp_path / "data"))
    (tmp_path / "query.toml").write_text(
        'currency = "USD"\nperiod = { from = "2017-01-01", to = "2017-12-31" }\n'
    )
    words = ["crosscheck", "--query", str(tmp_path / "query.toml"), "--source", "sample"]
    assert main([*words, "--source", str(folder)]) == 0
    assert capsys.readouterr().out == "same\n"
    ledger = folder / "ledger.csv"
    ledger.write_text(ledger.read_text().replace("-11947.38", "-11947.39"))
    assert main([*words, "--source", str(folder)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "Pay As You Go · Total · 02/2017: -9347.79 ≠ -9347.80" in lines
    assert main(words) == 2
    assert "--source: must be given twice" in capsys.readouterr().err
    url = pg.write(postgres, small())
    assert crosscheck(QUERY, url, small(), as_of=AS_OF) == []
