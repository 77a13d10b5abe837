"""The page shows and hands over what the report says, in Voilà and in JupyterLab."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from urllib.request import urlopen

import pytest

from custdyn_widgets import Query, run
from custdyn_widgets.exports.verify import read_saved
from custdyn_widgets.ui.widgets.download import FILES
from tests.browser.conftest import FRONTS, Arrive, Servers
from tests.conftest import AS_OF
from tests.report.test_sample import golden


def expected() -> list[list[str]]:
    """The page's own table as it stands in the DOM: titles of blocks have one wide cell."""
    return [line if len(line) > 1 else [*line, ""] for line in golden()]


@pytest.mark.journey
@pytest.mark.parametrize("front", FRONTS)
def test_the_sample_equals_the_page_cell_for_cell(front: str, arrive: Arrive) -> None:
    visit = arrive(front, "sample")
    visit.fill_the_sample()
    visit.query()
    assert visit.table() == expected()


@pytest.mark.parametrize("front", FRONTS)
def test_the_exported_files_are_the_report_on_the_screen(
    front: str, arrive: Arrive, page_query: Query, tmp_path: Path
) -> None:
    visit = arrive(front, "sample")
    visit.fill_the_sample()
    visit.query()
    visit.table()
    for kind, label in FILES.items():
        with visit.page.expect_download() as download:
            visit.export(f"Export to {label}").click()
        named = download.value.suggested_filename
        assert named == f"customer-dynamics_2017-01-01_2017-12-31.{kind}"
        saved = tmp_path / f"saved.{kind}"
        download.value.save_as(saved)
        if kind == "csv":
            assert saved.read_bytes() == run(page_query, "sample", as_of=AS_OF).to_csv()
        else:  # made again as of the instant that is in it, it is the same to the byte
            filed = read_saved(saved)
            again = run(filed.query, "sample", as_of=filed.as_of)
            assert sha256(again.to_file(kind)).digest() == sha256(saved.read_bytes()).digest()


CLIPPED = """() => [...document.querySelectorAll('.custdyn-app table.custdyn tbody :is(th, td)')]
  .filter((cell) => cell.scrollWidth > cell.clientWidth).map((cell) => cell.textContent)"""
ALIGNED = """() => [...document.querySelectorAll('.custdyn-app table.custdyn tbody th')]
  .filter((cell) => getComputedStyle(cell).textAlign !== 'left').map((cell) => cell.textContent)"""


def test_a_result_in_a_cell_can_be_read(visits: Arrive, servers: Servers) -> None:
    """Jupyter lays tables out in fixed columns and puts all text to the right: not this one."""
    cell = (
        "from custdyn_widgets import run\n"
        "query = {'period': {'from': '2017-01-01', 'to': '2018-12-31'}, 'currency': 'USD',"
        " 'group_by': ['month', 'package']}\n"
        "run(query, 'sample')"
    )
    visit = visits()
    visit.run_the_cell(servers.notebook(cell), until="table.custdyn tbody td")
    names = visit.page.locator("table.custdyn tbody th").all_inner_texts()
    assert "Balance Pos" in names and visit.page.locator("table.custdyn td").count() > 24 * 20
    assert visit.page.evaluate(CLIPPED) == [] and visit.page.evaluate(ALIGNED) == []
    servers.end_notebooks()


TWO_FORMS = """from custdyn_widgets import CustomerDynamics
from ipywidgets import VBox
forms = [CustomerDynamics('sample'), CustomerDynamics('sample')]
VBox(forms)"""


def test_keys_in_a_notebook_go_to_the_form_in_use(visits: Arrive, servers: Servers) -> None:
    """Alt+Q runs the form that one works in; a letter typed on a figure changes no cell."""
    visit = visits()
    visit.run_the_cell(servers.notebook(TWO_FORMS))
    page = visit.page
    second = page.locator(".custdyn-app").nth(1)
    second.get_by_label("From", exact=True).click()
    page.keyboard.press("Alt+q")
    second.locator("table.custdyn tbody td").first.wait_for()
    assert page.locator(".custdyn-app").nth(0).locator("table.custdyn").count() == 0
    cells = page.locator(".jp-Notebook .jp-Cell")
    before = cells.count()
    for place in (second.locator("tbody [tabindex]").first, second.get_by_role("button").last):
        place.focus()
        for key in ("x", "b", "a", "m", "d", "d", "z"):
            page.keyboard.press(key)
        assert cells.count() == before and page.locator(".jp-MarkdownCell").count() == 0
    assert second.locator("table.custdyn tbody td").count() > 0
    servers.end_notebooks()


