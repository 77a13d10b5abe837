"""Files equal the screen, hold nothing but text and numbers, and can be made again."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl
import pytest
import python_calamine
import xlrd
import xlwt
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from custdyn_widgets import Query, Result, run
from custdyn_widgets.cli import main
from custdyn_widgets.errors import QueryError
from custdyn_widgets.exports import xls, xlsx
from custdyn_widgets.exports.csv import CsvStyle
from custdyn_widgets.exports.sheet import Limits
from custdyn_widgets.exports.sheets import LINES_ABOVE, TooLarge, sheets_of
from custdyn_widgets.exports.text import MAX_CHARACTERS, Cleaner, guarded, is_exact
from custdyn_widgets.exports.verify import NotVerifiable, read_saved
from custdyn_widgets.model.cells import Cell, plain
from custdyn_widgets.model.definitions import PACKAGE, BlockDefinition
from custdyn_widgets.model.money import amount
from custdyn_widgets.model.rows import BLOCKS, PACKAGE_BLOCK
from custdyn_widgets.pipeline.provenance import provenance
from custdyn_widgets.query.fields import OPTIONAL_BLOCKS
from custdyn_widgets.query.periods import own_period
from custdyn_widgets.report.report import Note, Report, Row, UsedRate
from custdyn_widgets.sources import SAMPLE, open_source
from tests.conftest import AS_OF
from tests.support.counts import some
from tests.support.hostile import CORPUS
from tests.support.ledgers import LEDGERS
from tests.support.parts import all_parts
from tests.support.small import entry, make

SOFFICE = shutil.which("soffice")
needs_libreoffice = pytest.mark.skipif(
    SOFFICE is None and not all_parts(), reason="LibreOffice is not installed"
)


def report_of(
    names: list[str], values: list[int | None], units: tuple[str, ...] = ("month",)
) -> Report:
    """A report with a package block for each name, its cells filled from values in turn."""
    query = Query.model_validate(
        {
            "period": {"from": "2024-01-01", "to": "2024-03-31"},
            "group_by": [*units, "package"],
            "currency": "USD",
            "client_tags": (filters := [name for name in names if name and "\0" not in name]),
            "owner": filters,
            "package": filters,
        }
    )
    period = own_period(query, datetime(2024, 2, 15, tzinfo=UTC))
    supply = iter(values * 1000)

    def cell(unit: str) -> Cell:
        value = next(supply)
        if value is None:
            return Cell(None)
        return (
            Cell(abs(value)) if unit == "quantity" else Cell(amount(value, "USD"), Fraction(value))
        )

    blocks: list[tuple[BlockDefinition, str | None]] = [(block, None) for block in BLOCKS]
    blocks += [(PACKAGE_BLOCK, name) for name in dict.fromkeys(names)]
    rows = tuple(
        Row(block.name, name, row, tuple(cell(row.unit) for _ in period.buckets))
        for block, name in blocks
        for row in block.rows
    )
    notes = tuple(Note(name) for name in names)
    name = names[0] if names else "test"
    times = (period.as_of, period.first, period.last, period.buckets)
    return Report(query, name, *times, rows, notes)


def screen(report: Report, clean: bool = True) -> list[list[str]]:
    """The table as machines should read it back: titles, and rows with plain figures."""
    fit = Cleaner().clean if clean else str
    lines: list[list[str]] = []
    title = None
    for row in report.rows:
        if row.title != title:
            title = row.title
            lines.append([fit(title)])
        figures = [plain(cell.value) for cell in row.cells]
        lines.append([row.row, *("N/A" if one is None else str(one) for one in figures)])
    return lines


def said(value: Any, decimals: int) -> str:
    """A cell that was read back, as text; numbers with the decimals of their row."""
    if isinstance(value, str):
        return value
    return f"{Decimal(repr(value)):.{decimals}f}"


def read_sheet(rows: list[list[Any]]) -> list[list[str]]:
    """The lines of a sheet below the header, without what is empty at their ends."""
    lines = []
    for row in rows[LINES_ABOVE + 1 :]:
        name = str(row[0])
        values = [value for value in row[1:] if value not in (None, "")]
        decimals = 0 if name.endswith("Qty") else 2
        lines.append([name, *(said(value, decimals) for value in values)])
    return lines


def of_openpyxl(made: bytes) -> list[list[str]]:
    book = openpyxl.load_workbook(io.BytesIO(made), rich_text=False)
    page = book.worksheets[0]
    kinds = {
        cell.data_type for sheet in book.worksheets for row in sheet.iter_rows() for cell in row
    }
    assert kinds <= {"s", "inlineStr", "n", "d"}  # no formula, no error, no link
    assert not any(sheet._hyperlinks for sheet in book.worksheets)
    rows = [list(row) for row in page.iter_rows(values_only=True)]
    return [[text.replace("_x005F_", "_") for text in line] for line in read_sheet(rows)]


def of_calamine(made: bytes) -> list[list[str]]:
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(made))
    return read_sheet(book.get_sheet_by_index(0).to_python(skip_empty_area=False))


def of_xlrd(made: bytes) -> list[list[str]]:
    page = xlrd.open_workbook(file_contents=made).sheet_by_index(0)
    assert {cell.ctype for row in page.get_rows() for cell in row} <= {0, 1, 2, 6}
    return read_sheet([page.row_values(row) for row in range(page.nrows)])


def of_csv(made: bytes) -> list[list[str]]:
    lines = list(csv.reader(io.StringIO(made.decode("utf-8-sig"), newline="")))
    return [[line[0], *(one for one in line[1:] if one)] for line in lines[1:]]


def of_json(made: dict[str, Any]) -> list[list[str]]:
    lines: list[list[str]] = []
    title = None
    for row in made["rows"]:
        now = row["block"] if row["package"] is None else f'{PACKAGE} "{row["package"]}"'
        if now != title:
            title = now
            lines.append([title])
        lines.append([row["row"], *("N/A" if one is None else str(one) for one in row["values"])])
    return lines


def without_guard(lines: list[list[str]]) -> list[list[str]]:
    return [
        [one[1:] if one.startswith("'") and guarded(one[1:]) != one[1:] else one for one in line]
        for line in lines
    ]


texts = st.one_of(
    st.sampled_from(CORPUS),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=30),
)
figures = st.one_of(
    st.none(), st.integers(-(10**15), 10**15), st.integers(-(10**20), 10**20), st.just(0)
)
HUNDREDS = settings(
    max_examples=LEDGERS // 3, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


@HUNDREDS
@given(st.lists(texts, max_size=4, unique=True), st.lists(figures, min_size=1, max_size=40))
def test_the_screen_equals_every_file_cell_by_cell(
    names: list[str], values: list[int | None]
) -> None:
    report = report_of(names, values)
    proof = provenance(report, ())
    expected = screen(report)
    book = xlsx.to_xlsx(report, proof)
    assert of_openpyxl(book) == expected
    assert of_calamine(book) == expected
    old_book = xls.to_xls(report, proof)
    assert of_xlrd(old_book) == expected
    exact = screen(report, clean=False)
    assert of_json(json.loads(json.dumps(report.to_dict()))) == exact
    result = Result(report, open_source("sample"), ())
    assert without_guard(of_csv(result.to_csv())) == exact


def test_the_corpus_is_large() -> None:
    assert len(CORPUS) >= 500


@pytest.mark.parametrize("part", some(range(0, len(CORPUS), 64), 3))
def test_no_hostile_name_becomes_more_than_text_in_any_file(part: int) -> None:
    """In block titles, notes, filters and the source's name; the readers check the types."""
    names = CORPUS[part : part + 64]
    report = report_of(names, [1, -2, None])
    proof = provenance(report, ())
    made = xlsx.to_xlsx(report, proof)
    assert of_openpyxl(made) == screen(report)
    parts = zipfile.ZipFile(io.BytesIO(made))
    assert not [name for name in parts.namelist() if "external" in name.lower()]
    assert not [name for name in parts.namelist() if b"<f>" in parts.read(name) and "sheet" in name]
    assert of_xlrd(xls.to_xls(report, proof)) == screen(report)
    result = Result(report, open_source("sample"), ())
    for made_csv in (result.to_csv(), result.to_csv(tidy=True)):
        for line in csv.reader(io.StringIO(made_csv.decode("utf-8-sig"), newline="")):
            for field in line:
                is_number = re.fullmatch(r"-?\d+(\.\d+)?", field)
                assert is_number or guarded(field) == field, field


