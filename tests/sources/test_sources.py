"""Sources: every kind opened for real, every data error told by its name."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import CustdynError, Query, open_source, run
from custdyn_widgets.errors import Cancelled, DataError, SourceChanged, SourceError
from custdyn_widgets.model.definitions import ALL, BALANCE_REFILL
from custdyn_widgets.sources import SAMPLE
from custdyn_widgets.sources.connectors import folder
from custdyn_widgets.sources.engine import Engine
from tests.conftest import AS_OF
from tests.support.small import HEADS, Rows, entry, frame, make, notes, source, values

Q1 = {"period": {"from": "2024-01-01", "to": "2024-03-31"}}
CLIENT = [1, "One", "client", None, "EUR", "2024-01-01T00:00:00Z"]


def sample_as(kind: str, folder: Path) -> Path:
    """The page's sample as another kind of source."""
    if kind == "parquet":
        for file in SAMPLE.glob("*.csv"):
            pd.read_csv(file).to_parquet(folder / f"{file.stem}.parquet")
        return folder
    if kind == "parts":
        sample_as("parquet", folder)
        (folder / "ledger").mkdir()
        whole = pq.read_table(folder / "ledger.parquet")
        (folder / "ledger.parquet").unlink()
        for number in range(whole.num_rows):
            pq.write_table(whole.slice(number, 1), folder / "ledger" / f"{number}.parquet")
        return folder
    if kind == "duckdb":
        with duckdb.connect(str(folder / "s.duckdb")) as connection:
            for file in SAMPLE.glob("*.csv"):
                connection.execute(f"create table {file.stem} as from '{file}'")
        return folder / "s.duckdb"
    if kind == "duckdb views":
        with duckdb.connect(str(folder / "s.duckdb")) as connection:
            for file in SAMPLE.glob("*.csv"):
                connection.execute(f"create table t_{file.stem} as from '{file}'")
                connection.execute(f"create view {file.stem} as from t_{file.stem}")
        return folder / "s.duckdb"
    connection = sqlite3.connect(folder / "s.sqlite")
    for file in SAMPLE.glob("*.csv"):
        pd.read_csv(file, dtype=str).to_sql(file.stem, connection, index=False)
    connection.commit()
    connection.close()
    return folder / "s.sqlite"


@pytest.mark.parametrize("kind", ["parquet", "parts", "duckdb", "duckdb views", "sqlite"])
def test_every_kind_of_source_gives_the_same_report(
    kind: str, tmp_path: Path, page_query: Query
) -> None:
    expected = run(page_query, "sample", as_of=AS_OF).report
    made = run(page_query, sample_as(kind, tmp_path), as_of=AS_OF).report
    assert made.rows == expected.rows


def test_frames_are_a_source_whatever_their_types(page_query: Query) -> None:
    frames = {file.stem: pd.read_csv(file) for file in SAMPLE.glob("*.csv")}
    frames["clients"]["type"] = frames["clients"]["type"].astype("category")
    frames["ledger"]["occurred_at"] = pd.to_datetime(frames["ledger"]["occurred_at"]).astype(
        "datetime64[ns, UTC]"
    )
    result = run(page_query, frames, as_of=AS_OF)
    assert result.report.rows == run(page_query, "sample", as_of=AS_OF).report.rows
    assert "ledger.amount: amounts came as binary floats" in notes(result)


def test_values_are_read_as_their_table_says() -> None:
    result = make(
        {
            "clients": [["007", "Bond", "client", None, "EUR", "2024-01-01"]],
            "ledger": [
                entry(1, "007", "2024-01-31T23:59:59.999999Z", "refill", "0.1"),  # type: ignore[arg-type]
                entry(2, "007", "2024-02-01T01:30:00+02:00", "refill", "+.2"),  # type: ignore[arg-type]
                entry(3, "007", "2024-02-01 00:00", "refill", "3e-1"),  # type: ignore[arg-type]
                entry(4, "7", "2024-02-01 00:00", "refill", "1"),  # type: ignore[arg-type]
            ],
        },
        **Q1,
    )
    assert values(result, BALANCE_REFILL, "Total") == ["0.30", "0.30", "N/A"]
    assert "1 entry of unknown clients not included" in notes(result)


