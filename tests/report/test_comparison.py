"""Two periods beside each other: which ones, what stands beside what, and what is said of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from custdyn_widgets import CustdynError, Query, Result, run
from custdyn_widgets.errors import QueryError
from custdyn_widgets.exports.verify import SAME, compare, read_saved
from custdyn_widgets.model.definitions import ALL, BALANCE_REFILL, PACKAGE, PAY_AS_YOU_GO
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.query.periods import other_interval
from custdyn_widgets.report.comparison import largest_changes, summary
from custdyn_widgets.report.difference import Difference
from custdyn_widgets.views.table import to_json_model
from tests.conftest import AS_OF
from tests.support.small import entry, make, notes, source

LEDGER = [
    entry(1, 1, "2023-01-10T00:00:00Z", "refill", "10"),
    entry(2, 1, "2023-02-10T00:00:00Z", "refill", "40"),
    entry(3, 1, "2024-01-10T00:00:00Z", "refill", "30"),
    entry(4, 1, "2024-02-10T00:00:00Z", "refill", "30.005"),
    entry(5, 1, "2023-02-11T00:00:00Z", "payg", "-4"),
    entry(6, 1, "2024-02-11T00:00:00Z", "payg", "-6"),
    entry(7, 1, "2023-01-12T00:00:00Z", "package_activation", "-1", 7),
    entry(8, 1, "2024-01-12T00:00:00Z", "package_renewal", "-2", 8),
]
TABLES = {"ledger": LEDGER, "packages": [[7, "Gold"], [8, "Silver"]]}


def year(**fields: Any) -> Result:
    return make(TABLES, **{"compare": "previous_year", **fields})


def lines(result: Result, block: str, row: str, package: str | None = None) -> list[list[str]]:
    """The four lines of a row as they are shown, the first two buckets of each."""
    return [list(line.texts[:2]) for line in result.report.row(block, row, package).lines]


@pytest.mark.parametrize(
    ("first", "last", "group_by", "compare", "expected"),
    [
        ("2017-01-01", "2017-12-31", ["month"], "previous_period", "2016-01-01 2016-12-31"),
        ("2017-03-01", "2017-03-31", ["month"], "previous_period", "2017-02-01 2017-02-28"),
        ("2017-03-01", "2017-03-31", [], "previous_period", "2017-02-01 2017-02-28"),
        ("2017-03-01", "2017-03-31", ["date"], "previous_period", "2017-01-29 2017-02-28"),
        ("2017-04-01", "2017-06-30", ["year", "month"], "previous_period", "2017-01-01 2017-03-31"),
        ("2016-07-01", "2017-06-30", ["year"], "previous_period", "2015-07-01 2016-06-30"),
        ("2017-03-06", "2017-03-12", ["date"], "previous_period", "2017-02-27 2017-03-05"),
        ("2017-03-06", "2017-03-12", ["month"], "previous_period", "2017-02-27 2017-03-05"),
        ("2016-02-01", "2016-02-29", ["date"], "previous_year", "2015-02-01 2015-02-28"),
        ("2017-02-01", "2017-02-28", ["date"], "previous_year", "2016-02-01 2016-02-29"),
        ("2016-02-29", "2016-02-29", ["date"], "previous_year", "2015-02-28 2015-02-28"),
        ("2016-02-28", "2016-02-28", ["date"], "previous_year", "2015-02-28 2015-02-28"),
    ],
)
def test_the_other_period_is_the_one_that_a_reader_would_name(
    first: str, last: str, group_by: list[str], compare: str, expected: str
) -> None:
    query = Query.model_validate(
        {"period": {"from": first, "to": last}, "group_by": group_by, "compare": compare}
    )
    found = other_interval(query, *query.interval(AS_OF))
    begin, end = expected.split()
    assert [str(one) for one in found] == [f"{begin} 00:00:00", f"{end} 23:59:59"]


def test_each_cell_has_its_counterpart_and_the_changes() -> None:
    result = year()
    assert result.report.other is not None
    assert [one and one.label for one in result.report.other.buckets[:2]] == ["01/2023", "02/2023"]
    assert lines(result, BALANCE_REFILL, "Total") == [
        ["30.00", "30.01"], ["10.00", "40.00"], ["+20.00", "-10.00"], ["+200.0", "-25.0"],
    ]  # fmt: skip
    assert lines(result, PAY_AS_YOU_GO, "Total") == [
        ["N/A", "-6.00"], ["N/A", "-4.00"], ["N/A", "-2.00"], ["N/A", "-50.0"],
    ]  # fmt: skip


def test_changes_come_from_unrounded_figures_and_are_rounded_once() -> None:
    change = year().report.row(BALANCE_REFILL, "Total").compared
    assert change is not None
    assert change.delta[1].value == Decimal("-10.00")  # 30.005 is shown as 30.01
    assert change.delta[1].exact == Decimal("-9.995")


def test_a_percentage_of_nothing_is_na_and_says_why() -> None:
    compared = year().report.row(BALANCE_REFILL, "Qty").compared
    assert compared is not None
    assert [one.value for one in compared.delta[:3]] == [0, 0, 0]
    assert compared.percent[0].value == Decimal("0.0")
    assert (compared.percent[2].value, compared.percent[2].reason) == (None, NA.OF_ZERO)
    total = year().report.row(BALANCE_REFILL, "Total").compared
    assert total is not None and total.delta[2].reason is NA.ONE_IS_NA


def test_a_package_of_either_period_stands_in_both() -> None:
    result = year(group_by=["month", "package"])
    assert [row.package for row in result.report.rows if row.row == "Renew Qty"] == [
        None, "Gold", "Silver",
    ]  # fmt: skip
    shown = lines(result, PACKAGE, "Activation Qty", "Gold")
    assert shown[:3] == [
        ["0", "0"],
        ["1", "0"],
        ["-1", "0"],
    ]
    shown = lines(result, PACKAGE, "Activation Total", "Gold")
    assert shown[:2] == [
        ["N/A", "N/A"],
        ["-1.00", "N/A"],
    ]
    shown = lines(result, PACKAGE, "Renew Total", "Silver")
    assert shown[:2] == [["-2.00", "N/A"], ["N/A", "N/A"]]


def test_a_period_compared_with_itself_has_not_changed() -> None:
    result = year(compare={"from": "2024-01-01", "to": "2024-12-31"})
    for row in result.report.rows:
        assert row.compared and {one.value for one in row.compared.delta} <= {0, None}
    assert list(summary(result.report)) == ["Nothing changed."]


def test_periods_with_other_numbers_of_buckets_are_refused() -> None:
    with pytest.raises(QueryError, match=r"has 2 columns \(01/2023 – 02/2023\)") as raised:
        year(compare={"from": "2023-01-01", "to": "2023-02-28"})
    assert "the period has 12 columns" in str(raised.value)
    assert [fault.field for fault in raised.value.faults] == ["compare"]


def test_it_does_not_reach_back_before_the_calendar_of_reports() -> None:
    with pytest.raises(QueryError, match="reaches back before 1900") as raised:
        year(period={"from": "1900-01-01", "to": "1900-12-31"}, compare="previous_period")
    assert [fault.field for fault in raised.value.faults] == ["compare"]


def test_a_leap_day_has_no_counterpart_and_is_none() -> None:
    days = {"from": "2024-02-28", "to": "2024-03-01"}
    result = year(period=days, group_by=["date"])
    assert result.report.other is not None
    assert [one and one.label for one in result.report.other.buckets] == [
        "2023-02-28", None, "2023-03-01",
    ]  # fmt: skip
    row = result.report.row(ALL, "Qty").compared
    assert row is not None and row.other[1].reason is NA.NO_COUNTERPART
    assert result.to_dict()["compare"]["buckets"][1] is None
    after = year(period={"from": "2025-02-28", "to": "2025-03-01"}, group_by=["date"])
    assert "no bucket here is the counterpart of 2024-02-29" in notes(after)
    assert "no bucket there is the counterpart of 2024-02-29" in notes(result)


@pytest.mark.parametrize(("year", "sides"), [(2011, ["other"]), (2012, ["value"])])
def test_a_day_that_samoa_skipped_has_nothing_behind_it(year: int, sides: list[str]) -> None:
    day = {"from": f"{year}-12-30", "to": f"{year}-12-30"}
    clients = [[1, "One", "client", None, "EUR", "2000-01-01T00:00:00Z"]]
    query = {"period": day, "timezone": "Pacific/Apia", "compare": "previous_year"}
    result = make({"clients": clients}, group_by=["date"], **query)
    assert [side for side, period in result.drill.periods.items() if period.buckets] == sides
    assert result.balances().empty == (year == 2011)


def test_a_bare_report_says_nothing_of_a_comparison() -> None:
    result = year(compare=None)
    assert "compare" not in result.to_dict()
    assert "compare" not in result.to_dict()["rows"][0]
    assert list(summary(result.report)) == []
    assert to_json_model(result.report)["against"] is None
    assert "other" not in result.cells.columns


def test_json_frames_and_csv_carry_both_periods() -> None:
    result = year()
    made = result.to_dict()
    assert made["compare"]["interval"] == {
        "from": "2023-01-01T00:00:00", "to": "2023-12-31T23:59:59", "timezone": "UTC",
    }  # fmt: skip
    assert made["compare"]["buckets"][1]["label"] == "02/2023"
    total = next(row for row in made["rows"] if row["row"] == "Total")
    assert total["compare"][:3] == ["10.00", "40.00", None]
    assert result.table.loc[(BALANCE_REFILL, "Total (Δ)"), "01/2024"] == "+20.00"
    cells = result.cells
    refills = cells[(cells.block == BALANCE_REFILL) & (cells.row == "Total")].iloc[0]
    assert (refills.other_bucket, refills.other, refills.delta) == ("01/2023", 10, 20)
    text = result.to_csv().decode("utf-8-sig")
    assert '"Compared with","01/2023"' in text and '"Total (Δ %)",200.0,-25.0,"N/A"' in text
    tidy = result.to_csv(tidy=True).decode("utf-8-sig").splitlines()
    assert tidy[0].endswith('"other_bucket","other_start","other_end","other","delta","percent"')
    assert '30.00,,"01/2023","2023-01-01T00:00:00Z","2023-02-01T00:00:00Z",10.00,20.00,200.0' in (
        "\n".join(tidy)
    )


@pytest.mark.parametrize("kind", ["json", "xlsx", "xls"])
def test_a_file_that_compares_is_verified_with_all_its_lines(kind: str, tmp_path: Path) -> None:
    result = year(group_by=["year", "month", "package"])
    path = tmp_path / f"report.{kind}"
    path.write_bytes(result.to_file(kind))
    verdict = compare(read_saved(path), result.report, result.provenance)
    assert (verdict.answer, verdict.differences) == (SAME, [])
    shown = sum(len(row.lines) for row in result.report.rows) * len(result.report.buckets)
    assert len(read_saved(path).cells) == (shown // 2 if kind == "json" else shown)


def test_a_change_edited_by_hand_is_found(tmp_path: Path) -> None:
    result = year()
    book = load_workbook(io.BytesIO(result.to_xlsx()))
    page = book["Customer Dynamics"]
    cell = next(
        row[1] for row in page.iter_rows() if row[0].value == "Total (Δ)" and row[1].value == 20
    )
    cell.value = 21
    book.save(tmp_path / "report.xlsx")
    verdict = compare(read_saved(tmp_path / "report.xlsx"), result.report, result.provenance)
    assert verdict.differences == [
        Difference(BALANCE_REFILL, "Total (Δ)", "01/2024", "21.00", "20.00")
    ]


def test_the_fingerprint_covers_the_other_period() -> None:
    changed = [*LEDGER, entry(9, 1, "2023-03-01T00:00:00Z", "refill", "1")]
    one, other = (
        make({**TABLES, "ledger": ledger}, compare="previous_period", group_by=[],
             period={"from": "2023-03-01", "to": "2023-03-31"}).provenance
        for ledger in (LEDGER, changed)
    )  # fmt: skip
    assert one.fingerprint != other.fingerprint and one.result != other.result


def test_the_largest_changes_are_named_in_words_one_of_each_block() -> None:
    result = year()
    words = list(summary(result.report))
    assert (
        "Balance Refill: Total rose by 20.00 EUR to 30.00 EUR in 01/2024 (+200.0 %); "
        "it was 10.00 EUR in 01/2023."
    ) in words
    chosen = largest_changes(result.report)
    assert [one.size for one in chosen] == sorted((one.size for one in chosen), reverse=True)
    assert len({one.row.title for one in chosen}) == len(chosen) <= 5


def test_a_share_changes_by_percentage_points() -> None:
    """Of two clients none lapsed in 2023, and one of two in 2024: from 0 % to 50 %."""
    uses = [(1, "2023-01"), (2, "2023-01"), (1, "2023-02"), (2, "2023-02")]
    uses += [(1, "2024-01"), (2, "2024-01"), (1, "2024-02")]
    ledger = [
        entry(number, client, f"{month}-10T00:00:00Z", "payg", "-1")
        for number, (client, month) in enumerate(uses)
    ]
    clients = [[one, "N", "client", None, "EUR", "2023-01-01T00:00:00Z"] for one in (1, 2)]
    result = make(
        {"clients": clients, "ledger": ledger},
        period={"from": "2024-02-01", "to": "2024-02-29"},
        compare="previous_year",
        blocks=["movements"],
        active_duration=0,
    )
    assert (
        "Movements: Churn Rate rose by 50.0 percentage points to 50.0 % in 02/2024; "
        "it was 0.0 % in 02/2023."
    ) in summary(result.report)


def test_a_running_bucket_is_not_among_the_largest_changes() -> None:
    result = run(
        {"period": {"from": "2024-02-01", "to": "2024-02-29"}, "compare": "previous_year"},
        source(**TABLES),
        as_of=datetime(2024, 2, 12, tzinfo=UTC),
    )
    assert list(summary(result.report)) == ["No bucket is over yet: nothing to compare."]


def test_both_periods_are_read_in_one_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = source(**TABLES)
    begun: list[object] = []
    reading = opened.reading

    def counted(*arguments: Any) -> Any:
        begun.append(arguments)
        return reading(*arguments)

    monkeypatch.setattr(opened, "reading", counted)
    said: list[str] = []
    query = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, "compare": "previous_year"}
    run(query, opened, as_of=AS_OF, progress=said.append)
    assert len(begun) == 1
    assert "reading the ledger of the period compared with" in said


def test_notes_of_the_other_period_say_so() -> None:
    ledger = [*LEDGER, entry(9, 1, "2023-03-01T00:00:00Z", "refill", "-1")]
    result = make({**TABLES, "ledger": ledger}, compare="previous_year")
    wanted = "In the period compared with: 1 entry with a negative refill"
    assert wanted in notes(result)


def test_the_model_of_the_page_has_a_line_for_each_kind() -> None:
    model = to_json_model(year().report)
    assert model["against"][:2] == ["01/2023", "02/2023"]
    first = [row for row in model["rows"] if "line" in row][:4]
    assert [row["line"] for row in first] == ["value", "other", "delta", "percent"]
    assert [row["label"] for row in first] == ["Qty", "Compared", "Δ", "Δ %"]
    assert {row["row"] for row in first} == {0}
    assert "Compared with 01/2023" in model["intervals"][0][2]
    assert json.dumps(model)


def test_missing_rates_of_the_other_period_are_an_error() -> None:
    tables = {
        "clients": [[1, "One", "client", None, "USD", "2020-01-01T00:00:00Z"]],
        "ledger": LEDGER,
        "rates": [["EUR", "2000-01-01", "1"], ["USD", "2023-12-01", "0.9"]],
    }
    assert make(tables, currency="EUR").report.rows
    with pytest.raises(CustdynError, match="USD from 2023-01"):
        make(tables, currency="EUR", compare="previous_year")