def test_without_the_guards_the_corpus_does_harm() -> None:
    """The control: openpyxl on its own makes formulas of names, CSV on its own lets them be."""
    book = openpyxl.Workbook()
    assert book.active is not None
    book.active["A1"] = "=2+5"
    assert book.active["A1"].data_type == "f"
    assert guarded("=2+5") == "'=2+5"
    assert not is_exact(Decimal("1234567890123456.78"))
    with pytest.raises(Exception, match="longer than 32767"):
        page = xlwt.Workbook()
        page.add_sheet("x").write(0, 0, "x" * (MAX_CHARACTERS + 1))
        page.save(io.BytesIO())


def test_text_that_a_cell_cannot_hold_is_replaced_or_cut_and_counted() -> None:
    cleaner = Cleaner()
    assert cleaner.clean("a\x00b\x1b\ud800") == "a\ufffdb\ufffd\ufffd"
    long = cleaner.clean("🚀" * 20_000)
    assert len(long.encode("utf-16-le")) // 2 <= MAX_CHARACTERS and long.endswith("…")
    assert (cleaner.replaced, cleaner.cut) == (1, 1)
    report = report_of(["a\x01b"], [1])
    info = info_of(xlsx.to_xlsx(report, provenance(report, ())))
    assert re.match(r"[1-9]\d* with characters replaced, 0 cut", info["Texts changed"])