def test_twelve_decimals_and_twenty_six_digits_survive() -> None:
    wide = "12345678901234567890123456.123456789012"
    result = make({"ledger": [entry(1, 1, "2024-01-31T00:00:00Z", "refill", wide)]}, **Q1)
    exact = result.report.row(BALANCE_REFILL, "Total").cells[0].exact
    assert exact is not None and exact * 10**12 == int(wide.replace(".", ""))
    assert values(result, ALL, "Balance")[2] == "12 345 678 901 234 567 890 123 456.12"


def test_python_objects_in_frames_are_exact() -> None:
    tables = {
        "clients": frame("clients", [CLIENT]),
        "ledger": frame(
            "ledger",
            [
                entry(1, 1, "2024-01-31T00:00:00Z", "refill", Decimal("0E-20")),  # type: ignore[arg-type]
                entry(2, 1, "2024-01-31T00:00:00Z", "refill", 0.1),  # type: ignore[arg-type]
                entry(3, 1, pd.Timestamp("2024-01-31"), "refill", 2),  # type: ignore[arg-type]
            ],
        ),
    }
    assert values(run(Q1, tables, as_of=AS_OF), BALANCE_REFILL, "Total")[0] == "2.10"


FAULTS: list[tuple[dict[str, Rows], str]] = [
    ({"clients": [CLIENT, CLIENT]}, "clients.client_id: the same client_id more than once"),
    ({"clients": [[None, *CLIENT[1:]]]}, "clients.client_id: is null in 1 row"),
    ({"clients": [[1, None, *CLIENT[2:]]]}, "clients.name: is null in 1 row (1)"),
    ({"clients": [[1, "One", "Client", *CLIENT[3:]]]}, "clients.type: is not one of client,"),
    ({"clients": [[*CLIENT[:5], "yesterday"]]}, "clients.created_at: not an instant in 1 row (1)"),
    ({"clients": [[*CLIENT[:5], "2024-02-30"]]}, "clients.created_at: not an instant"),
    ({"packages": [["1", "A"], ["1", "B"]]}, "packages.package_id: the same package_id more"),
    ({"packages": [["1", "A", "", "one"]]}, "packages.period_months: not a whole number"),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", "1,000")]}, "ledger.amount: not a number"),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", "1_000")]}, "ledger.amount: not a number"),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", " 1")]}, "ledger.amount: not a number"),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", "NaN")]}, "ledger.amount: not finite"),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", "-inf")]}, "ledger.amount: not finite"),
    (
        {"ledger": [entry(1, 1, "2024-01-01", "refill", "0.1234567890123")]},
        "ledger.amount: more than 12 decimals or 26 integer digits in 1 row (1)",
    ),
    (
        {"ledger": [entry(1, 1, "2024-01-01", "refill", "1" + "0" * 26)]},
        "ledger.amount: more than 12 decimals or 26 integer digits in 1 row (1)",
    ),
    ({"ledger": [entry(1, 1, "2024-01-01", "refill", "1e-13")]}, "ledger.amount: more than 12"),
    ({"ledger": [[1, 1, "2024-01-01", None, "1"]]}, "ledger.kind: is null in 1 row (1)"),
    ({"ledger": [[1, 1, "2024-01-01", "tax", None]]}, "ledger.amount: is null in 1 row (1)"),
    ({"rates": [["USD", "2024-01-01", "0"]]}, "rates.rate: is zero or negative in 1 row"),
    ({"rates": [["USD", "2024-01-01", "-1"]]}, "rates.rate: is zero or negative in 1 row"),
    ({"rates": [["USD", "2024-01-01", None]]}, "rates.rate: is null in 1 row (USD 2024-01-01)"),
    ({"rates": [["USD", "1.1.2024", "1"]]}, "rates.valid_from: not a date"),
    (
        {"rates": [["USD", "2024-01-01", "1"], ["USD", "2024-01-01", "2"]]},
        "rates.currency: the same currency and valid_from more than once in 2 rows",
    ),
]


@pytest.mark.parametrize(("tables", "words"), FAULTS)
def test_a_data_error_stops_the_report_and_is_named(tables: dict[str, Rows], words: str) -> None:
    with pytest.raises(DataError) as raised:
        make(tables, **Q1)
    assert words in str(raised.value)
    assert raised.value.exit_code == 1
    faults = source(**tables).check().faults
    assert any(words in str(fault) for fault in faults)


