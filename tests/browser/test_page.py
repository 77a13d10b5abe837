"""The page does what a person expects, in Voilà and in JupyterLab, with no network."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser

from custdyn_widgets import Query, run
from custdyn_widgets.exports.verify import read_filed
from custdyn_widgets.ui.app import FILES
from tests.conftest import AS_OF
from tests.test_sample import golden

from .drive import Visit, voila


def expected() -> list[list[str]]:
    """The page's own table as it stands in the DOM: titles of blocks have one wide cell."""
    return [line if len(line) > 1 else [*line, ""] for line in golden()]


def test_the_sample_in_voila_equals_the_page_cell_for_cell(
    browser: Browser, voila_sample: str
) -> None:
    visit = Visit(browser)
    visit.open(voila_sample)
    visit.fill_the_sample()
    assert visit.field("Period").locator("select").input_value() == "Custom"
    visit.query()
    assert visit.table() == expected()
    assert visit.refused == []
    assert visit.errors == []


def test_the_sample_in_jupyterlab_equals_the_page_cell_for_cell(browser: Browser, lab: str) -> None:
    visit = Visit(browser)
    visit.run_the_cell(lab)
    visit.fill_the_sample()
    visit.query()
    assert visit.table() == expected()
    assert visit.refused == []


@pytest.mark.parametrize("kind", ["csv", "xlsx", "xls"])
@pytest.mark.parametrize("front", ["voila", "lab"])
def test_the_exported_file_is_the_report_on_the_screen(
    front: str,
    kind: str,
    browser: Browser,
    request: pytest.FixtureRequest,
    page_query: Query,
    tmp_path: Path,
) -> None:
    visit = Visit(browser)
    if front == "voila":
        visit.open(request.getfixturevalue("voila_sample"))
    else:
        visit.run_the_cell(request.getfixturevalue("lab"))
    visit.fill_the_sample()
    visit.query()
    visit.table()
    with visit.page.expect_download() as download:
        visit.page.get_by_role("button", name=f"Export to {FILES[kind]}", exact=True).click()
    assert download.value.suggested_filename == f"customer-dynamics_2017-01-01_2017-12-31.{kind}"
    saved = tmp_path / f"saved.{kind}"
    download.value.save_as(saved)
    if kind == "csv":
        assert saved.read_bytes() == run(page_query, "sample", as_of=AS_OF).to_csv()
    else:  # made again as of the instant that is in it, it is the same to the byte
        filed = read_filed(saved)
        again = run(filed.query, "sample", as_of=filed.as_of)
        assert sha256(again.to_file(kind)).digest() == sha256(saved.read_bytes()).digest()


def test_a_large_file_arrives_whole_and_leaves_nothing_behind(
    browser: Browser, voila_large: str, tmp_path: Path
) -> None:
    visit = Visit(browser)
    visit.page.goto(voila_large)
    before = set(Path(tempfile.gettempdir()).iterdir())
    with visit.page.expect_download(timeout=60_000) as download:
        visit.page.get_by_role("button", name="Download 40 MB").click()
    assert download.value.suggested_filename == "Bericht für «Q1».bin"
    download.value.save_as(tmp_path / "large.bin")
    content = (tmp_path / "large.bin").read_bytes()
    assert len(content) == 40_000_000
    assert sha256(content).digest() == sha256(bytes(range(250)) * 160_000).digest()
    left = {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before if path.is_file()}
    assert not [path for path in left if path.stat().st_size >= 40_000_000]


@pytest.mark.parametrize("label", ["CSV", "Excel XLS", "Excel XLSx"])
def test_a_file_type_and_query_downloads_the_file(
    label: str, browser: Browser, voila_sample: str
) -> None:
    visit = Visit(browser)
    visit.open(voila_sample)
    visit.fill_the_sample()
    assert not visit.field("Send to").is_visible()
    visit.field("Type").locator("select").select_option(label=label)
    visit.field("Send to").wait_for()
    with visit.page.expect_download():
        visit.query()


