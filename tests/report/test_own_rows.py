"""Own rows in reports, files, charts, comparisons; the same bytes everywhere."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from custdyn_widgets import Row, balances, clients, flows, run
from custdyn_widgets.cli import main
from custdyn_widgets.exports.verify import SAME, compare, read_saved
from custdyn_widgets.model import blocks
from custdyn_widgets.model.definitions import BlockDefinition
from custdyn_widgets.query.query import Query
from custdyn_widgets.store.saved_query import QueryTemplate
from custdyn_widgets.views.chart_spec import ChartError
from tests.conftest import AS_OF
from tests.support.small import entry, make, values

YEAR = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
PAYERS = Row("Payers", count=clients.active.with_(flows.refill))
ROWS = [
    PAYERS,
    Row("Revenue per Payer", sum=-flows.spent, per=PAYERS),
    Row("Refills per Client", count=flows.refill, per=clients.all),
    Row("Share of debt & credit", sum=balances.all_negative, per=balances.all, unit="percent"),
    Row("All of it", sum=balances.all),
    Row("Active", count=clients.active),
    Row("Used", sum=flows.payg),
]


def test_own_rows_of_built_in_terms_are_the_built_in_rows() -> None:
    report = run(YEAR, "sample", rows=ROWS, as_of=AS_OF).report
    for own, block, row in (
        ("All of it", "Clients - All", "Balance"),
        ("Active", "Clients - Active", "Qty"),
        ("Used", "Pay As You Go", "Total"),
    ):
        assert report.row("My rows", own).cells == report.row(block, row).cells
    per = report.row("My rows", "Revenue per Payer").cells
    assert str(report.row("My rows", "Payers").cells[1]) == "0" and per[1].value is None
    assert per[1].reason == "what it is divided by is 0"


def test_a_built_in_row_may_ask_for_entries_as_an_own_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    refilled = Row("Refilled", count=clients.all.with_(flows.refill))
    ledger = [entry(1, 1, "2024-03-05T10:00:00Z", "refill", "10")]
    own = values(make({"ledger": ledger}, rows=[refilled]), "My rows", "Refilled")
    trial = BlockDefinition("Trial", "One row.", (refilled.defined,))
    monkeypatch.setattr(blocks, "EVERY_BLOCK", (*blocks.EVERY_BLOCK, trial))
    built_in = values(make({"ledger": ledger}), "Trial", "Refilled")
    assert built_in == own == ["0", "0", "1", *["0"] * 9]


@pytest.mark.parametrize("compared", [None, "previous_year"])
def test_files_hold_own_rows_and_verify(tmp_path: Path, compared: str | None) -> None:
    result = run({**YEAR, "compare": compared}, "sample", rows=ROWS, as_of=AS_OF)
    for kind in ("xlsx", "xls", "json", "csv", "html"):
        (tmp_path / f"r.{kind}").write_bytes(result.to_file(kind))
    for kind in ("xlsx", "xls", "json"):
        saved = read_saved(tmp_path / f"r.{kind}")
        assert saved.query == result.query
        again = run(saved.query, "sample", as_of=saved.as_of)
        assert compare(saved, again.report, again.provenance).answer == SAME
    sheet = load_workbook(tmp_path / "r.xlsx")["Customer Dynamics"]
    names = [row[0].value for row in sheet.iter_rows()]
    assert names.index("My rows") < names.index("Share of debt & credit")
    assert "Share of debt &amp; credit" in (tmp_path / "r.html").read_text("utf-8")
    assert '"My rows"' in (tmp_path / "r.json").read_text()
    assert '\n"Payers",0,' in (tmp_path / "r.csv").read_text("utf-8-sig")


def test_a_query_file_with_rows_gives_the_same_bytes_everywhere(tmp_path: Path) -> None:
    instant = AS_OF.isoformat()
    for kind in ("xlsx", "xls", "csv"):
        query = Query.model_validate({**YEAR, "rows": ROWS, "output": {"type": kind}})
        query.write(tmp_path / "q.toml")
        stored = QueryTemplate.model_validate_json(QueryTemplate(query=query).model_dump_json())
        out = tmp_path / f"cli.{kind}"
        options = ["--source", "sample", "--as-of", instant, "--output", str(out)]
        assert main(["report", "--query", str(tmp_path / "q.toml"), *options]) == 0
        notebook = run(tmp_path / "q.toml", "sample", as_of=AS_OF).to_file(kind)
        scheduled = run(stored.query, "sample", as_of=AS_OF).to_file(kind)  # as a worker does
        assert out.read_bytes() == notebook == scheduled


def test_own_rows_are_drawn_compared_and_explained() -> None:
    result = run({**YEAR, "compare": "previous_year"}, "sample", rows=ROWS, as_of=AS_OF)
    series = [{"block": "My rows", "row": "Refills per Client"}]
    spec = result.chart({"title": "Own", "series": series}).to_dict()
    assert "Ratio" in json.dumps(spec)
    with pytest.raises(ChartError, match="did you mean Payers"):
        result.chart({"title": "Own", "series": [{"block": "My rows", "row": "Payer"}]})
    assert "Refills per Client (Δ)" in result.table.loc["My rows"].index
    words = str(result.explain("My rows", "Refills per Client", "2017-03"))
    assert "Number of entries of Refill, divided by the number of clients" in words
    assert "up to this figure" in words


def test_filters_of_a_row_that_nothing_has_are_noted() -> None:
    row = Row("VIP", count=clients.all.where(client_tags="no client has this"))
    report = run(YEAR, "sample", rows=[row], as_of=AS_OF).report
    assert any("no client has this" in note.text for note in report.notes)
    assert report.row("My rows", "VIP").cells[0].value == 0


def test_of_packages_only_the_entries_of_those_that_a_row_names_count() -> None:
    ledger = [
        entry(1, 1, "2024-01-05T00:00:00Z", "package_renewal", "-1", 1),
        entry(2, 1, "2024-01-06T00:00:00Z", "package_renewal", "-10", 2),
        entry(3, 2, "2024-01-07T00:00:00Z", "package_renewal", "-100", 2),
        entry(4, 1, "2024-02-07T00:00:00Z", "package_renewal", "-10", 2),
    ]
    people = [[n, f"Client {n}", "client", None, "EUR", "2024-01-01T00:00:00Z"] for n in (1, 2)]
    gold, renewed = {"package": "Gold"}, flows.package_renewal
    rows = [
        Row("Gold", sum=renewed.where(**gold)),
        Row("Renewed Gold", count=clients.all.with_(renewed).where(**gold)),
        Row("Rest", sum=flows.other.where(**gold)),
    ]
    result = make(
        {"clients": people, "packages": [[1, "Gold"], [2, "Silver"]], "ledger": ledger},
        rows=rows,
    )
    shown = [values(result, "My rows", row.label)[:2] for row in rows]
    assert shown == [["-1.00", "N/A"], ["1", "0"], ["-10.00", "-10.00"]]
    for row, counted in (("Gold", 1), ("Renewed Gold", 1), ("Rest", 1)):
        assert len(result.clients("My rows", row, "2024-01")) == counted
    assert result.entries("My rows", "Gold", "2024-01").value.tolist() == [-1]