def test_up_to_three_ids_are_named() -> None:
    ledger = [entry(number, 1, "2024-01-01", "refill", "x") for number in range(9)]
    with pytest.raises(DataError, match=r"in 9 rows \(0, 1, 2\)"):
        make({"ledger": ledger}, **Q1)


def test_missing_tables_and_columns_are_named_together() -> None:
    clients = frame("clients", [CLIENT]).drop(columns=["name", "currency"])
    with pytest.raises(DataError) as raised:
        run(Q1, {"clients": clients}, as_of=AS_OF)
    assert [str(fault).partition(";")[0] for fault in raised.value.faults] == [
        "clients: the columns name, currency are missing",
        "ledger: the table is missing",
    ]


@pytest.mark.parametrize(
    ("column", "values_", "words"),
    [
        ("amount", pa.array([True]), "its type boolean cannot be read as amount"),
        ("occurred_at", pa.array([5]), "its type int64 cannot be read as instant"),
        ("client_id", pa.array([1.5]), "ledger.client_id: not a whole number in 1 row"),
        ("kind", pa.array([1.5]), "ledger.kind: not a whole number in 1 row"),
        ("amount", pa.array([float("inf")]), "not finite"),
        ("amount", pa.array([Decimal("1." + "1" * 14)]), "more than 12 decimals"),
        ("amount", pa.array([Decimal("1e40")], pa.decimal256(50, 2)), "26 integer digits in 1 row"),
    ],
)
def test_a_parquet_column_of_a_wrong_type_is_an_error(
    column: str, values_: pa.Array, words: str, tmp_path: Path
) -> None:
    sample_as("parquet", tmp_path)
    ledger = pq.read_table(tmp_path / "ledger.parquet").slice(0, 1)
    place = ledger.schema.get_field_index(column)
    pq.write_table(ledger.set_column(place, column, values_), tmp_path / "ledger.parquet")
    with pytest.raises(DataError, match=words):
        run(Q1, tmp_path, as_of=AS_OF)


def test_parquet_types_are_read_as_they_are(tmp_path: Path, page_query: Query) -> None:
    sample_as("parquet", tmp_path)
    ledger = pq.read_table(tmp_path / "ledger.parquet").to_pandas()
    instants = pa.array(pd.to_datetime(ledger["occurred_at"]), pa.timestamp("us", "UTC"))
    columns: dict[str, Any] = {
        "entry_id": pa.array([1, 2, 3], pa.uint64()),
        "client_id": pa.array([1, 2, 1], pa.int16()),
        "occurred_at": instants.cast(pa.timestamp("us", "America/New_York")),
        "kind": pa.array(ledger["kind"]).dictionary_encode(),
        "amount": pa.array([Decimal("-11947.38"), Decimal("2599.59"), Decimal("-0.36")]),
        "package_id": pa.array([None, None, 10], pa.int8()),
    }
    pq.write_table(pa.table(columns), tmp_path / "ledger.parquet")
    rates = {"currency": ["USD"], "valid_from": [pd.Timestamp("2000-01-01")], "rate": [1]}
    pd.DataFrame(rates).to_parquet(tmp_path / "rates.parquet")
    made = run(page_query, tmp_path, as_of=AS_OF).report
    assert made.rows == run(page_query, "sample", as_of=AS_OF).report.rows
    rates["valid_from"] = [pd.Timestamp("2000-01-01 12:00")]
    pd.DataFrame(rates).to_parquet(tmp_path / "rates.parquet")
    with pytest.raises(DataError, match="not a date but an instant"):
        run(page_query, tmp_path, as_of=AS_OF)


def test_duplicate_entries_are_found_by_check_only(tmp_path: Path) -> None:
    tables = source(ledger=[entry(1, 1, "2024-01-01", "tax", "1")] * 2)
    assert run(Q1, tables, as_of=AS_OF)
    faults = tables.check().faults
    assert [str(fault) for fault in faults] == [
        "ledger.entry_id: the same entry_id more than once in 2 rows (1); keep one row of each, "
        "or give each an id of its own"
    ]
    assert not tables.checked


def csv_folder(folder: Path) -> Path:
    shutil.copytree(SAMPLE, folder / "csv", copy_function=shutil.copyfile)
    return folder / "csv"


