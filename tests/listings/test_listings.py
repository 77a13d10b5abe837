"""CDRs list and Orig-Term report: figures by eye, files, and what goes wrong."""

from __future__ import annotations

import csv
import io
import subprocess
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.cli import main
from custdyn_widgets.errors import DataError, MissingRates, QueryError, SourceChanged
from custdyn_widgets.exports import listing_xlsx
from custdyn_widgets.listings import cdrs
from custdyn_widgets.model.money import EXACT
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.model.time_zones import zone
from custdyn_widgets.query.fields import WITHOUT_MEANING
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources.parsing import read
from tests.conftest import AS_OF
from tests.exports.test_exports import SOFFICE, needs_libreoffice
from tests.support.counts import some
from tests.support.hostile import CORPUS

HEAD = "entry_id client_id occurred_at kind amount quantity service direction destination"
ROWS: list[list[Any]] = [
    [1, 1, "2024-01-31T23:30:00Z", "payg", "-2.005", "3", "voice", "orig", "Peru"],
    [2, 1, "2024-02-01T10:00:00Z", "payg", "-1", "2.50", "sms", None, None],
    [3, 2, "2024-02-02T10:00:00.000001Z", "payg", "4", None, "voice", None, "Chad"],
    [4, 2, "2024-02-03T10:00:00Z", "payg", "-6", "1", "voice", "term", "Chad"],
    [5, 1, "2024-02-04T10:00:00Z", "refill", "50", None, None, None, None],
    [6, 2, "2024-03-04T10:00:00Z", "payg", "-8", "1", "voice", "orig", "Peru"],
]
QUERY = {
    "period": {"from": "2024-02-01", "to": "2024-02-29"},
    "timezone": "Europe/Vienna",
    "currency": "EUR",
}


def tables(names: tuple[str, str] = ("Ada", "Béla")) -> dict[str, pd.DataFrame]:
    clients = [
        [1, names[0], "client", "house", "EUR", "2024-01-01T00:00:00Z"],
        [2, names[1], "client", None, "USD", "2024-01-01T00:00:00Z"],
    ]
    rates = [["EUR", "2020-01-01", "1"], ["USD", "2020-01-01", "0.5"], ["USD", "2024-02-03", "2"]]
    heads = "client_id name type owner_id currency created_at"
    return {
        "clients": pd.DataFrame(clients, columns=heads.split(), dtype=object),
        "ledger": pd.DataFrame(ROWS, columns=HEAD.split(), dtype=object),
        "rates": pd.DataFrame(rates, columns=["currency", "valid_from", "rate"], dtype=object),
    }


NUMBERS: list[tuple[Any, list[str]]] = [
    (pa.int8(), ["3", "-7"]),
    (pa.int64(), ["9223372036854775807", "-9223372036854775807"]),
    (pa.uint64(), ["18446744073709551615", "0"]),
    (pa.decimal128(5, 2), ["3.25", "-0.01"]),
    (pa.decimal128(18, 6), ["123456789012.123456", "0.5"]),
    (pa.decimal128(38, 0), ["9" * 37, "1"]),
    (pa.decimal128(38, 24), ["12345678901234.123456789012345678901234", "0.1"]),
    (pa.decimal128(38, 38), ["0." + "1" * 37, "0.2"]),
    (pa.float64(), ["0.1", "0.30000000000000004"]),
    (pa.float64(), ["123456789.123456", "1e-7"]),
    (pa.float64(), ["99999999999999", "-2.5"]),
    (pa.float32(), ["0.1", "16777216"]),
]


