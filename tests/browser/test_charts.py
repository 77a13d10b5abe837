"""Charts in Chromium: what they draw is read from the view that is on the screen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from custdyn_widgets.views.chart_spec import PRE_CONFIGURED
from tests.browser.conftest import FRONTS, Arrive, Servers
from tests.browser.drive import Visit
from tests.browser.test_look import faults

SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month&group_by=package"
COMPARED = f"{SAMPLE}&compare=2016-12-01/2017-11-30"
DEMO = "?period=2025-01-01/2025-12-31&group_by=month&group_by=package"
SIDES = {"own": "Value", "other": "Compared"}


def asked(visit: Visit) -> Visit:
    visit.query()
    visit.table()
    return visit


def wait_for_names(visit: Visit, names: set[str]) -> list[dict[str, Any]]:
    """The data of the chart once it draws these rows."""
    visit.page.wait_for_function(
        "(wanted) => { const view = document.querySelector('.custdyn-vega')?.view; if (!view)"
        " return false; const names = new Set(view.data('cells').map((one) => one.name));"
        " return names.size === wanted.length && wanted.every((one) => names.has(one)) }",
        arg=sorted(names),
    )
    return visit.chart_data()


def wait_until_drawn_as(visit: Visit, mark: str, names: set[str]) -> None:
    def drawn() -> bool:
        own = {one["name"] for one in visit.chart_marks() if one["type"] == mark}
        return own == names

    visit.until(drawn)


def compare_with_the_table(visit: Visit, names: set[str]) -> None:
    """Every figure of the view stands in the table, exactly; N/A is no mark at all."""
    wait_for_names(visit, names)
    visit.until(lambda: is_as_the_table(visit, names))


def is_as_the_table(visit: Visit, names: set[str]) -> bool:
    data = visit.chart_data()
    for name in names:
        block, row = name.rsplit(": ", 1)
        lines = visit.row_of(block, row)
        for side, line in SIDES.items():
            mine = [one for one in data if one["name"] == name and one["side"] == side]
            if [one["shown"] for one in mine] != lines.get(line, []):
                return False
            for one in mine:
                text = one["shown"].replace(" ", "")
                assert one["value"] == (None if text == "N/A" else float(text))
    drawn = [one for one in visit.chart_marks() if one["defined"]]
    return {one["shown"] for one in drawn} == {one["shown"] for one in data} - {"N/A"}


@pytest.mark.parametrize("front", FRONTS)
@pytest.mark.parametrize("link", [SAMPLE, COMPARED])
def test_every_template_draws_the_cells_of_the_table(front: str, link: str, arrive: Arrive) -> None:
    visit = asked(arrive(front, "sample", link))
    for title in PRE_CONFIGURED:
        visit.show_chart(title)
        series = PRE_CONFIGURED[title].series[0]
        compare_with_the_table(visit, {series.name})
    dashes = {one["side"]: one["dash"] for one in visit.chart_marks()}
    assert not dashes.get("own")
    if link == COMPARED:
        visit.show_chart("Clients - Active: Qty")
        wait_for_names(visit, {"Clients - Active: Qty"})
        lines = {one["side"]: one["dash"] for one in visit.chart_marks() if one["type"] == "line"}
        assert lines["other"] and not lines["own"]


@pytest.mark.parametrize("front", FRONTS)
def test_a_blank_chart_is_made_in_the_editor_with_every_option(front: str, arrive: Arrive) -> None:
    visit = asked(arrive(front, "sample", COMPARED))
    visit.show_chart("Blank Chart")
    visit.page.get_by_text("Add a series").wait_for()
    wanted = ["Clients - Active: Balance", "Pay As You Go: Total", "Clients - All: Qty"]
    for name in wanted:
        visit.add_series(name)
    compare_with_the_table(visit, set(wanted))
    for kind, mark in (("Column", "rect"), ("Stacked Column", "rect"), ("Area", "area"),
                       ("Point", "symbol"), ("Line", "line")):  # fmt: skip
        for name in wanted:
            visit.choose(f"Kind of {name}", kind)
        wait_until_drawn_as(visit, mark, set(wanted))
        compare_with_the_table(visit, set(wanted))
    visit.choose("Axis of Clients - All: Qty", "Right axis")
    visit.page.get_by_label("Colour of Clients - All: Qty").fill("#aa00bb")
    visit.write("Title", "All of it")
    visit.choose("Legend", "Right")
    visit.choose("Kind of Clients - Active: Balance", "Stacked Column")
    visit.choose("Kind of Pay As You Go: Total", "Stacked Column")
    visit.page.get_by_label("Values", exact=True).check()
    svg = visit.chart_svg(">-9 347.79<")  # a value that is written
    for text in ("All of it", "USD", "Quantity", "dashed: 2016-12-01", "#aa00bb"):
        assert text in svg, text
    visit.choose("Stacking", "Shares")
    visit.chart_svg(">Share<")
    visit.press("Delete Clients - Active: Balance")
    compare_with_the_table(visit, set(wanted[1:]))


@pytest.mark.parametrize("front", FRONTS)
def test_packages_as_small_multiples_and_on_the_axis(front: str, arrive: Arrive) -> None:
    visit = asked(arrive(front, "hostile", DEMO))
    visit.show_chart("Blank Chart")
    each = "Package (each package): Renew Qty"
    visit.add_series(each)
    data = wait_for_names(visit, {"Package: Renew Qty"})
    packages = list(dict.fromkeys(one["package"] for one in data))
    assert len(packages) == 12 and '<img src=x onerror="alert(1)">' in packages
    for package in packages:
        shown = [one["shown"] for one in data if one["package"] == package]
        assert shown == visit.row_of(f'Package "{package}"', "Renew Qty")["Value"]
    assert visit.page.locator(".custdyn-app img").count() == 0
    visit.choose("X axis", "Package")  # both at once are a contradiction, which is said
    visit.page.get_by_text("goes with X = Time").wait_for()
    visit.page.get_by_label("Small Multiples").uncheck()
    visit.choose("Bucket", "07/2025")
    visit.choose(f"Kind of {each}", "Column")
    visit.page.wait_for_function(
        "document.querySelector('.custdyn-vega').view.data('cells').length === 12"
    )

    def is_july() -> bool:
        return all(
            one["shown"] == visit.row_of(f'Package "{one["x"]}"', "Renew Qty")["Value"][6]
            for one in visit.chart_data()
        )

    visit.until(is_july)


@pytest.mark.parametrize("front", FRONTS)
def test_a_click_on_a_point_selects_its_cell(front: str, arrive: Arrive) -> None:
    visit = asked(arrive(front, "demo", DEMO))
    visit.show_chart("Clients - Active: Qty")
    wait_for_names(visit, {"Clients - Active: Qty"})
    visit.page.locator(".custdyn-vega canvas").scroll_into_view_if_needed()
    visit.page.wait_for_timeout(500)
    mark = next(one for one in visit.chart_marks() if one["place"] == "07/2025")
    visit.page.mouse.click(mark["x"] - 9, mark["y"] + 6)  # beside it is near enough
    visit.page.wait_for_function(
        "(text) => document.activeElement.matches('td') &&"
        " document.activeElement.textContent === text",
        arg=mark["shown"],
    )
    told = visit.page.locator(".custdyn-tip")
    assert "Clients - Active: Qty · 07/2025" in told.inner_text()


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_a_chart_is_kept_renamed_and_deleted(front: str, arrive: Arrive) -> None:
    visit = asked(arrive(front, "sample", SAMPLE))
    first, second = f"Kept in {front}", f"Renamed in {front}"
    visit.show_chart("Balance Refill: Total")
    visit.press("Edit chart")
    visit.choose("Kind of Balance Refill: Total", "Area")
    visit.write("Template name", "Clients - active: qty")
    visit.press("Save as chart template")
    visit.page.get_by_text("pre-configured chart; choose another name").wait_for()
    visit.write("Template name", first)
    visit.choose("Visible to", "Everyone")
    visit.press("Save as chart template")
    visit.page.get_by_text("Saved.").wait_for()
    visit.write("Template name", second)
    visit.press("Save changes")
    visit.page.get_by_role("button", name="Save changes").wait_for()
    visit.press("Close the chart")
    again = asked(arrive(front, "sample", SAMPLE))  # another visit finds it
    again.show_chart(second)
    wait_for_names(again, {"Balance Refill: Total"})
    again.press("Edit chart")
    assert again.field("Kind of Balance Refill: Total").input_value() != "line"
    again.press("Delete")
    again.page.get_by_text("Deleted.").wait_for()
    again.press("Show Chart")
    again.options().first.wait_for()
    expect(again.options().filter(has_text=second)).to_have_count(0)


@pytest.mark.parametrize("front", FRONTS)
def test_picture_and_data_of_a_chart_are_handed_over(
    front: str, arrive: Arrive, tmp_path: Path
) -> None:
    visit = asked(arrive(front, "sample", SAMPLE))
    visit.show_chart("Pay as you Go: Total")
    wait_for_names(visit, {"Pay As You Go: Total"})
    saved = {}
    for label, kind in (("PNG", "png"), ("SVG", "svg"), ("Chart data (CSV)", "csv")):
        with visit.page.expect_download() as download:
            visit.press(label)
        assert download.value.suggested_filename == f"Pay-as-you-Go--Total.{kind}"
        download.value.save_as(tmp_path / kind)
        saved[kind] = (tmp_path / kind).read_bytes()
    assert saved["png"].startswith(b"\x89PNG") and len(saved["png"]) > 5_000
    assert saved["svg"].startswith(b"<svg") and b"Pay as you Go: Total" in saved["svg"]
    lines = saved["csv"].decode("utf-8-sig").splitlines()
    figures = [line.split('",')[-1].strip('"') for line in lines[1:]]
    shown = visit.row_of("Pay As You Go", "Total")["Value"]
    assert figures == [text.replace(" ", "").replace("N/A", "") for text in shown]


def test_a_chart_follows_the_report_and_the_theme(arrive: Arrive) -> None:
    visit = asked(arrive("voila", "sample", SAMPLE))
    visit.show_chart("Clients - Active: Qty")
    wait_for_names(visit, {"Clients - Active: Qty"})
    visit.write("Active Duration", "0")
    visit.notice("made with earlier settings").wait_for()
    visit.query()
    visit.notice("made with earlier settings").wait_for(state="detached")
    compare_with_the_table(visit, {"Clients - Active: Qty"})
    paper = "document.querySelector('.custdyn-vega').view.background()"
    light = visit.page.evaluate(paper)
    visit.page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    visit.page.wait_for_function(f"{paper} !== undefined")
    assert light
    visit.choose("Type", "Web")
    visit.press("Close the chart")
    visit.page.locator(".custdyn-vega canvas").wait_for(state="hidden")


def test_buckets_that_are_not_over_are_paler(arrive: Arrive) -> None:
    visit = asked(arrive("voila", "demo", "?period=this_year&group_by=month"))
    for title in ("Clients - Active: Qty", "Balance Refill: Total"):
        visit.show_chart(title)
        wait_for_names(visit, {title})
        kind = "symbol" if "Active" in title else "rect"
        wait_until_drawn_as(visit, kind, {title})
        shades = [one["opacity"] for one in visit.chart_marks() if one["type"] == kind]
        assert min(shades) < 0.5 and max(shades) == 1


def test_a_notebook_shows_an_altair_chart_without_a_network(
    visits: Arrive, servers: Servers
) -> None:
    cell = (
        "from custdyn_widgets import run\n"
        "result = run({'period': {'from': '2017-01-01', 'to': '2017-12-31'}}, 'sample')\n"
        "result.chart('Clients - Active: Qty').properties(title='My own title')"
    )
    visit = visits()
    visit.run_the_cell(servers.notebook(cell), until=".custdyn-vega canvas")
    visit.chart_svg("My own title")
    servers.end_notebooks()


@pytest.mark.parametrize("theme, width", [("light", 1440), ("dark", 390)])
def test_axe_finds_nothing_serious_in_charts_and_comparisons(
    theme: str, width: int, arrive: Arrive
) -> None:
    link = f"?period=2025-01-01/2025-03-31&group_by=month&compare=previous_year&theme={theme}"
    visit = asked(arrive("voila", "demo", link, width))
    visit.view("Sparklines")
    found = {"compared": faults(visit)}
    visit.show_chart("Clients - Active: Qty")
    wait_for_names(visit, {"Clients - Active: Qty"})
    visit.press("Edit chart")
    visit.add_series("Balance Refill: Total")
    found["editor"] = faults(visit)
    visit.press("Show Chart")
    visit.options().first.wait_for()
    found["menu"] = faults(visit)
    assert found == {state: [] for state in found}
    assert visit.page.evaluate(
        "document.querySelector('.custdyn-app').scrollWidth"
        " <= document.querySelector('.custdyn-app').clientWidth"
    )
