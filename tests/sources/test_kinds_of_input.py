"""Instants, numbers, frames and files of every kind: read exactly, or refused by name."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.listings.findings import listed
from custdyn_widgets.model.definitions import FINDINGS
from tests.conftest import AS_OF

CLIENTS = pd.DataFrame(
    {
        "client_id": ["1"],
        "name": ["A"],
        "type": ["client"],
        "currency": ["EUR"],
        "created_at": ["2020-01-01"],
    }
)
RATES = pd.DataFrame({"currency": ["EUR"], "valid_from": [date(2020, 1, 1)], "rate": [1]})
LEDGER: dict[str, list[Any]] = {
    "entry_id": [1],
    "client_id": ["1"],
    "occurred_at": ["2024-01-05"],
    "kind": ["payg"],
    "amount": ["-1.5"],
}
QUERY = {"period": {"from": "2024-01-01", "to": "2024-01-31"}, "currency": "EUR"}


def total(ledger: object) -> str:
    """What the report says of the use."""
    frames = {"clients": CLIENTS, "ledger": ledger, "rates": RATES}
    report = run(QUERY, frames, as_of=AS_OF).report  # type: ignore[arg-type]
    return str(report.row("Pay As You Go", "Total").cells[0])


def arrow(**columns: pa.Array) -> pa.Table:
    return pa.table({**LEDGER, **columns})


def wide(text: str, scale: int, digits: int = 76) -> pa.Array:
    return pa.array([Decimal(text)], pa.decimal256(digits, scale))


def relation() -> object:
    connection = duckdb.connect()
    connection.register("rows", pd.DataFrame(LEDGER))
    return connection.table("rows")


pandas = pd.DataFrame(LEDGER)
FRAMES: dict[str, Callable[[], object]] = {
    "polars": lambda: pl.DataFrame(LEDGER),
    "polars decimal": lambda: pl.DataFrame(LEDGER).with_columns(
        pl.col("amount").cast(pl.Decimal(20, 4))
    ),
    "polars categories": lambda: pl.DataFrame(LEDGER).with_columns(
        pl.col("kind").cast(pl.Categorical)
    ),
    "polars nanoseconds": lambda: pl.DataFrame(LEDGER).with_columns(
        pl.col("occurred_at").str.to_datetime(time_unit="ns")
    ),
    "arrow": lambda: arrow(),
    "arrow batches": lambda: pa.RecordBatchReader.from_batches(
        arrow().schema, arrow().to_batches()
    ),
    "a relation of DuckDB": relation,
    "decimal256": lambda: arrow(amount=wide("-1.50", 10, 50)),
    "decimal256, 50 decimals": lambda: arrow(amount=wide("-1.5", 50)),
    "half floats": lambda: arrow(amount=pa.array([-1.5], pa.float16())),
    "dictionaries": lambda: arrow(kind=pa.array(["payg"]).dictionary_encode()),
    "runs": lambda: arrow(kind=pa.RunEndEncodedArray.from_arrays([1], ["payg"])),
    "sparse": lambda: pandas.assign(amount=pd.arrays.SparseArray([-1.5])),
    "an index with a name": lambda: pandas.set_index("entry_id"),
    "Arrow in pandas": lambda: pandas.convert_dtypes(dtype_backend="pyarrow"),
    "other columns": lambda: pandas.assign(Amount=3, AMOUNT=4, more=[date.max]),
    "numbers as names": lambda: pandas.assign(x=1).rename(columns={"x": 0}),
}


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES)
def test_every_kind_of_frame_says_the_same(make: Callable[[], object]) -> None:
    assert total(make()) == "-1.50"


WRONG: dict[str, tuple[object, str]] = {
    "lazy": (pl.LazyFrame(LEDGER), "ledger is a LazyFrame; give a DataFrame of pandas or Polars"),
    "dict": (LEDGER, "ledger is a dict"),
    "nothing": (None, "ledger is a NoneType"),
    "series": (pandas.amount, "ledger is a Series"),
    "levels": (
        pd.concat({"x": pandas}, axis=1),
        "ledger has columns of 2 levels: ('x', 'entry_id'); leave one",
    ),
    "twice": (
        pd.concat([pandas, pandas[["kind"]]], axis=1),
        "ledger.kind: the column is there more than once",
    ),
    "no columns": (pd.DataFrame(), "ledger: the table has no columns"),
    "another name": (
        pandas.rename(columns={"amount": "Amount"}),
        "ledger.amount: the column is missing; the columns are entry_id, client_id, occurred_at, "
        "kind, Amount; did you mean 'Amount'?",
    ),
    "complex": (pandas.assign(amount=[1j]), "its type complex128 cannot be read as amount"),
    "lists": (pandas.assign(amount=pd.Series([[1, 2]])), "not a number in 1 row (1): '[1, 2]'"),
    "booleans": (arrow(amount=pa.array([True])), "ledger.amount: its type boolean"),
    "too wide": (arrow(amount=wide("1e40", 2)), "26 integer digits in 1 row (1)"),
    "too fine": (arrow(amount=wide("1e-13", 20)), "round it to"),
}


@pytest.mark.parametrize(("ledger", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_table_is_refused_in_one_line(ledger: object, words: str) -> None:
    with pytest.raises(CustdynError) as raised:
        total(ledger)
    assert words in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("parts", [1, 2])
def test_wide_decimals_of_parquet_are_read_exactly(parts: int, tmp_path: Path) -> None:
    """An engine of 38 digits takes them for floats, and wrongly."""
    pq.write_table(pa.Table.from_pandas(CLIENTS), tmp_path / "clients.parquet")
    pq.write_table(pa.Table.from_pandas(RATES), tmp_path / "rates.parquet")
    folder = tmp_path / "ledger" if parts > 1 else tmp_path
    folder.mkdir(exist_ok=True)
    for number, amount in enumerate(["-1.00", "-0.10"] if parts > 1 else ["-1.10"]):
        rows = arrow(entry_id=pa.array([number]), amount=wide(amount, 10, 50))
        pq.write_table(rows, folder / f"{'ledger' if parts == 1 else number}.parquet")
    result = run(QUERY, tmp_path, as_of=AS_OF)
    assert str(result.report.row("Pay As You Go", "Total").cells[0]) == "-1.10"
    assert not any("float" in str(note) for note in result.report.notes)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2024-01-05 10:00:00.1234567", "2024-01-05 10:00:00.123456"),
        ("1960-01-05 10:00:00.9999999", "1960-01-05 10:00:00.999999"),
        ("2024-01-05T12:00:00.1234569999+02:00", "2024-01-05 10:00:00.123456"),
        ("9999-12-31 23:59:59.9999999", "9999-12-31 23:59:59.999999"),
    ],
)
def test_what_is_finer_than_a_microsecond_is_cut_downwards(text: str, read: str) -> None:
    frames = {"clients": CLIENTS, "ledger": pandas.assign(occurred_at=[text])}
    with open_source(frames).reading() as snapshot:
        found = snapshot.fetch(snapshot.tables["ledger"].select("occurred_at"))
    assert str(found["occurred_at"][0].as_py()) == read


def test_nanoseconds_before_1970_are_cut_downwards_too(tmp_path: Path) -> None:
    moment = pa.array([-1_001], pa.timestamp("ns"))
    pq.write_table(pa.Table.from_pandas(CLIENTS), tmp_path / "clients.parquet")
    pq.write_table(arrow(occurred_at=moment), tmp_path / "ledger.parquet")
    for source in (tmp_path, {"clients": CLIENTS, "ledger": arrow(occurred_at=moment)}):
        with open_source(source).reading() as snapshot:
            found = snapshot.fetch(snapshot.tables["ledger"].select("occurred_at"))
        assert str(found["occurred_at"][0].as_py()) == "1969-12-31 23:59:59.999998"


@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
def test_the_first_and_the_last_instant_work_everywhere(zone: str, tmp_path: Path) -> None:
    clients = CLIENTS.assign(created_at="0001-01-01", closed_at="9999-12-31 23:59:59.999999")
    ends = ["0001-01-01", "2024-01-05", "9999-12-31 23:59:59.999999", "0001-01-01 00:30:00"]
    ledger = pd.DataFrame(
        {
            "entry_id": range(4),
            "client_id": "1",
            "occurred_at": ends,
            "kind": ["refill", "payg", "payg", "package_activation"],
            "amount": ["100", "-2", "-3", "-5"],
            "package_id": [None, None, None, "g"],
        }
    )
    source = open_source({"clients": clients, "ledger": ledger, "rates": RATES})
    checked = source.check()
    assert checked.contents is not None and checked.contents.first == datetime(1, 1, 1)
    for key in FINDINGS:
        source.finding_lines(key)
        listed(source, key).to_file("xlsx", tmp_path / "found.xlsx")
    result = run({**QUERY, "timezone": zone, "group_by": ["month", "package"]}, source, as_of=AS_OF)
    for kind in ("csv", "xlsx", "xls", "json", "html"):
        assert result.to_file(kind)
    entries = result.entries("Clients - All", "Balance", "01/2024")
    assert len(entries) == 3 and "0001-01-01" in entries.to_csv()
    assert str(entries) and result.to_text(80)
    assert list(result.clients("Clients - All", "Balance", "01/2024").value) == [93.0]
    assert str(result.explain("Clients - All", "Balance", "01/2024"))
    assert len(run_cdrs({**QUERY, "timezone": zone}, source, as_of=AS_OF).frame()) == 1
    assert len(run_orig_term({**QUERY, "timezone": zone}, source, as_of=AS_OF).frame()) == 2


@pytest.mark.parametrize("instant", ["0000-12-31", "-0044-03-15", "20000-01-01", "infinity"])
def test_any_other_instant_is_refused_with_its_value(instant: str) -> None:
    with pytest.raises(CustdynError, match="not an instant in 1 row"):
        total(pandas.assign(occurred_at=[instant]))


def billing(folder: Path) -> Path:
    file = folder / "billing.duckdb"
    with duckdb.connect(str(file)) as connection:
        for name, rows in (("clients", CLIENTS), ("ledger", pandas), ("rates", RATES)):
            connection.register("rows", rows)
            connection.execute(f"CREATE TABLE {name} AS SELECT * FROM rows")
    return file


def test_a_duckdb_file_is_held_only_while_it_is_read(tmp_path: Path) -> None:
    file = billing(tmp_path)
    source = open_source(file)
    result = run(QUERY, source, as_of=AS_OF)
    with duckdb.connect(str(file)) as connection:  # ours to write
        connection.execute("UPDATE ledger SET amount = '-7'")
        with pytest.raises(CustdynError, match="this process has the file open; close that"):
            run(QUERY, source, as_of=AS_OF)
        tables = {name: connection.table(name) for name in ("clients", "ledger", "rates")}
        again = run(QUERY, tables, as_of=AS_OF)
    for made, amount in ((result, "-1.50"), (again, "-7.00"), (run(QUERY, source), "-7.00")):
        assert str(made.report.row("Pay As You Go", "Total").cells[0]) == amount
    assert len(result.source.directory().choices["currency"]) >= 1


def test_a_duckdb_file_that_another_program_writes_is_named(tmp_path: Path) -> None:
    file = billing(tmp_path)
    script = (
        f"import duckdb, sys\nheld = duckdb.connect({str(file)!r})\n"
        "print(1, flush=True)\nsys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert other.stdin is not None and other.stdout is not None
    other.stdout.readline()
    with pytest.raises(CustdynError, match="another program has the file open to write"):
        run(QUERY, file, as_of=AS_OF)
    other.stdin.close()
    other.wait(30)
    assert run(QUERY, file, as_of=AS_OF)


def test_the_numbers_of_an_amount_may_have_no_sum() -> None:
    """Each fits 38 digits, their sum does not: the contents say so."""
    big = "9" * 26 + "." + "9" * 12
    rows = pd.DataFrame(
        {
            "entry_id": range(3),
            "client_id": "1",
            "occurred_at": datetime(2024, 1, 5, tzinfo=UTC),
            "kind": "payg",
            "amount": big,
        }
    )
    checked = open_source({"clients": CLIENTS, "ledger": rows, "rates": RATES}).check()
    assert checked.contents is not None and checked.contents.kinds[0].amount is None
    assert "more than 38 digits" in "\n".join(checked.lines())
