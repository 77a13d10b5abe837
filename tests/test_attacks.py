"""What an attacker or an unlucky export may hand us: read rightly, or refused by name."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import Query, Result, run
from custdyn_widgets.cli import main
from custdyn_widgets.errors import DataError, QueryError, SourceError
from custdyn_widgets.model.definitions import ALL, BALANCE_REFILL, PACKAGE
from tests.conftest import AS_OF
from tests.support.small import entry, frame, make, notes, source, values

Q1 = {"period": {"from": "2024-01-01", "to": "2024-02-29"}}
CLIENT = [1, "One", "client", None, "EUR", "2024-01-01T00:00:00Z"]
LEDGER: dict[str, Any] = {
    "entry_id": [1],
    "client_id": ["1"],
    "occurred_at": ["2024-01-05T00:00:00Z"],
    "kind": ["refill"],
    "amount": ["1.5"],
}


def folder_of(folder: Path, **ledger: Any) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "clients.csv").write_text(
        "client_id,name,type,currency,created_at\n1,One,client,EUR,2024-01-01\n"
    )
    pq.write_table(pa.table({**LEDGER, **ledger}), folder / "ledger.parquet")
    return folder


def total(result: Result) -> Any:
    return result.report.row(BALANCE_REFILL, "Total").cells[0].exact


@pytest.mark.parametrize(
    "other",
    [
        {"amount": pa.array([Decimal("1.2345")])},
        {"amount": [1.5]},
        {"client_id": ["01"], "package_id": ["g"]},
    ],
)
def test_parts_of_other_columns_or_types_are_refused(other: dict[str, Any], tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "ledger.parquet").unlink()
    (folder / "ledger").mkdir()
    first = {**LEDGER, "amount": pa.array([Decimal("1.00")])}
    pq.write_table(pa.table(first), folder / "ledger" / "p0.parquet")
    pq.write_table(pa.table({**first, **other}), folder / "ledger" / "p1.parquet")
    with pytest.raises(DataError, match=r"p1\.parquet has other columns or types than p0\.parquet"):
        run(Q1, folder, as_of=AS_OF)


@pytest.mark.parametrize("name", ["amount=7", "currency=JPY", "h[1]", "g*", "what?"])
def test_the_name_of_a_folder_means_nothing(name: str, tmp_path: Path) -> None:
    folder_of(tmp_path / "h1")
    assert total(run(Q1, folder_of(tmp_path / name, amount=["2.5"]), as_of=AS_OF)) == Decimal("2.5")
    for table in ("clients", "ledger"):
        assert (tmp_path / name / f"{table}.csv").exists() or table == "ledger"


@pytest.mark.parametrize(
    "line", ['2,1,2024-01-05,refill,1.5,"oops', '2,1,2024-01-05,"refill"x,1.5,y', "2,1,2024-01-05"]
)
def test_a_broken_line_of_csv_swallows_nothing(line: str, tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "ledger.parquet").unlink()
    rows = "".join(f"{n},1,2024-01-05,refill,1.5,x\n" for n in range(3, 50))
    (folder / "ledger.csv").write_text(
        f"entry_id,client_id,occurred_at,kind,amount,description\n{line}\n{rows}"
    )
    with pytest.raises(DataError, match=r"ledger\.csv (cannot be read as CSV|line 2 has 3)"):
        run(Q1, folder, as_of=AS_OF)


def test_a_very_long_line_is_read(tmp_path: Path) -> None:
    folder = folder_of(tmp_path)
    (folder / "ledger.parquet").unlink()
    (folder / "ledger.csv").write_text(
        "entry_id,client_id,occurred_at,kind,amount,description\n"
        f"1,1,2024-01-05,refill,1.5,{'x' * 3_000_000}\n"
    )
    assert total(run(Q1, folder, as_of=AS_OF)) == Decimal("1.5")


def test_whole_floats_are_the_ids_they_stand_for(tmp_path: Path) -> None:
    frames = {
        "clients": frame("clients", [[1.0, *CLIENT[1:]]]),
        "packages": frame("packages", [[3, "Gold"]]),
        "ledger": frame(
            "ledger",
            [
                entry(1, 1, "2024-01-05", "package_renewal", "-1", 3.0),
                entry(2, np.float64(1), "2024-01-05", "refill", np.float64(1.5)),  # type: ignore[arg-type]
                [3, b"1", "2024-01-05", "refill", 0.25, np.nan, np.datetime64("NaT")],
            ],
        ),
    }
    result = run({**Q1, "group_by": ["package"]}, frames, as_of=AS_OF)
    assert values(result, PACKAGE, "Renew Total", "Gold") == ["-1.00"]
    assert total(result) == Decimal("1.75")
    assert "ledger.amount: amounts came as binary floats" in notes(result)
    connection = sqlite3.connect(tmp_path / "s.sqlite")
    for name, one in frames.items():
        kept = one.drop(columns=["recorded_at"], errors="ignore")
        connection.execute(f"create table {name} ({', '.join(kept.columns)})")
        marks = ", ".join("?" * len(kept.columns))
        rows = kept.astype(object).where(kept.notna(), None).to_numpy().tolist()
        connection.executemany(f"insert into {name} values ({marks})", rows)
    connection.commit()
    connection.close()
    again = run({**Q1, "group_by": ["package"]}, tmp_path / "s.sqlite", as_of=AS_OF)
    assert again.report.rows == result.report.rows


def test_bytes_that_are_no_text_are_refused() -> None:
    with pytest.raises(DataError, match="bytes that are not text"):
        run(Q1, {"clients": frame("clients", [[b"\xff", *CLIENT[1:]]])}, as_of=AS_OF)


@pytest.mark.parametrize("text", ["20240131", "2024-W05", "2024-01-31T24", "2024-1-31"])
def test_unusual_forms_of_dates_are_refused(text: str) -> None:
    with pytest.raises(QueryError, match="not a date"):
        Query.model_validate({"period": {"from": "2024-01-01", "to": text}})


def test_a_tiny_fraction_of_a_second_is_a_fraction() -> None:
    with pytest.raises(QueryError, match="fraction"):
        Query.model_validate(
            {"period": {"from": "2024-01-01T00:00:00.0000009", "to": "2025-01-01"}}
        )


def test_an_owner_who_does_not_exist_yet_owns_no_client() -> None:
    clients = [
        [1, "One", "reseller", None, "EUR", "2024-01-01"],
        [2, "Two", "reseller", 1, "EUR", "2024-05-01"],
        [3, "Three", "client", 2, "EUR", "2024-01-01"],
    ]
    query = {**Q1, "owner": ["1"], "owner_tree": True, "client_type": "all", "group_by": []}
    for month, quantity in ((3, "0"), (6, "1")):
        as_of = datetime(2024, month, 1, tzinfo=UTC)
        result = run(query, source(clients=clients), as_of=as_of)
        assert values(result, ALL, "Qty")[0] == quantity


def test_a_later_rate_does_not_change_the_base_of_an_old_report() -> None:
    rates = [["EUR", "2020-01-01", "1"], ["USD", "2020-01-01", "1"], ["EUR", "2025-01-01", "1.1"]]
    tables = source(rates=rates)
    old = run(Q1, tables, as_of=datetime(2024, 6, 1, tzinfo=UTC))
    assert old.report.query.currency == "EUR"
    assert "1 rate of later dates not used" in notes(old)
    assert run(Q1, tables, as_of=AS_OF).report.query.currency == "USD"


def test_columns_of_nothing_but_nulls_have_any_type(tmp_path: Path) -> None:
    nothing = {
        "recorded_at": pa.array([None], pa.int32()),
        "description": pa.array([None], pa.float64()),
        "package_id": pa.array([None], pa.null()),
        "destination": pa.array([4420.0], pa.float64()),
    }
    assert total(run(Q1, folder_of(tmp_path, **nothing), as_of=AS_OF)) == Decimal("1.5")
    with pytest.raises(DataError, match="kind: is null"):
        run(Q1, folder_of(tmp_path, kind=pa.array([None], pa.int32())), as_of=AS_OF)


def test_rates_and_quantities_are_no_amounts() -> None:
    rates = frame("rates", [["EUR", "2020-01-01", 1.0], ["USD", "2020-01-01", 1 / 1.0837]])
    ledger = frame("ledger", [entry(1, 1, "2024-01-05", "refill", "1")])
    ledger["quantity"] = 0.1 + 0.2
    tables = {"clients": frame("clients", [CLIENT]), "ledger": ledger, "rates": rates}
    result = run({**Q1, "currency": "USD"}, tables, as_of=AS_OF)
    assert values(result, BALANCE_REFILL, "Total")[0] == "1.08"


def test_sqlite_in_wal_mode_is_read_and_left_as_it_was(tmp_path: Path, page_query: Query) -> None:
    file = tmp_path / "w.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("pragma journal_mode=wal")
    for name in ("clients", "ledger"):
        columns = {"clients": [CLIENT], "ledger": [entry(1, 1, "2024-01-05", "refill", "1.5")]}
        frame(name, columns[name]).to_sql(name, connection, index=False)
    connection.close()
    before = sorted(tmp_path.iterdir())
    assert total(run(Q1, file, as_of=AS_OF)) == Decimal("1.5")
    assert sorted(tmp_path.iterdir()) == before
    writer = sqlite3.connect(file)
    writer.execute(
        "insert into ledger (entry_id, client_id, occurred_at, kind, amount)"
        " values (2, 1, '2024-01-06', 'refill', '0.25')"
    )
    writer.commit()  # it stands in the log only, as long as the writer is there
    assert total(run(Q1, file, as_of=AS_OF)) == Decimal("1.75")
    writer.close()


@pytest.mark.parametrize(
    "instant",
    [
        "2024-01-05T10:00:00+99",
        "2024-01-05T10:00:00+99:00",
        "2024-01-05T10:00:00+05:99",
        "infinity",
    ],
)
def test_impossible_instants_are_refused(instant: str) -> None:
    with pytest.raises(DataError, match="not an instant"):
        make({"ledger": [entry(1, 1, instant, "refill", "1")]}, **Q1)


@pytest.mark.parametrize("day", ["infinity", "12000-01-01"])
def test_rates_of_no_calendar_are_refused(day: str, tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "r.duckdb")) as connection:
        connection.execute(
            "create table clients as select 1 client_id, 'One' as name,"
            " 'client' as type, 'EUR' currency, timestamp '2024-01-01' created_at"
        )
        connection.execute(
            "create table ledger as select 1 entry_id, 1 client_id,"
            " timestamp '2024-01-05' occurred_at, 'refill' kind, 1.5 amount"
        )
        connection.execute(
            f"create table rates as select 'USD' currency, date '{day}' valid_from, 2.0 rate"
        )
    with pytest.raises(DataError, match="not a date of the years 1 to 9999 in 1 row"):
        run(Q1, tmp_path / "r.duckdb", as_of=AS_OF)


def test_categories_of_numbers_with_a_gap_are_read() -> None:
    ledger = frame("ledger", [entry(1, 1, "2024-01-05", "package_renewal", "-1", "3")] * 2)
    ledger["entry_id"] = [1, 2]
    ledger["package_id"] = pd.Categorical([3, None])
    result = run(
        {**Q1, "group_by": ["package"]},
        {"clients": frame("clients", [CLIENT]), "ledger": ledger},
        as_of=AS_OF,
    )
    assert {row.package for row in result.report.rows} == {None, "3", "(no package)"}


@pytest.mark.parametrize("value", [1e300, float("inf"), 1.5])
def test_floats_that_are_no_ids_are_refused(value: float, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="client_id: not a whole number in 1 row"):
        run(Q1, folder_of(tmp_path, client_id=[value]), as_of=AS_OF)


def test_a_decimal_that_only_just_does_not_fit_is_refused(tmp_path: Path) -> None:
    wide = pa.array([Decimal("99999999999999999999.999999999999500000")], pa.decimal128(38, 18))
    with pytest.raises(DataError, match="more than 12 decimals"):
        run(Q1, folder_of(tmp_path, amount=wide), as_of=AS_OF)


@pytest.mark.parametrize("instant", ["0001-01-01", "9999-12-31T23:59:59", "0001-01-01T00:00+14:00"])
def test_an_as_of_beyond_the_calendar_is_refused(
    instant: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.toml").write_text("")
    call = ["report", "--source", "sample", "--query", str(tmp_path / "q.toml")]
    with pytest.raises(SystemExit, match="2"):
        main([*call, "--as-of", instant])
    assert "not between the years" in capsys.readouterr().err
    (tmp_path / "q.json").write_text(f'{{"active_duration": {"9" * 5000}}}')
    assert main(["report", "--source", "sample", "--query", str(tmp_path / "q.json")]) == 2
    assert main([*call, "--set", "curency=1", "--set", "grop_by=2", "--set", "currency=usd"]) == 2
    told = capsys.readouterr().err
    assert "curency" in told and "grop_by" in told and "did you mean USD?" in told


def test_a_home_of_an_unknown_user_is_no_source() -> None:
    with pytest.raises(SourceError, match="there is no such source"):
        run(Q1, "~nobody-at-all/x")


def test_a_package_is_asked_for_by_its_name() -> None:
    ledger = [entry(1, 1, "2024-01-05", "package_renewal", "-1", "3")]
    tables = {"packages": [["3", "Gold"]], "ledger": ledger}
    assert 'Package: "3" not found in this source' in notes(make(tables, **Q1, package=["3"]))
    said = notes(make(tables, **Q1, package=["(no package)"]))
    assert '"(no package)" not found in this source' in said


def test_later_closings_are_counted() -> None:
    closed = [*CLIENT, "2024-05-01"]
    result = run(Q1, source(clients=[closed]), as_of=datetime(2024, 3, 1, tzinfo=UTC))
    assert "1 client closed later is still counted as open" in notes(result)


def test_check_names_entries_of_unknown_clients() -> None:
    tables = source(ledger=[entry(1, 9, "2024-01-05", "refill", "0.0000001")])
    assert tables.check().warnings == (
        "ledger.client_id: 1 entry of clients that are not among the clients (9), "
        "sum of amounts 0.0000001",
    )
    assert "sum of amounts 0.0000001" in notes(run(Q1, tables, as_of=AS_OF))