def info_of(made: bytes) -> dict[str, str]:
    page = openpyxl.load_workbook(io.BytesIO(made))["Info"]
    return {str(row[0]): str(row[1]) for row in page.iter_rows(values_only=True) if row[0]}


def test_numbers_of_more_than_fifteen_digits_are_text_and_listed() -> None:
    report = report_of([], [123456789012345678])
    made = xlsx.to_xlsx(report, provenance(report, ()))
    assert of_openpyxl(made) == screen(report)
    page = openpyxl.load_workbook(io.BytesIO(made))["Info"]
    held = [row[1] for row in page.iter_rows(values_only=True) if row[0] == "Held as text"]
    assert "Balance Pos: 1234567890123456.78" in held


def test_the_info_sheet_tells_all_that_is_needed(page_query: Query) -> None:
    result = run({**page_query.to_dict(), "client_tags": ["vip"]}, "sample", as_of=AS_OF)
    info = info_of(result.to_xlsx())
    assert info["Interval in UTC"].startswith("2017-01-01T00:00:00Z – 2018-01-01T00:00:00Z")
    assert info["As of"] == "2026-11-24T12:00:00Z"
    assert info["Client Tags"] == "vip"
    assert info["Group By"] == "Month × Package Name"
    assert info["Rate Policy"] == "Historical"
    assert Query.parse(info["Query (TOML)"], ".toml") == result.report.query
    assert info["Data fingerprint"] == result.provenance.fingerprint
    assert info["Result hash"] == result.provenance.result
    assert "duckdb" in info["Engine"]
    assert info["Clients - All: Qty"].startswith("Number of clients")


def test_rates_that_were_used_are_listed_exactly() -> None:
    clients = [[1, "One", "client", None, "USD", "2024-01-01T00:00:00Z"]]
    ledger = [entry(1, 1, "2024-01-15T10:00:00Z", "refill", "1")]
    rates = [["EUR", "2000-01-01", "1"], ["USD", "2024-01-01", "0.5"], ["USD", "2030-01-01", "2"]]
    result = make({"clients": clients, "ledger": ledger, "rates": rates})
    assert result.report.rates == (UsedRate("USD", datetime(2024, 1, 1).date(), Fraction(1, 2)),)
    assert info_of(result.to_xlsx())["Rates used"] == "1, on the sheet Rates"
    assert sheet_of(result.to_xlsx(), "Rates")[1:] == [("USD", "2024-01-01", "0.5")]
    del rates[2], rates[1], rates[0]
    third = make({"clients": clients, "ledger": ledger})  # the ECB quotes the other way round
    currency, _, rate = sheet_of(third.to_xlsx(), "Rates")[-1]
    assert currency == "USD" and re.fullmatch(r"1/1\.\d+", rate)


def test_charts_are_native_and_leave_gaps(page_query: Query) -> None:
    made = run(page_query, "sample", as_of=AS_OF).to_xlsx()
    names = zipfile.ZipFile(io.BytesIO(made)).namelist()
    assert len([name for name in names if re.fullmatch(r"xl/charts/chart\d\.xml", name)]) == 4
    page = openpyxl.load_workbook(io.BytesIO(made))["Charts"]
    rows = [row[:5] for row in page.iter_rows(values_only=True) if row[0] and "/" in str(row[0])]
    assert rows[0] == ("01/2017", 0, None, None, None)
    assert rows[1] == ("02/2017", 1, None, -9347.79, None)