def test_a_large_file_arrives_whole_and_leaves_nothing_behind(
    visits: Arrive, servers: Servers, tmp_path: Path
) -> None:
    cell = (
        "from custdyn_widgets.ui.widgets.download import Download\n"
        "name = 'Bericht für «Q1».bin'\n"
        "Download(lambda: (name, 'application/octet-stream', bytes(range(250)) * 160_000),"
        " print, label='Download 40 MB')"
    )
    visit = visits()
    visit.may_ask_others = (
        True  # Voilà as it comes, without our template, asks a stranger for icons
    )
    visit.page.goto(servers.voila_cell(cell))
    before = set(Path(tempfile.gettempdir()).iterdir())
    with visit.page.expect_download(timeout=60_000) as download:
        visit.press("Download 40 MB")
    assert download.value.suggested_filename == "Bericht für «Q1».bin"
    download.value.save_as(tmp_path / "large.bin")
    content = (tmp_path / "large.bin").read_bytes()
    assert len(content) == 40_000_000
    assert sha256(content).digest() == sha256(bytes(range(250)) * 160_000).digest()
    assert visit.refused  # the control: who asks others is noticed
    left = {path for path in set(Path(tempfile.gettempdir()).iterdir()) - before if path.is_file()}
    assert not [path for path in left if path.stat().st_size >= 40_000_000]


def test_a_file_type_and_query_downloads_the_file(arrive: Arrive) -> None:
    visit = arrive("voila", "sample")
    visit.fill_the_sample()
    for label in ("CSV", "Excel XLS", "Excel XLSx"):
        visit.choose("Type", label)
        visit.field("Send to").wait_for()
        with visit.page.expect_download():
            visit.query()


@pytest.mark.journey
def test_hostile_names_are_characters_in_the_page(arrive: Arrive) -> None:
    visit = arrive("voila", "hostile")
    visit.add_filter("Package")
    visit.search("Package", "<img")
    visit.field("Package").press("Enter")
    visit.chip("<img").wait_for()
    visit.page.keyboard.press("Escape")
    visit.query()
    visit.table()
    visit.press("About this report")
    visit.press("Delete the filter Package")
    visit.notice("made with earlier settings").wait_for()
    visit.query()
    visit.notice("made with earlier settings").wait_for(state="detached")
    visit.page.locator("table.custdyn th", has_text='Package "=2+5"').first.wait_for()
    titles = [row[0] for row in visit.table() if row[0].startswith('Package "')]
    assert 'Package "<img src=x onerror="alert(1)">"' in titles
    assert 'Package "=2+5"' in titles
    assert visit.page.locator(".custdyn-app img, .custdyn-app script").count() == 0


INJECTED = """async () => {
  const script = document.createElement('script');
  script.textContent = 'window.ran = [...(window.ran ?? []), "script"]';
  document.body.append(script);
  const holder = document.createElement('div');
  holder.innerHTML = '<img src="data:," onerror="window.ran = [...window.ran ?? [], `handler`]">';
  document.body.append(holder);
  await new Promise((done) => {
    const [broken] = holder.children;
    broken.complete ? setTimeout(done) : broken.addEventListener('error', () => setTimeout(done));
  });
  return window.ran ?? [];
}"""


def test_a_script_that_got_into_the_page_does_not_run(
    arrive: Arrive, visits: Arrive, servers: Servers
) -> None:
    """The control: on a page of Voilà's own it does."""
    visit = arrive("voila", "sample")
    visit.query()
    visit.table()
    assert visit.page.evaluate(INJECTED) == []
    visit.errors.clear()  # the browser says that it refused to run them
    plain = visits()
    plain.may_ask_others = True
    plain.page.goto(servers.voila_cell("print('a page')"))
    assert plain.page.evaluate(INJECTED) == ["script", "handler"]


@pytest.mark.journey
def test_the_page_names_no_host_of_the_network(servers: Servers) -> None:
    with urlopen(servers.voila("sample")) as answer:  # noqa: S310 our own address
        html = answer.read().decode()
    assert "jsdelivr" not in html
    assert 'href="http' not in html and 'src="http' not in html