def test_faults_stand_beside_their_fields_all_at_once(browser: Browser, voila_sample: str) -> None:
    visit = Visit(browser)
    visit.open(voila_sample)
    zone = visit.field("Time Zone").locator("input")
    zone.fill("Europe/Viena")
    zone.press("Tab")
    first, last = visit.page.locator("input[type=datetime-local]").all()
    first.fill("2018-01-01T00:00:00")
    first.press("Tab")
    last.fill("2017-01-01T00:00:00")
    last.press("Tab")
    visit.query()
    alerts = visit.page.locator(".custdyn-fault [role=alert]")
    alerts.nth(1).wait_for()
    told = "\n".join(alerts.all_inner_texts())
    assert "did you mean Europe/Vienna?" in told
    assert "is after" in told
    zone.fill("UTC")
    zone.press("Tab")
    last.fill("2018-02-01T00:00:00")
    last.press("Tab")
    visit.query()
    visit.table()
    assert alerts.count() == 0


def test_what_is_not_offered_is_said_beside_its_field(browser: Browser, voila_sample: str) -> None:
    visit = Visit(browser)
    visit.open(voila_sample)
    visit.field("Compare").locator("select").select_option(label="Previous Year")
    visit.query()
    alert = visit.page.locator(".custdyn-fault [role=alert]").first
    alert.wait_for()
    assert "not offered in this version" in alert.inner_text()


def test_filters_and_grouping_reach_the_report(browser: Browser, voila_demo: str) -> None:
    visit = Visit(browser)
    visit.open(voila_demo)
    visit.field("Client Type").locator("select").select_option(label="Reseller")
    tags = visit.field("Client Tags").locator("input")
    tags.fill("vip")
    tags.press("Enter")
    visit.page.get_by_role("button", name="Year", exact=True).click()
    visit.query()
    table = visit.table()
    assert len(table[0]) == 2  # one year over its twelve months
    assert len(table[1]) == 13
    quantity = next(row for row in table if row[0] == "Qty")
    assert int(quantity[1].replace(" ", "")) < 60


def test_hostile_names_are_characters_in_the_page(browser: Browser, voila_demo: str) -> None:
    visit = Visit(browser)
    visit.open(voila_demo)
    visit.query()
    titles = [row[0] for row in visit.table() if row[0].startswith('Package "')]
    assert 'Package "<img src=x onerror="alert(1)">"' in titles
    assert 'Package "=2+5"' in titles
    assert visit.page.locator("table.custdyn img, table.custdyn script").count() == 0
    assert visit.errors == []


def test_header_and_first_column_stay_in_sight(browser: Browser, voila_demo: str) -> None:
    visit = Visit(browser, width=700, height=600)
    visit.open(voila_demo)
    visit.query()
    visit.table()
    visit.page.evaluate("document.querySelector('.custdyn-wrap').scrollTo(500, 400)")
    boxes = [
        visit.page.locator(f"table.custdyn {what}").bounding_box()
        for what in ("thead th:nth-child(9)", "tbody tr:nth-child(30) th")
    ]
    wrap = visit.page.locator(".custdyn-wrap").bounding_box()
    assert wrap is not None and boxes[0] is not None and boxes[1] is not None
    assert abs(boxes[0]["y"] - wrap["y"]) < 3
    assert abs(boxes[1]["x"] - wrap["x"]) < 3


@pytest.mark.parametrize("width", [390, 1440])
def test_the_page_is_never_wider_than_the_window(
    width: int, browser: Browser, voila_demo: str
) -> None:
    visit = Visit(browser, width=width)
    visit.open(voila_demo)
    visit.query()
    visit.table()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width


def test_bad_data_is_one_line_without_a_traceback(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("client_id\n1\n")
    with voila(str(tmp_path), tmp_path) as address:
        visit = Visit(browser)
        visit.open(address)
        visit.query()
        alert = visit.page.locator(".custdyn-actions [role=alert]")
        alert.wait_for()
        assert "ledger: the table is missing" in alert.inner_text()
        assert "Traceback" not in visit.page.content()


def test_the_page_names_no_host_of_the_network(voila_sample: str) -> None:
    with urlopen(voila_sample) as answer:  # noqa: S310 our own address
        html = answer.read().decode()
    assert "jsdelivr" not in html
    assert 'href="http' not in html and 'src="http' not in html