def test_the_table_sheet_looks_like_the_page(page_query: Query) -> None:
    book = openpyxl.load_workbook(io.BytesIO(run(page_query, "sample", as_of=AS_OF).to_xlsx()))
    page = book.worksheets[0]
    assert book.sheetnames == ["Customer Dynamics", "Charts", "Data", "Info"]
    assert page.freeze_panes == "B6"
    assert page.print_title_rows == "$1:$5" and page.page_setup.orientation == "landscape"
    title = next(cell for cell in page["A"] if cell.value == "Clients - All")
    assert title.font.bold
    levels = [page.row_dimensions[title.row + more].outlineLevel for more in range(6)]
    assert levels == [0, 1, 1, 1, 1, 0]  # a block folds under its title
    assert page.oddFooter.center.text == "&P / &N"
    money = page.cell(title.row + 4, 3)
    assert (money.value, money.number_format) == (-9348.15, "#,##0.00;[Red]-#,##0.00")
    assert page.cell(title.row + 2, 2).value == "N/A"


def test_running_and_future_are_marked() -> None:
    report = report_of([], [1])
    made = xlsx.to_xlsx(report, provenance(report, ()))
    header = next(openpyxl.load_workbook(io.BytesIO(made)).worksheets[0].iter_rows(min_row=5))
    assert [cell.value for cell in header][1:] == [
        "01/2024",
        "02/2024 (running)",
        "03/2024 (future)",
    ]


def wide_query() -> dict[str, Any]:
    return {"period": {"from": "2016-01-01", "to": "2017-12-31"}, "group_by": ["date"]}


@pytest.mark.long
def test_a_year_by_date_is_split_over_sheets_of_xls_and_says_so() -> None:
    result = run({**wide_query(), "currency": "USD"}, "sample", as_of=AS_OF)
    book = xlrd.open_workbook(file_contents=result.to_xls())
    pages = book.sheets()[:-2]  # Data and Info
    assert [page.name for page in pages] == [f"Customer Dynamics {n} of 3" for n in (1, 2, 3)]
    assert {page.cell_value(LINES_ABOVE + 2, 0) for page in pages} == {"Qty"}
    labels = [label for page in pages for label in page.row_values(LINES_ABOVE)[1:] if label]
    assert labels == [bucket.label for bucket in result.report.buckets]
    info = book.sheet_by_name("Info")
    assert "takes 3 of them" in str([info.row_values(row) for row in range(info.nrows)])
    again = run(result.report.query, "sample", as_of=AS_OF)
    assert again.to_xls() == result.to_xls()


