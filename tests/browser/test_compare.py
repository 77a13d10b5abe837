"""Two periods beside each other, in the page."""

from __future__ import annotations

import pytest

from custdyn_widgets import run
from custdyn_widgets.report.comparison import summary
from tests.browser.conftest import FRONTS, Arrive

SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month"
DEMO = "?period=2025-01-01/2025-12-31&group_by=month&group_by=package"


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_the_toolbar_compares_and_the_table_has_a_line_for_each(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "demo", DEMO)
    visit.query()
    visit.table()
    visit.press("Compare")
    visit.options().filter(has_text="Previous Year").click()
    visit.page.get_by_role("button", name="Compare: Previous Year").wait_for()
    query = {"period": {"from": "2025-01-01", "to": "2025-12-31"}, "compare": "previous_year",
             "group_by": ["month", "package"]}  # fmt: skip
    result = run(query, "demo")
    shown = [line[1:] for line in visit.table() if len(line) > 2][1:]
    assert shown == [list(line.texts) for row in result.report.rows for line in row.lines]
    told = visit.page.locator(".custdyn-app .custdyn-changes li").all_inner_texts()
    assert told == list(summary(result.report)) and len(told) == 5
    head = visit.page.locator("th[data-column='0']").inner_text()
    assert "vs 01/2024" in head
    for name, line in (("Compared", "other"), ("Δ", "delta"), ("Δ %", "percent")):
        visit.press(name)
        visit.page.locator(f".custdyn-app table.custdyn tr.{line}").first.wait_for(state="detached")
    assert "Compared" not in [line[0] for line in visit.table()]
    visit.press("Δ")
    visit.page.locator(".custdyn-app table.custdyn tr.delta").first.wait_for()
    visit.page.get_by_role("button", name="Compare: Previous Year").click()
    visit.options().filter(has_text="No comparison").click()
    visit.page.locator(".custdyn-app table.custdyn tr.delta").first.wait_for(state="detached")


@pytest.mark.parametrize("front", FRONTS)
def test_a_period_with_other_buckets_is_refused_at_its_field(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample", SAMPLE)
    visit.query()
    visit.table()
    visit.press("Compare")
    visit.options().filter(has_text="Custom").click()
    visit.write("Compare from", "2016-01-01")
    visit.write("Compare to", "2016-02-29")
    visit.query()
    visit.alert("has 2 columns (01/2016 – 02/2016), the period has 12 columns").wait_for()
    visit.write("Compare to", "2016-12-31")
    visit.query()
    visit.page.locator(".custdyn-app table.custdyn tr.delta").first.wait_for()


def test_a_period_compared_with_itself_has_not_changed(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", f"{SAMPLE}&compare=2017-01-01/2017-12-31")
    visit.query()
    visit.table()
    changes = {text for line in visit.table() if line[0] == "Δ" for text in line[1:]}
    assert changes == {"0", "0.00", "N/A"}
    assert visit.page.locator(".custdyn-app .custdyn-changes li").all_inner_texts() == [
        "Nothing changed."
    ]


@pytest.mark.parametrize("front", FRONTS)
def test_cells_and_columns_explain_the_comparison(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample", f"{SAMPLE}&compare=2016-12-01/2017-11-30")
    visit.query()
    visit.table()
    tip = visit.page.locator(".custdyn-tip:popover-open")
    cell = visit.page.locator(".custdyn-app table.custdyn tr.percent td:not(.spark)").first
    cell.hover()
    words = tip.inner_text()
    assert "Clients - Active: Qty (Δ %) · 01/2017" in words
    assert "the compared figure is 0" in words and "in percent of the size" in words
    visit.page.locator("th[data-column='0']").hover()
    visit.page.locator(".custdyn-tip:popover-open", has_text="Compared with 12/2016").wait_for()


@pytest.mark.parametrize("front", FRONTS)
def test_sparklines_draw_each_row_and_gaps_where_it_is_na(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample", f"{SAMPLE}&compare=2016-12-01/2017-11-30")
    visit.query()
    before = visit.table()
    assert visit.page.locator(".custdyn-app table.custdyn .spark").count() == 0
    visit.view("Sparklines")
    visit.page.locator(".custdyn-app table.custdyn .spark path").first.wait_for()
    paths = {
        name: visit.page.evaluate(
            "(name) => [...document.querySelectorAll('.custdyn-app table.custdyn tr.value')]"
            ".map((row) => row.querySelector(`.spark path.${name}`)?.getAttribute('d') ?? '')",
            name,
        )
        for name in ("own", "other")
    }
    values = [line for line in before if len(line) > 2 and line[0] not in ("", "Δ", "Δ %")]
    own = [line[1:] for line in values if line[0] != "Compared"]
    other = [line[1:] for line in values if line[0] == "Compared"]
    for drawn, rows in ((paths["own"], own), (paths["other"], other)):
        assert len(drawn) == len(rows)
        for way, row in zip(drawn, rows, strict=True):
            there = [text != "N/A" for text in row]
            starts = [now and not then for then, now in zip([False, *there], there, strict=False)]
            assert way.count("M") == sum(starts)  # a new beginning after each gap
            assert way.count("M") + way.count("L") == sum(there)
    visit.go_to(visit.page.locator(".custdyn-app table.custdyn tr.value td:not(.spark)").first)
    visit.page.keyboard.press("ArrowRight")
    assert visit.page.evaluate("document.activeElement.textContent") == own[0][1]
    visit.view("Sparklines")
    visit.page.locator(".custdyn-app table.custdyn .spark").first.wait_for(state="detached")
    assert visit.table() == before