@pytest.mark.parametrize(("kind", "texts"), some(NUMBERS, 5))
def test_a_quantity_is_exactly_what_is_stored(kind: Any, texts: list[str], tmp_path: Path) -> None:
    """Of any numeric type and width; floats are their shortest decimal."""
    if pa.types.is_floating(kind):
        values = pa.array([float(one) for one in texts], pa.float64()).cast(kind)
    else:
        values = pa.array([Decimal(one) for one in texts]).cast(kind)
    named = tables()
    for name in ("clients", "rates"):
        named[name].astype(str).replace("None", None).to_csv(tmp_path / f"{name}.csv", index=False)
    ledger = pa.Table.from_pandas(named["ledger"].iloc[1:3].drop(columns="quantity").astype(str))
    ledger = ledger.append_column("quantity", values)
    pq.write_table(ledger, tmp_path / "ledger.parquet")
    listed = run_cdrs({**QUERY, "client_type": "all"}, tmp_path, as_of=AS_OF)
    expected = [Decimal(one) for one in texts]
    assert list(listed.frame(exact=True)["quantity"]) == [
        Decimal(f"{one:f}") for one in expected[::-1]
    ]
    assert listed.total.quantity == EXACT.add(*expected)
    reading = read(ibis.memtable(ledger).quantity, TABLES["ledger"].column("quantity"))
    if not pa.types.is_floating(kind):
        for value in (reading.value, *(checked for _, checked in reading.faults)):
            assert "VARCHAR" not in ibis.to_sql(value, dialect="duckdb").upper()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (float("inf"), "not finite"),
        (float("nan"), "not finite"),
        (-1e300, "more than 38 digits"),
        (1e-30, "more than 38 digits"),
    ],
)
def test_a_float_that_is_no_number_is_a_fault(wrong: float, words: str, tmp_path: Path) -> None:
    """A report does not need it; the list and `check` name it."""
    named = tables()
    ledger = pa.Table.from_pandas(named["ledger"].drop(columns="quantity").astype(str))
    column = pa.array([wrong, 2.5e14, 1.0, None, None, None], pa.float64())
    pq.write_table(ledger.append_column("quantity", column), tmp_path / "ledger.parquet")
    for name in ("clients", "rates"):
        named[name].astype(str).replace("None", None).to_csv(tmp_path / f"{name}.csv", index=False)
    assert run(QUERY, tmp_path, as_of=AS_OF).report.rows
    with pytest.raises(DataError, match=f"ledger.quantity: .*{words}"):
        run_cdrs(QUERY, tmp_path, as_of=AS_OF)
    assert words in str(open_source(tmp_path).check().faults[0])


def test_sums_of_many_digits_lose_none(tmp_path: Path) -> None:
    """Python's own decimals round to 28 digits."""
    named = tables()
    named["ledger"].loc[:, "amount"] = "-99999999999999999999999.000000000001"
    listed = run_cdrs(QUERY, named, as_of=AS_OF)
    assert listed.total.by_currency["EUR"] == Decimal("-199999999999999999999998.000000000002")


def test_the_list_is_newest_first_in_the_zone_with_its_sums() -> None:
    listed = run_cdrs(QUERY, tables(), as_of=AS_OF)
    frame = listed.frame(exact=True)
    assert list(frame["entry_id"]) == ["4", "3", "2", "1"]  # the first is February in Vienna
    assert frame["occurred_at"][3] == datetime(2024, 2, 1, 0, 30, tzinfo=zone("Europe/Vienna"))
    assert list(frame["value"]) == [Decimal(one) for one in ("-12", "2", "-1", "-2.005")]
    assert list(frame["amount"]) == [Decimal(one) for one in ("-6.00", "4.00", "-1.00", "-2.005")]
    assert list(frame["quantity"].dropna()) == [Decimal(1), Decimal("2.5"), Decimal(3)]
    assert list(listed.frame().value) == [-12, 2, -1, -2.005]  # unrounded: they add up
    assert str(listed.amount) == "-13.01" and listed.total.quantity == Decimal("6.5")
    assert listed.total.by_currency == {"EUR": Decimal("-3.005"), "USD": Decimal(-2)}
    assert listed.line(1)[-1] == "3"
    assert list(listed.frame(1, 2)["entry_id"]) == ["3", "2"]


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_nothing_is_lost_however_few_are_read_at_once(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cdrs, "AT_ONCE", at_once)
    period = {"from": "2024-01-01", "to": "2024-12-31"}
    listed = run_cdrs({**QUERY, "period": period}, tables(), as_of=AS_OF)
    for first in range(6):
        for count in (1, 2, 9, None):
            wanted = ["6", "4", "3", "2", "1"][first:][:count]
            assert [line[-1] for line in listed.lines(first, count)] == wanted, (first, count)