def test_a_report_that_is_too_long_is_refused(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    with pytest.raises(TooLarge, match="XLS holds 10 rows and the report has 37; choose xlsx"):
        sheets_of(result.report, result.provenance, Limits("Excel XLS", columns=256, rows=10))


def test_an_empty_period_makes_files_too() -> None:
    empty = {"period": {"from": "2011-12-30", "to": "2011-12-30"}, "timezone": "Pacific/Apia"}
    result = run(empty, "sample", as_of=AS_OF)
    assert openpyxl.load_workbook(io.BytesIO(result.to_xlsx())).sheetnames[-1] == "Info"
    assert result.to_xls() and json.loads(result.to_json())["provenance"]["fingerprint"] == ""


def test_csv_takes_other_signs_but_not_equal_ones(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    assert b'"Balance";0,00;-9348,15;' in result.to_csv(delimiter=";", decimal=",")
    assert b'"Balance"\t0.00\t-9348.15\t' in result.to_csv(delimiter="\t")
    for delimiter, decimal in ((",", ","), ("|", "."), (";", "'")):
        with pytest.raises(QueryError):
            CsvStyle(delimiter, decimal)


def test_tidy_csv_has_a_line_for_each_cell(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    text = result.to_csv(tidy=True).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert len(lines) == 12 * len(result.report.rows)
    assert lines[-12 * 3 + 1] == {
        "block": "Package",
        "package": "NewTestPackages",
        "row": "Activation Total",
        "bucket": "02/2017",
        "start": "2017-02-01T00:00:00Z",
        "end": "2017-03-01T00:00:00Z",
        "state": "past",
        "unit": "money",
        "value": "-0.36",
        "reason": "",
    }
    assert (lines[-1]["value"], lines[-1]["reason"]) == ("", "no such entry within the bucket")


def sheet_of(made: bytes, name: str) -> list[tuple[Any, ...]]:
    page = openpyxl.load_workbook(io.BytesIO(made))[name]
    return list(page.iter_rows(values_only=True))


@pytest.mark.parametrize("compare", [None, "previous_year"])
def test_the_data_sheet_has_the_lines_of_the_tidy_csv(
    compare: str | None, page_query: Query
) -> None:
    query = page_query.with_fields({"compare": compare, "timezone": "Asia/Kathmandu"})
    result = run(query, "sample", as_of=AS_OF)
    text = result.to_csv(tidy=True).decode("utf-8-sig")
    expected = list(csv.DictReader(io.StringIO(text)))
    head, *lines = sheet_of(result.to_xlsx(), "Data")
    page = openpyxl.load_workbook(io.BytesIO(result.to_xlsx()))["Data"]
    assert page.tables["Data"].ref == page.dimensions
    assert [column.name for column in page.tables["Data"].tableColumns] == list(head)
    assert len(lines) == len(expected) and set(expected[0]) - {*head} <= {"end", "other_end"}
    for line, wanted in zip(lines, expected, strict=True):
        for name, value in zip(head, line, strict=True):
            if isinstance(value, datetime):
                local = value.replace(tzinfo=ZoneInfo("Asia/Kathmandu")).astimezone(UTC)
                assert local.replace(tzinfo=None).isoformat() + "Z" == wanted[name]
            elif isinstance(value, int | float):
                assert Decimal(repr(value)) == Decimal(wanted[name])
            else:
                assert (value or "") == wanted[name]
    old = xlrd.open_workbook(file_contents=result.to_xls()).sheet_by_name("Data")
    assert old.nrows == len(lines) + 1 and tuple(old.row_values(0)) == head


def test_a_data_sheet_that_does_not_fit_is_left_out_and_said(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    limits = Limits("Excel XLS", columns=256, rows=200)  # 300 cells
    *_, info = sheets = sheets_of(result.report, result.provenance, limits)
    assert [sheet.name for sheet in sheets] == ["Customer Dynamics", "Info"]
    assert "no sheet Data" in str(info.lines)


def formats(result: Result) -> Iterator[tuple[str, bytes]]:
    for kind in ("json", "xlsx", "xls"):
        yield kind, result.to_file(kind)


@pytest.mark.parametrize("blocks", [[], list(OPTIONAL_BLOCKS)])
def test_the_same_report_gives_the_same_bytes_and_verifies(
    blocks: list[str], page_query: Query, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    query = page_query.with_fields({"blocks": blocks})
    first, second = (run(query, "sample", as_of=AS_OF) for _ in range(2))
    for (kind, one), (_, other) in zip(formats(first), formats(second), strict=True):
        assert one == other
        (tmp_path / f"r.{kind}").write_bytes(one)
        assert main(["verify", str(tmp_path / f"r.{kind}"), "--source", "sample"]) == 0
        assert capsys.readouterr().out == "same\n"


def test_the_fingerprint_knows_data_not_its_clothes(tmp_path: Path, page_query: Query) -> None:
    """Order, type of ids, decimals and kind of source make no difference; a cent does."""
    import pandas as pd

    frames = {file.stem: pd.read_csv(file, dtype=str) for file in SAMPLE.glob("*.csv")}
    plain_one = run(page_query, "sample", as_of=AS_OF).provenance.fingerprint
    dressed = {name: frame.sample(frac=1, random_state=1) for name, frame in frames.items()}
    dressed["clients"]["client_id"] = dressed["clients"]["client_id"].astype(int)
    dressed["ledger"]["client_id"] = dressed["ledger"]["client_id"].astype(int)
    dressed["ledger"]["amount"] = dressed["ledger"]["amount"] + "000"
    assert run(page_query, dressed, as_of=AS_OF).provenance.fingerprint == plain_one
    dressed["ledger"].loc[0, "amount"] = "-11947.381"
    assert run(page_query, dressed, as_of=AS_OF).provenance.fingerprint != plain_one


def test_a_fingerprint_holds_amounts_of_any_width() -> None:
    wide = "12345678901234567890123456.123456789012"
    ledger = [entry(1, 1, "2024-01-31T00:00:00Z", "refill", wide)]
    assert len(make({"ledger": ledger}).provenance.fingerprint) == 64


def test_verify_names_the_cells_that_changed(
    page_query: Query, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(SAMPLE, tmp_path / "data", copy_function=shutil.copyfile)
    result = run(page_query, tmp_path / "data", as_of=AS_OF)
    for kind, made in formats(result):
        (tmp_path / f"r.{kind}").write_bytes(made)
    with (tmp_path / "data" / "ledger.csv").open("a") as ledger:
        ledger.write("4,1,2017-12-03T00:00:00Z,refill,0.15,\n")
    for kind in ("json", "xlsx", "xls"):
        assert (
            main(["verify", str(tmp_path / f"r.{kind}"), "--source", str(tmp_path / "data")]) == 1
        )
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "data changed"
        assert "Clients - All · Balance · 12/2017: -9348.15 → -9348.00" in lines
        assert "Balance Refill · Total · 12/2017: N/A → 0.15" in lines


def test_verify_tells_changed_definitions_and_edited_cells(
    page_query: Query, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = json.loads(run(page_query, "sample", as_of=AS_OF).to_json())
    made["provenance"]["definitions"] = "0"
    (tmp_path / "r.json").write_text(json.dumps(made))
    assert main(["verify", str(tmp_path / "r.json"), "--source", "sample"]) == 1
    assert capsys.readouterr().out == "definition changed\n"
    made["provenance"]["definitions"] = "1"
    made["rows"][0]["values"][0] = 7
    (tmp_path / "r.json").write_text(json.dumps(made))
    assert main(["verify", str(tmp_path / "r.json"), "--source", "sample"]) == 1
    assert "Clients - Active · Qty · 01/2017: 7 → 0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "content"),
    [("r.csv", b"x"), ("r.json", b"{}"), ("r.json", b"\xff"), ("r.xlsx", b"PK"), ("r.xls", b"x")],
)
def test_what_cannot_be_verified_is_said(name: str, content: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(NotVerifiable):
        read_saved(tmp_path / name)
    with pytest.raises(NotVerifiable, match="cannot be read"):
        read_saved(tmp_path / "missing.json")


def test_a_query_longer_than_two_cells_survives_the_info_sheet(tmp_path: Path) -> None:
    tags = [f"tag number {number}, a long one" for number in range(2_500)]  # a cell holds 32 767
    result = run({"period": "last_year", "client_tags": tags}, "sample", as_of=AS_OF)
    (tmp_path / "r.xlsx").write_bytes(result.to_xlsx())
    assert read_saved(tmp_path / "r.xlsx").query == result.report.query


@pytest.mark.long
@needs_libreoffice
def test_libreoffice_reads_what_the_screen_shows(tmp_path: Path) -> None:
    """Another program opens the files, finds no formula, and gives the same cells."""
    expected = {}
    for number in range(4):
        names = [name for name in CORPUS[number::4] if "\n" not in name and name.strip()][:60]
        report = report_of(names, [12, -345, None, 6_000_000_00])
        proof = provenance(report, ())
        (tmp_path / f"{number}.xlsx").write_bytes(xlsx.to_xlsx(report, proof))
        (tmp_path / f"{number}-old.xls").write_bytes(xls.to_xls(report, proof))
        expected[str(number)] = screen(report)
    formula_column = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,true"
    subprocess.run(
        [
            str(SOFFICE),
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            formula_column,
            "--outdir",
            str(tmp_path),
            *map(str, sorted(tmp_path.glob("*.xls*"))),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    subprocess.run(
        [
            str(SOFFICE),
            "--headless",
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--convert-to",
            "fods",
            "--outdir",
            str(tmp_path),
            *map(str, sorted(tmp_path.glob("*.xls*"))),
        ],
        check=True,
        capture_output=True,
        timeout=300,
    )
    for file in tmp_path.glob("*.fods"):
        flat = file.read_text("utf-8")
        assert "table:formula" not in flat and 'xlink:href="http' not in flat
    read = sorted(tmp_path.glob("*.csv"))
    assert len(read) == 8
    for file in read:
        text = file.read_text("utf-8")
        lines = list(csv.reader(io.StringIO(text, newline="")))[LINES_ABOVE + 1 :]
        found = [[line[0], *(_number(one) for one in line[1:] if one)] for line in lines]
        wanted = [[line[0], *map(_number, line[1:])] for line in expected[file.stem[0]]]
        assert found == wanted


def _number(text: str) -> str:
    return text if text == "N/A" else str(Decimal(text.replace(",", "")).normalize() + 0)