def test_a_changed_file_is_read_again(tmp_path: Path, page_query: Query) -> None:
    folder = csv_folder(tmp_path)
    opened = open_source(folder)
    assert values(run(page_query, opened, as_of=AS_OF), ALL, "Balance")[-1] == "-9 348.15"
    with (folder / "ledger.csv").open("a") as ledger:
        ledger.write("4,1,2017-03-01T00:00:00Z,refill,0.15,\n")
    assert values(run(page_query, opened, as_of=AS_OF), ALL, "Balance")[-1] == "-9 348.00"


def test_a_file_that_changes_while_it_is_read_stops_the_report(
    tmp_path: Path, page_query: Query
) -> None:
    folder = csv_folder(tmp_path)
    opened = open_source(folder)

    def change(_words: str) -> None:
        with (folder / "ledger.csv").open("a") as ledger:
            ledger.write("\n")

    with pytest.raises(SourceChanged, match="run it again"):
        run(page_query, opened, as_of=AS_OF, progress=change)


def test_csv_with_a_mark_quotes_and_empty_fields(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text(
        "\ufeffclient_id,name,type,currency,created_at,closed_at,extra\n"
        '01,"Two\nlines, ""quoted""",client,EUR,2024-01-01,"",x\n',
        "utf-8",
    )
    (tmp_path / "ledger.csv").write_text(
        "entry_id,client_id,occurred_at,kind,amount\n1,01,2024-01-02,refill,5\n"
        "2,1,2024-01-02,refill,5\n"
    )
    result = run(Q1, tmp_path, as_of=AS_OF)
    assert values(result, BALANCE_REFILL, "Total")[0] == "5.00"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ledger.csv is empty"),
        (b"\n", "no header line"),
        (b"entry_id,client_id\n1,2,3\n", "the columns occurred_at, kind, amount are missing"),
        (b"entry_id,client_id,occurred_at,kind,amount\n1,2,3\n", "line 2 has 3 columns"),
        (b"entry_id,client_id,occurred_at,kind,amount\n1,2,3,\xff,5\n", "not UTF-8 .line 2."),
        (b"\xff\xfe", "not UTF-8 .line 1."),
        (b"entry_id,entry_id\n1,2\n", "more than once"),
    ],
)
def test_a_broken_csv_is_an_error(content: bytes, words: str, tmp_path: Path) -> None:
    folder = csv_folder(tmp_path)
    (folder / "ledger.csv").write_bytes(content)
    with pytest.raises(DataError, match=words):
        run(Q1, folder, as_of=AS_OF)


def test_broken_files_are_errors_of_one_line(tmp_path: Path) -> None:
    for name in ("x.duckdb", "x.sqlite"):
        (tmp_path / name).write_bytes(b"this is no database, whatever its name says" * 50)
        with pytest.raises(SourceError, match="cannot be read"):
            run(Q1, tmp_path / name, as_of=AS_OF)
    (tmp_path / "clients.parquet").write_bytes(b"no parquet")
    with pytest.raises(SourceError, match="cannot be read"):
        run(Q1, tmp_path, as_of=AS_OF)


def test_a_folder_without_tables_or_with_one_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="none of the five tables"):
        run(Q1, tmp_path, as_of=AS_OF)
    folder = csv_folder(tmp_path)
    (folder / "ledger.parquet").write_bytes(b"")
    with pytest.raises(SourceError, match="ledger is there twice"):
        run(Q1, folder, as_of=AS_OF)


def test_wrong_names_of_sources_are_named_without_secrets() -> None:
    with pytest.raises(SourceError, match="there is no such source"):
        open_source("nowhere")
    with pytest.raises(SourceError) as raised:
        open_source("mysql://me:secret@server/db")
    assert "secret" not in str(raised.value)
    with pytest.raises(SourceError, match="no such table"):
        open_source({"client": pd.DataFrame()})
    with pytest.raises(DataError, match="more than once"):
        double = frame("clients", [CLIENT])
        open_source({"clients": pd.concat([double, double], axis=1)})
    opened = open_source("sample")
    assert open_source(opened) is opened