def test_orig_and_term_differ_by_direction_or_sign() -> None:
    sides = run_orig_term(QUERY, tables(), as_of=AS_OF)
    assert sides.frame(exact=True).values.tolist() == [
        ["02/2024", 2, Decimal("5.5"), Decimal("-3.01"), 2, Decimal(1), Decimal("-10.00"),
         Decimal("13.01")],
        ["Total", 2, Decimal("5.5"), Decimal("-3.01"), 2, Decimal(1), Decimal("-10.00"),
         Decimal("13.01")],
    ]  # fmt: skip
    split = run_orig_term(QUERY, tables(), as_of=AS_OF, split="client")
    assert list(split.frame()["split"]) == ["Ada · 1", "Béla · 2", ""]
    where = run_orig_term(QUERY, tables(), as_of=AS_OF, split="destination").frame()
    assert list(where["split"]) == ["", "Chad", "Peru", ""]
    with pytest.raises(QueryError, match="client, service, destination"):
        run_orig_term(QUERY, tables(), as_of=AS_OF, split="tag")


def test_an_entry_of_nothing_that_names_no_direction_is_orig() -> None:
    data = tables()
    nothing = [9, 1, "2024-02-05T10:00:00Z", "payg", "0", None, "voice", None, None]
    rows = [*ROWS, nothing]
    data["ledger"] = pd.DataFrame(rows, columns=HEAD.split(), dtype=object)
    total = run_orig_term(QUERY, data, as_of=AS_OF).made[-1]
    assert (total.orig.entries, total.term.entries) == (3, 2)


def test_nothing_and_a_period_that_holds_no_instant_are_said() -> None:
    nobody = run_cdrs({**QUERY, "owner": ["nobody"]}, tables(), as_of=AS_OF)
    assert len(nobody) == 0 and str(nobody.amount) == "N/A" and list(nobody.lines()) == []
    assert any("nobody" in str(note) for note in nobody.asked.notes)
    empty = run_orig_term({**QUERY, "owner": ["nobody"]}, tables(), as_of=AS_OF)
    assert [line[-1] for line in empty.lines()] == [None, None]
    skipped = {"from": "2011-12-30", "to": "2011-12-30"}
    query = {**QUERY, "period": skipped, "timezone": "Pacific/Apia"}
    assert len(run_cdrs(query, tables(), as_of=AS_OF)) == 0
    assert len(run_orig_term(query, tables(), as_of=AS_OF)) == 0
    assert run_orig_term(query, tables(), as_of=AS_OF).sums == []


def test_what_cannot_be_converted_stops_the_list() -> None:
    with pytest.raises(MissingRates, match="GBP"):
        run_cdrs({**QUERY, "currency": "GBP"}, tables(), as_of=AS_OF)


def test_data_that_changes_between_two_pages_is_said(tmp_path: Path) -> None:
    for name, frame in tables().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    listed = run_cdrs(QUERY, tmp_path, as_of=AS_OF)
    with (tmp_path / "ledger.csv").open("a") as ledger:
        ledger.write("9,1,2024-02-05T10:00:00Z,payg,-1,,,,\n")
    with pytest.raises(SourceChanged):
        list(listed.lines())
    with pytest.raises(SourceChanged):
        listed.to_csv(tmp_path / "list.csv")
    assert not (tmp_path / "list.csv").exists()  # whole or not at all


