"""The panel of a cell without a browser: what it shows, and what it takes no notice of."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from custdyn_widgets import run
from custdyn_widgets.errors import SourceError
from custdyn_widgets.model.definitions import FINDINGS
from custdyn_widgets.query.fields import OPTIONAL_BLOCKS
from custdyn_widgets.sources import Source
from custdyn_widgets.ui.panels import cell_panel, screens
from custdyn_widgets.ui.panels.cell_panel import CellPanel
from custdyn_widgets.ui.panels.screens import clients_screen
from custdyn_widgets.ui.widgets.pagination import LinePages, Paged
from tests.conftest import AS_OF

QUERY = {
    "period": {"from": "2017-01-01", "to": "2017-12-31"},
    "currency": "USD",
    "group_by": ["month", "package"],
    "blocks": list(OPTIONAL_BLOCKS),
    "compare": {"from": "2016-12-01", "to": "2017-11-30"},
}


@pytest.fixture
def panel() -> CellPanel:
    made = CellPanel(on_error=lambda words: pytest.fail(words))
    made.report = run(QUERY, "sample", as_of=AS_OF)
    return made


def settled(panel: CellPanel) -> dict[str, Any]:
    """What it shows once nothing is being read."""
    wait(lambda: panel.view.get("busy") is False and not panel.turning)
    return dict(panel.view)


def wait(until: Callable[[], bool]) -> None:
    for _ in range(1_200):
        if until():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


@pytest.mark.long
def test_every_cell_of_every_line_opens(panel: CellPanel) -> None:
    assert panel.report is not None
    report = panel.report.report
    for place, row in enumerate(report.rows):
        for line in row.lines:
            panel.open_cell(place, line.key, 1)
            view = settled(panel)
            assert not view["failure"], (row.title, line.name, view["failure"])
            assert view["value"] == line.texts[1]
            assert view["tabs"][-1] == ["explain", "Explain"]
            assert not view["disproven"]


@pytest.mark.parametrize(
    "message",
    [
        None,
        "nonsense",
        {},
        {"type": "tab", "key": "nothing"},
        {"type": "line", "place": 10**9},
        {"type": "line", "place": "1"},
        {"type": "page", "first": None},
        {"type": "sort", "key": "<img>"},
        {"type": "file", "kind": "exe"},
        {"type": "change", "name": "Nobody"},
        {"type": "figure", "place": 0, "column": 0},
        {"type": "back"},
    ],
)
def test_what_cannot_be_pressed_does_nothing(panel: CellPanel, message: Any) -> None:
    panel._received(None, message, [])
    panel.open_cell(10**6, "value", 0)
    panel.open_cell(0, "nothing", 0)
    panel.open_cell(0, "value", 10**6)
    assert panel.view == {"open": False}
    panel.open_cell(3, "value", 1)
    before = settled(panel)
    panel._received(None, message, [])
    assert settled(panel) == before


def test_pages_turn_within_the_list(panel: CellPanel) -> None:
    panel.open_cell(3, "value", 1)
    settled(panel)
    for first in (-50, 50, 10**9):
        panel._received(None, {"type": "page", "first": first}, [])
        assert settled(panel)["list"]["first"] == 0  # there is one page
    panel._received(None, {"type": "search", "text": "nobody is called so"}, [])
    assert settled(panel)["list"]["found"] == 0


def test_a_source_that_fails_is_said_in_the_panel(
    panel: CellPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise SourceError("sample", "it is gone", "bring it back")

    monkeypatch.setattr(Source, "reading", fail)
    panel.open_cell(3, "value", 1)
    wait(lambda: bool(panel.view.get("failure")))
    assert panel.view["failure"] == "source sample: it is gone; bring it back"
    panel._received(None, {"type": "close"}, [])
    assert panel.view == {"open": False}


@pytest.mark.parametrize("leave", ["close", "other tab"])
def test_what_was_read_for_a_panel_that_is_closed_does_not_open_it(
    panel: CellPanel, monkeypatch: pytest.MonkeyPatch, leave: str
) -> None:
    """The list of a screen is read last: whoever closes the panel meanwhile has closed it."""
    reading, go_on = threading.Event(), threading.Event()
    view, ended = Paged.view, threading.Event()

    def slow(paged: Paged) -> dict[str, Any]:
        reading.set()
        assert go_on.wait(30)
        made = view(paged)
        ended.set()
        return made

    monkeypatch.setattr(Paged, "view", slow)
    panel.open_cell(3, "value", 1)
    assert reading.wait(30)
    if leave == "close":
        panel._received(None, {"type": "close"}, [])
    else:
        panel._received(None, {"type": "tab", "key": "explain"}, [])
        settled(panel)
    before = dict(panel.view)
    go_on.set()
    assert ended.wait(30)
    threads_end()
    assert panel.view == before


def test_pages_are_read_while_the_page_goes_on(
    panel: CellPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page, an order or a search that takes its time holds up nothing else."""
    panel.open_cell(3, "value", 1)
    settled(panel)
    go_on, view = threading.Event(), Paged.view
    monkeypatch.setattr(Paged, "view", lambda paged: (go_on.wait(30), view(paged))[1])
    for message in ({"type": "page", "first": 0}, {"type": "sort", "key": "name"},
                    {"type": "search", "text": "a"}):  # fmt: skip
        panel._received(None, message, [])
        assert panel.turning and not panel.view["busy"]
    go_on.set()
    assert settled(panel)["list"]["text"] == "a"  # the latest