def test_sqlite_floats_are_taken_at_their_shortest_decimal(tmp_path: Path) -> None:
    file = tmp_path / "s.sqlite"
    connection = sqlite3.connect(file)
    connection.execute("create table clients (client_id, name, type, currency, created_at)")
    connection.execute("insert into clients values (1, 'One', 'client', 'EUR', '2024-01-01')")
    connection.execute("create table ledger (entry_id, client_id, occurred_at, kind, amount)")
    connection.executemany(
        "insert into ledger values (?, ?, ?, ?, ?)",
        [
            (1, 1, "2024-01-02", "refill", 0.1),
            (2, 1, "2024-01-02", "refill", "0.2"),
            (3, 1, "2024-01-02", b"refill", 3),
        ],
    )
    connection.commit()
    result = run(Q1, file, as_of=AS_OF)
    assert result.report.row(BALANCE_REFILL, "Total").cells[0].value == Decimal("3.30")
    assert "ledger.amount: amounts came as binary floats" in notes(result)
    connection.execute("insert into ledger values (4, 1, '2024-01-02', x'ff', 1)")
    connection.commit()
    connection.close()
    with pytest.raises(DataError, match=r"ledger.kind: text that is not UTF-8 in 1 row \(4\)"):
        run(Q1, file, as_of=AS_OF)


def test_nothing_outside_the_source_can_be_read(tmp_path: Path) -> None:
    opened = open_source(csv_folder(tmp_path))
    (tmp_path / "secret.csv").write_text("a\n1\n")
    with opened.reading() as snapshot:
        assert isinstance(snapshot.engine, Engine)
        connection = snapshot.engine.backend.con
        for statement in (
            f"from '{tmp_path / 'secret.csv'}'",
            "install httpfs",
            "set enable_external_access=true",
            "attach '/etc/passwd' as p",
        ):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
    with duckdb.connect() as unguarded:  # the control: without the guard it reads
        assert unguarded.execute(f"from '{tmp_path / 'secret.csv'}'").fetchall() == [(1,)]


def test_a_running_report_is_interrupted() -> None:
    opened = open_source("demo")
    opened.interrupt()  # nothing runs: nothing happens
    run({"period": "this_year"}, opened, as_of=AS_OF)
    stop = threading.Event()

    def interrupt() -> None:
        while not stop.wait(0.005):
            opened.interrupt()

    thread = threading.Thread(target=interrupt)
    thread.start()
    try:
        with pytest.raises(Cancelled):
            for _ in range(200):
                run({"period": "this_year", "group_by": ["date"]}, opened, as_of=AS_OF)
    finally:
        stop.set()
        thread.join()
    opened.close()
    assert run({"period": "this_year"}, opened, as_of=AS_OF).report.rows


def test_every_error_is_one_of_the_family() -> None:
    for error in (Cancelled, DataError, SourceChanged, SourceError):
        assert issubclass(error, CustdynError)
    assert set(HEADS) == {"clients", "client_tags", "packages", "ledger", "rates"}


def test_a_large_ledger_in_order_of_time_is_known_by_its_statistics(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    times = pd.Series(pd.date_range("2024-01-01", periods=1_000, freq="h", unit="us"))
    for name, column, statistics in (
        ("sorted", times, True),
        ("shuffled", times.sample(frac=1, random_state=1), True),
        ("untold", times, False),
    ):
        table = pa.table({"occurred_at": pa.array(column.to_list(), pa.timestamp("us"))})
        file = tmp_path / f"{name}.parquet"
        pq.write_table(table, file, row_group_size=100, write_statistics=statistics)
    assert not folder.in_order([tmp_path / "sorted.parquet"])  # so few that it does not matter
    monkeypatch.setattr(folder, "FEW", 0)
    found = [folder.in_order([tmp_path / f"{name}.parquet"]) for name in ("sorted", "shuffled")]
    assert found == [True, False]
    assert not folder.in_order([tmp_path / "untold.parquet"])
    other = pa.array([{"a": 1, "b": 2}] * 1_000)  # two columns of the file, one field of the table
    nested = pa.table(
        {"other": other, "occurred_at": pa.array(times.to_list(), pa.timestamp("us"))}
    )
    pq.write_table(nested, tmp_path / "nested.parquet", row_group_size=100)
    assert folder.in_order([tmp_path / "nested.parquet"])
    pq.write_table(nested.select(["other"]), tmp_path / "without.parquet")
    assert not folder.in_order([tmp_path / "without.parquet"])
    ancient = pa.array([-62_135_596_800_000_001, 0], pa.int64()).cast(pa.timestamp("us"))
    pq.write_table(pa.table({"occurred_at": ancient}), tmp_path / "ancient.parquet")
    assert not folder.in_order([tmp_path / "ancient.parquet"])
    pq.write_table(table.slice(0, 0), tmp_path / "empty.parquet")
    assert not folder.in_order([tmp_path / "empty.parquet"])