@pytest.mark.parametrize("name", some(CORPUS[::9], 6))
def test_names_are_only_ever_text_in_files(name: str, tmp_path: Path) -> None:
    listed = run_cdrs(QUERY, tables((name, "Béla")), as_of=AS_OF)
    made = io.BytesIO()
    listed.to_file("csv", made)
    rows = list(csv.reader(io.StringIO(made.getvalue().decode("utf-8-sig"), newline="")))
    assert len(rows) == 5 and rows[4][1] in (name, f"'{name}")
    listed.to_xlsx(tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    cell = book["CDRs list"].cell(5, 2)
    assert cell.data_type in ("s", "inlineStr") or cell.value is None
    assert book["CDRs list"]["A5"].value == datetime(2024, 2, 1, 0, 30)
    assert book["CDRs list"]["C5"].value == -2.01
    assert book["CDRs list"]["C2"].number_format == "#,##0.00;[Red]-#,##0.00"
    assert book["CDRs list"]["A3"].value == "2024-02-02 11:00:00.000001"  # no double holds it
    info = {row[0].value: row[1].value for row in book["Info"].iter_rows()}
    assert info["Entries"] == "4" and info["Sum in EUR"] == "-13.01"


def test_a_list_takes_as_many_sheets_as_it_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing_xlsx, "MAX_LINES", 2)
    listed = run_cdrs(QUERY, tables(), as_of=AS_OF)
    listed.to_file("xlsx", tmp_path / "list.xlsx")
    book = load_workbook(tmp_path / "list.xlsx")
    assert book.sheetnames == ["CDRs list", "CDRs list 2", "Info"]
    ids = [book[name].cell(row, 13).value for name in book.sheetnames[:2] for row in (2, 3)]
    assert ids == ["4", "3", "2", "1"]
    with pytest.raises(QueryError, match="csv, xlsx"):
        listed.to_file("xls", tmp_path / "list.xls")


@needs_libreoffice
def test_a_second_program_opens_the_list(tmp_path: Path) -> None:
    run_cdrs(QUERY, tables(), as_of=AS_OF).to_xlsx(tmp_path / "list.xlsx")
    profile = f"-env:UserInstallation=file://{tmp_path}/profile"
    command = [str(SOFFICE), "--headless", profile, "--convert-to", "csv", "--outdir"]
    file = tmp_path / "list.xlsx"
    subprocess.run([*command, tmp_path, file], check=True, capture_output=True, timeout=300)
    rows = list(csv.reader((tmp_path / "list.csv").open(encoding="latin-1")))
    assert [float(row[2]) for row in rows[1:]] == [-12, 2, -1, -2.01]


def test_the_same_list_is_the_same_file() -> None:
    files = []
    for _ in range(2):
        made = io.BytesIO()
        run_cdrs(QUERY, tables(), as_of=AS_OF).to_file("xlsx", made)
        files.append(made.getvalue())
    assert files[0] == files[1]


def test_the_commands_write_files(tmp_path: Path, capsysbinary: Any) -> None:
    for name, frame in tables().items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    query = tmp_path / "query.toml"
    query.write_text(Query.model_validate(QUERY).to_toml())
    common = ["--source", str(tmp_path), "--query", str(query), "--as-of", "2026-01-01"]
    assert main(["cdrs", *common]) == 0
    assert capsysbinary.readouterr().out.decode("utf-8-sig").count("\r\n") == 5
    output = tmp_path / "sides.xlsx"
    assert main(["orig-term", *common, "--format", "xlsx", "--output", str(output)]) == 0
    assert load_workbook(output).sheetnames == ["Orig-Term report", "Info"]
    assert main(["cdrs", *common, "--output", str(tmp_path / "no" / "file.csv")]) == 2


def test_every_field_without_a_meaning_is_one_of_the_query() -> None:
    assert {name for names in WITHOUT_MEANING.values() for name in names} < set(Query.model_fields)