def test_a_click_is_on_the_line_that_is_shown(
    panel: CellPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not on one that a search, which is still going on, will put there."""
    panel.open_cell(8, "value", 1)
    shown = settled(panel)["list"]
    assert len(shown["lines"]) == 4
    first, searched = shown["lines"][0][0], shown["lines"][3][0]
    go_on, view = threading.Event(), Paged.view
    monkeypatch.setattr(Paged, "view", lambda paged: (go_on.wait(30), view(paged))[1])
    panel._received(None, {"type": "search", "text": searched}, [])
    panel._received(None, {"type": "line", "place": 0}, [])
    go_on.set()
    assert first in settled(panel)["crumb"]
    panel._received(None, {"type": "back"}, [])
    assert settled(panel)["list"] == shown


def test_a_search_that_is_sorted_before_it_has_ended_is_both(panel: CellPanel) -> None:
    panel.open_cell(8, "value", 1)
    name = settled(panel)["list"]["lines"][0][0]
    panel._received(None, {"type": "search", "text": name}, [])
    panel._received(None, {"type": "sort", "key": "name"}, [])
    listed = settled(panel)["list"]
    assert (listed["text"], listed["sort"], listed["found"]) == (name, "name", 1)


def test_a_screen_that_comes_late_is_not_put_under_the_next_cell(
    panel: CellPanel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It comes in the very moment in which the next cell is being opened."""
    reading, go_on = threading.Event(), threading.Event()
    make, show = clients_screen, CellPanel._show

    def slow(*arguments: Any) -> Any:
        made = make(*arguments)
        reading.set()
        assert go_on.wait(30)
        return made

    monkeypatch.setattr(cell_panel, "clients_screen", slow)
    panel.open_cell(0, "value", 3)
    assert reading.wait(30)

    def let_it_come(one: CellPanel, **options: Any) -> None:
        show(one, **options)
        go_on.set()
        time.sleep(0.2)

    monkeypatch.setattr(CellPanel, "_show", let_it_come)
    panel.open_cell(1, "value", 4)
    settled(panel)
    threads_end()
    assert len(panel._screens) == 1


def test_a_file_that_fails_after_the_panel_was_closed_does_not_open_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: list[str] = []
    panel = CellPanel(on_error=told.append)
    panel.report = run(QUERY, "sample", as_of=AS_OF)
    panel.open_cell(3, "value", 1)
    settled(panel)
    go_on = threading.Event()

    def fail(*_: object) -> None:
        assert go_on.wait(30)
        raise SourceError("sample", "it is gone", "bring it back")

    monkeypatch.setattr(screens, "write", fail)
    panel._received(None, {"type": "file", "kind": "csv"}, [])
    panel._received(None, {"type": "close"}, [])
    go_on.set()
    wait(lambda: bool(told))
    assert panel.view == {"open": False} and "it is gone" in told[0]


def threads_end() -> None:
    """Waits for the threads that read."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread() and "guarded_work" in thread.name:
            thread.join(30)


def test_findings_and_cards_have_tabs(panel: CellPanel) -> None:
    panel.open_cards()  # the query filters by no package
    assert panel.view == {"open": False}
    panel.open_quality()
    assert [key for key, _ in settled(panel)["tabs"]] == ["contents", *FINDINGS]


def test_a_list_that_is_read_in_pages_reads_each_once() -> None:
    asked: list[int] = []

    class Numbers:
        columns = ()

        def lines(self, first: int, count: int) -> Any:
            asked.append(first)
            return ((number,) for number in range(first, first + count))

    paged = Paged(LinePages(Numbers()), range(120))
    assert paged.view()["lines"][:2] == [["0"], ["1"]]
    paged.turn(50)
    assert paged.view()["lines"][0] == ["50"] and asked == [0, 50]
    assert len(list(paged.lines())) == 120
