"""Parts without a browser: traits, selection by address, what follows what."""

from __future__ import annotations

from typing import Any

import pytest
import traitlets
from ipywidgets.widgets.widget import _instances

from custdyn_widgets import (
    CellPanel,
    CustomerDynamics,
    FilterForm,
    Query,
    ReportChart,
    ReportTable,
    Result,
    Row,
    clients,
    flows,
    run,
)
from custdyn_widgets.errors import NoReport, NothingSelected, QueryError
from tests.conftest import AS_OF
from tests.ui.test_widget import wait

YEAR: dict[str, Any] = {
    "period": {"from": "2017-01-01", "to": "2017-12-31"},
    "currency": "USD",
}
FEBRUARY = {"block": "Pay As You Go", "row": "Total", "bucket": "2017-02"}


@pytest.fixture(scope="module")
def result() -> Result:
    return run(YEAR, "sample", as_of=AS_OF)


def test_parts_follow_a_form_and_share_what_is_selected() -> None:
    form = FilterForm("sample", query=YEAR, run=True)
    table, chart = ReportTable(form), ReportChart(form, "Pay as you Go: Total")
    panel, second = CellPanel(table), ReportChart(table)
    traitlets.link((table, "selection"), (chart, "selection"))
    assert table.report is form.report and second.report is form.report and chart.spec
    told: list[Any] = []
    table.on_select(told.append)
    table.selection = FEBRUARY
    address = {**FEBRUARY, "bucket": "02/2017", "package": None, "line": "value"}
    assert table.selection == chart.selection == panel.selection == second.selection == address
    assert told == []  # no reader has clicked
    assert table.clients.value.sum() == pytest.approx(-9347.79)
    assert table.entries.value.sum() == pytest.approx(-9347.79)
    assert table.selected.value.item() == pytest.approx(-9347.79)
    assert "result.clients('Pay As You Go', 'Total', '02/2017')" in table.code
    wait(lambda: panel.view.get("proof"))
    assert panel.view["title"] == "Pay As You Go: Total · 02/2017"
    panel._received(None, {"type": "close"}, [])
    assert not panel.view["open"] and table.selection  # what is chosen stays
    row, line, column = table.cell
    table._received(None, {"type": "cell", "row": row, "line": line, "column": column}, [])
    assert told == [address]
    wait(lambda: panel.view["open"])  # a second click opens it again
    chart._received(None, {"type": "point", "row": 0, "column": 3}, [])
    assert table.selection["bucket"] == "04/2017" and table.cell[0] == 0
    counted = table.entries  # of a figure that counts clients: the entries of these
    assert set(counted.client_id) <= set(table.clients.client_id)
    table.on_select(told.append, remove=True)
    table._received(None, {"type": "cell", "row": 1, "line": "value", "column": 0}, [])
    assert len(told) == 1


def test_a_selection_stays_where_the_next_report_has_it(result: Result) -> None:
    table = ReportTable(result)
    table.selection = FEBRUARY
    table.report = run({**YEAR, "active_duration": 6}, "sample", as_of=AS_OF)
    assert table.selection["bucket"] == "02/2017" and table.cell
    table.report = run({**YEAR, "group_by": ["year"]}, "sample", as_of=AS_OF)
    assert table.selection is None and table.cell == []
    early = ReportTable()
    early.selection = FEBRUARY  # before there is a report
    early.report = result
    assert early.selection is not None and early.cell == table_place(result)


def table_place(result: Result) -> list[Any]:
    table = ReportTable(result)
    table.selection = FEBRUARY
    return list(table.cell)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({**FEBRUARY, "row": "Totl"}, "did you mean Pay As You Go: Total?"),
        ({**FEBRUARY, "bucket": "2020-01"}, "no such bucket"),
        ({**FEBRUARY, "line": "other"}, "compares with no other period"),
        ({**FEBRUARY, "line": "x"}, "is not one of value"),
        ({**FEBRUARY, "colour": "red"}, "is not one of block"),
        ({"block": "Packages"}, "row: is missing"),
    ],
)
def test_what_cannot_be_selected_is_refused_in_words(
    wrong: dict[str, Any], said: str, result: Result
) -> None:
    table = ReportTable(result)
    table.selection = FEBRUARY
    with pytest.raises(QueryError, match=said.replace("?", r"\?")):
        table.selection = wrong
    assert table.selection["bucket"] == "02/2017"


