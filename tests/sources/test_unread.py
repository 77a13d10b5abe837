"""What is there and is not read is said: files, parts and columns under other names."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import DataError, SourceError
from tests.support.counts import some

QUERY = {"period": {"from": "2024-01-01", "to": "2024-01-31"}, "currency": "USD"}
CLIENTS = "client_id,name,type,currency,created_at\n1,Ana,client,USD,2024-01-05\n"
LEDGER = (
    "entry_id,client_id,occurred_at,kind,amount\n"
    "1,1,2024-01-06 10:00:00,refill,100\n2,1,2024-01-07 10:00:00,payg,-10\n"
)
RATES = "currency,valid_from,rate\nEUR,2020-01-01,1\nUSD,2024-01-01,0.5\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "clients.csv").write_text(CLIENTS)
    (tmp_path / "ledger.csv").write_text(LEDGER)
    return tmp_path


def warnings(folder: Path) -> list[str]:
    """The warnings of a report."""
    report = run(QUERY, str(folder), as_of="2025-01-01T00:00:00Z").report
    return [note.text for note in report.notes if note.warning]


@pytest.mark.parametrize(
    "name", some(["Rates.csv", "rates.CSV", "rate.csv", "rates (1).csv", "rates.csv.gz"], 3)
)
def test_an_optional_table_under_another_name_is_named(name: str, folder: Path) -> None:
    (folder / name).write_text(RATES)
    rule = "its name must be rates.csv or rates.parquet"
    assert f"rates: {name} is not read; {rule}" in warnings(folder)
    (folder / name).rename(folder / "rates.csv")
    assert warnings(folder) == []


@pytest.mark.parametrize("column", ["Closed_At", "closedat", " closed_at"])
def test_an_optional_column_that_is_written_otherwise_is_named(column: str, folder: Path) -> None:
    lines = (f"created_at,{column}", "2024-01-05,2024-01-10")
    text = CLIENTS.replace("created_at", lines[0]).replace("2024-01-05", lines[1])
    (folder / "clients.csv").write_text(text)
    words = f"the column {column!r} is not read; its name must be closed_at"
    for _ in range(2):  # the second time it comes from the cache
        assert f"clients.closed_at: {words}" in warnings(folder)
    assert any(words in line for line in open_source(str(folder)).check().lines())


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "parquet"])
def test_so_it_is_in_every_kind_of_source(kind: str, folder: Path) -> None:
    ledger = pa_csv.read_csv(folder / "ledger.csv")
    ledger = ledger.append_column("Package_ID", pa.array([None, "p"]))
    clients = pa_csv.read_csv(folder / "clients.csv")
    (folder / "ledger.csv").unlink()
    (folder / "clients.csv").unlink()
    source = folder
    if kind == "parquet":
        pq.write_table(ledger, folder / "ledger.parquet")
        pq.write_table(clients, folder / "clients.parquet")
    elif kind == "duckdb":
        source = folder / "o'neil.duckdb"  # and a name that SQL would end at
        with duckdb.connect(str(source)) as connection:
            connection.execute("CREATE TABLE ledger AS FROM ledger")
            connection.execute("CREATE TABLE clients AS FROM clients")
    else:
        source = folder / "x.sqlite"
        for name, rows in (("ledger", ledger), ("clients", clients)):
            rows.to_pandas().to_sql(name, sqlite3.connect(source), index=False)
    words = "the column 'Package_ID' is not read; its name must be package_id"
    assert f"ledger.package_id: {words}" in warnings(source)


@pytest.mark.parametrize("name", ["b.PARQUET", "2024-02/b.parquet", "b.csv", "b.parquet.gz"])
def test_parts_that_are_not_read_are_named(name: str, folder: Path) -> None:
    rows = pa_csv.read_csv(folder / "ledger.csv")
    (folder / "ledger.csv").unlink()
    other = folder / "ledger" / name
    other.parent.mkdir(parents=True)
    pq.write_table(rows.slice(0, 1), folder / "ledger" / "a.parquet")
    pq.write_table(rows.slice(1), other)
    (folder / "ledger" / "_SUCCESS").touch()  # other systems leave these
    report = run(QUERY, str(folder), as_of="2025-01-01T00:00:00Z").report
    if name == "b.PARQUET":
        assert report.read.entries == 2
        return
    rule = "parts are *.parquet, directly in the folder ledger"
    assert f"ledger: ledger/{name} is not read; {rule}" in warnings(folder)


def test_a_ledger_next_to_a_folder_of_parts_says_so(folder: Path) -> None:
    (folder / "ledger/month=1").mkdir(parents=True)
    (folder / "ledger/month=1/a.parquet").touch()
    assert "ledger/month=1/a.parquet is not read" in warnings(folder)[0]


@pytest.mark.parametrize(
    ("prepare", "words"),
    [
        ("mkdir ledger", "the folder ledger has no *.parquet directly in it: it is empty"),
        ("mkdir -p ledger/m=1; touch ledger/m=1/a.parquet", "directly in it: m=1; put its parts"),
        ("ln -s /nowhere ledger.csv", "ledger.csv is no file: it is a folder, or a link"),
        ("mkdir ledger.csv", "ledger.csv is no file"),
    ],
)
def test_what_is_no_table_is_named(prepare: str, words: str, folder: Path) -> None:
    (folder / "ledger.csv").unlink()
    subprocess.run(["sh", "-c", prepare], cwd=folder, check=True)
    with pytest.raises(SourceError) as raised:
        warnings(folder)
    assert words in str(raised.value)


def test_parts_that_differ_or_are_broken_are_named_with_what_differs(folder: Path) -> None:
    rows = pa_csv.read_csv(folder / "ledger.csv")
    (folder / "ledger.csv").unlink()
    (folder / "ledger").mkdir()
    pq.write_table(rows, folder / "ledger" / "a.parquet")
    pq.write_table(
        rows.set_column(4, "amount", rows["amount"].cast("double")), folder / "ledger/b.parquet"
    )
    with pytest.raises(DataError, match=r"b.parquet .* a.parquet: amount is double, not int64"):
        warnings(folder)
    (folder / "ledger/b.parquet").write_bytes(b"PAR1")
    with pytest.raises(SourceError, match=r"b.parquet cannot be read: .*write it again"):
        warnings(folder)
    double = pa.Table.from_arrays([*rows.columns, rows["amount"]], [*rows.column_names, "amount"])
    (folder / "ledger/b.parquet").unlink()
    pq.write_table(double, folder / "ledger" / "a.parquet")
    with pytest.raises(DataError, match=r"ledger.amount: a.parquet has the column more than once"):
        warnings(folder)


def test_a_view_of_other_files_says_to_make_it_a_table(folder: Path) -> None:
    file = folder / "x.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"CREATE TABLE clients AS FROM '{folder}/clients.csv'")
        connection.execute(f"CREATE VIEW ledger AS FROM '{folder}/ledger.csv'")
    with pytest.raises(SourceError, match=r"a view of it reads other files.*make it a table"):
        warnings(file)


WRITER = """
import sqlite3, sys, os
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN")
connection.execute("UPDATE ledger SET amount = -9 WHERE entry_id < 4000")
print("written", flush=True)
sys.stdin.readline()
os._exit(1)
"""


def test_what_a_sqlite_transaction_has_not_finished_is_no_figure(tmp_path: Path) -> None:
    """A page may be written before its transaction ends; and its writer may be killed."""
    file = tmp_path / "x.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE clients (client_id, name, type, currency, created_at)")
        connection.execute("INSERT INTO clients VALUES (1, 'A', 'client', 'USD', '2024-01-01')")
        connection.execute(
            "CREATE TABLE ledger (entry_id, client_id, occurred_at, kind, amount INT, description)"
        )
        connection.executemany(
            "INSERT INTO ledger VALUES (?, 1, '2024-01-05', 'payg', -1, ?)",
            [(number, "x" * 200) for number in range(5_000)],
        )
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert writer.stdout and writer.stdout.readline() == b"written\n"
    with pytest.raises(SourceError, match="another program is writing to it; run it again"):
        run(QUERY, str(file))
    writer.communicate(b"\n")
    with pytest.raises(SourceError, match=r"x.sqlite-journal has a transaction that was not finis"):
        run(QUERY, str(file))
    assert Path(f"{file}-journal").stat().st_size
    sqlite3.connect(file).execute("SELECT count(*) FROM ledger").fetchone()  # takes it back
    report = run({**QUERY, "group_by": []}, str(file)).report
    assert str(report.row("Pay As You Go", "Total").cells[0]) == "-5 000.00"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["x.sqlite"]


def test_sqlite_names_a_column_in_other_case_and_text_that_is_no_utf8(tmp_path: Path) -> None:
    file = tmp_path / "x.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE clients (client_id, name, type, currency, created_at)")
        connection.execute(
            "INSERT INTO clients VALUES (7, cast(x'42F6' AS TEXT), 'client', 'USD', '2024-01-01')"
        )
        connection.execute("CREATE TABLE ledger (entry_id, client_id, occurred_at, kind, Amount)")
    with pytest.raises(DataError, match=r"clients.name: text that is not UTF-8 in 1 row \(7\): 'B"):
        warnings(file)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE clients SET name = 'B'")
    with pytest.raises(DataError, match=r"ledger.amount: .*did you mean 'Amount'"):
        warnings(file)