def test_what_is_not_there_is_said(result: Result) -> None:
    with pytest.raises(NothingSelected):
        _ = ReportTable(result).clients
    with pytest.raises(NoReport):
        _ = ReportTable().code
    with pytest.raises(QueryError, match="takes a Result, a FilterForm"):
        ReportTable(3)
    assert (
        "the query has no row"
        in ReportChart(result, {"title": "x", "series": [{"block": "My rows", "row": "y"}]}).words
    )
    for nonsense in (None, "x", {}, {"type": "cell"}, {"type": "cell", "row": 99, "column": 0}):
        table = ReportTable(result)
        table._received(None, nonsense, [])
        assert table.selection is None


def test_lines_of_a_comparison_are_selected(result: Result) -> None:
    table = ReportTable(run({**YEAR, "compare": "previous_year"}, "sample", as_of=AS_OF))
    table.selection = {**FEBRUARY, "line": "other"}
    assert table.clients.empty
    table.selection = {**FEBRUARY, "row": "Total (Compared)"}
    assert table.selection["line"] == "other" and table.selection["row"] == "Total"
    table.selection = {**FEBRUARY, "line": "delta"}
    assert table.clients.value.sum() == pytest.approx(-9347.79)


def test_the_form_has_its_state_as_traits() -> None:
    form = FilterForm("sample", query=YEAR)
    assert form.report is None and not form.busy and form.faults == []
    seen: list[str] = []
    form.observe(lambda change: seen.append(change["name"]), ["query", "busy", "report", "faults"])
    form.fields.controls.active_duration.value = 500
    assert form.query.active_duration == 3 and "active_duration" in form.faults[0]
    form.query = {**YEAR, "active_duration": 6}
    assert form.faults == [] and form.fields.query().active_duration == 6
    for wrong, words in (({"period": "lst_month"}, "lst_month"), ("x=1", "is no link"), (None, "")):
        with pytest.raises(QueryError, match=words):
            form.query = wrong
    asked: list[Query] = []
    form.on_query(asked.append)
    made = form.run()
    assert form.report is made and asked == [form.query] and not form.busy
    assert seen.count("report") == 1 and seen.count("busy") == 2
    form.ask()
    wait(lambda: form.report is not made)
    assert FilterForm("sample", query="?period=last_year").query == Query(period="last_year")
    with pytest.raises(QueryError):
        FilterForm("sample", query={"period": "never"}, run=True)


def test_the_page_is_made_of_the_parts() -> None:
    payers = Row("Payers", count=clients.active.with_(flows.refill))
    app = CustomerDynamics("sample", query={**YEAR, "rows": [payers]}, run=True)
    assert app.report is app.result is app.form.report is app.table.report is app.panel.report
    assert app.query.rows == (payers,) and app.form.fields.controls.rows.values == ["Payers"]
    seen: list[Any] = []
    app.observe(lambda change: seen.append(change["new"]), "selection")
    app.table._received(None, {"type": "cell", "row": 0, "line": "value", "column": 1}, [])
    assert seen[0]["bucket"] == "02/2017"
    wait(lambda: app.panel.view.get("proof"))
    with pytest.raises(QueryError):
        app.selection = {"block": "x"}
    app.selection = FEBRUARY
    assert app.selection == app.table.selection != FEBRUARY
    assert app.table.cell and app.panel.view["title"].startswith(
        "Clients - Active"
    )  # not by itself
    app.form.fields.controls.rows.fill([])
    app.form.changed()
    assert app.query.rows == ()
    app.query = {**YEAR, "rows": [payers]}
    assert app.form.fields.query().rows == (payers,)
    before = CustomerDynamics("sample", query=YEAR)
    before.selection = {**FEBRUARY}
    before.run()
    assert before.table.selection is not None and before.table.selection["bucket"] == "02/2017"


def test_a_part_is_one_model_and_the_page_at_most_a_hundred(result: Result) -> None:
    ReportTable(result)  # what all share is there
    for make in (ReportTable, ReportChart, CellPanel):
        before = len(_instances)
        made = make(result)
        assert len(_instances) - before == 1, make
        made.close()
        assert len(_instances) == before
    before = len(_instances)
    app = CustomerDynamics("sample", query=YEAR)
    assert len(_instances) - before <= 100
    app.close()
    assert len(_instances) == before
