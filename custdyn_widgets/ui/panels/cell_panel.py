"""The panel of a cell: clients, entries, explanation."""

from __future__ import annotations

import threading
from collections.abc import Callable
from copy import copy
from functools import partial
from typing import Any

import traitlets

from custdyn_widgets.drill.cell import Address
from custdyn_widgets.drill.drill import title_of
from custdyn_widgets.errors import Cancelled
from custdyn_widgets.exports.listing import WRITERS
from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.sources.place import place_name
from custdyn_widgets.ui.error_boundary import attempt, guarded
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.output import sentence
from custdyn_widgets.ui.panels.card_screens import card_screen, card_tabs, figure_screen
from custdyn_widgets.ui.panels.screens import (
    CARD,
    EXPLAIN,
    QUALITY,
    Screen,
    Tab,
    change_screen,
    clients_screen,
    entries_screen,
    explain_screen,
    file_message,
    line_of,
    quality_screen,
    quality_tabs,
    tabs_of,
)
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.pagination import Paged, step_of
from custdyn_widgets.ui.widgets.part import Part
from custdyn_widgets.words import tr

CLOSED: dict[str, Any] = {"open": False}


class CellPanel(Part):
    """What is behind a figure: its clients, their entries, and the figure in words.

    By itself it opens on what is selected; on the page at the side, by `open_cell`. What takes a
    while is done in a thread, which shows what it has read only where nothing newer was wished
    for. `checked` is called when the data has been checked. The rest: see `Part`.

    >>> from custdyn_widgets import CellPanel, ReportTable, run
    >>> table = ReportTable(run({"period": "last_year"}, "sample"))
    >>> panel = CellPanel(table)
    >>> table.selection = {"block": "Clients - All", "row": "Qty", "bucket": "12/2025"}
    >>> panel.view["title"]
    'Clients - All: Qty · 12/2025'
    """

    _esm = script("look", "sections", "list", "cell_panel")
    view = traitlets.Dict(CLOSED).tag(sync=True)
    turning = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        of: Any = None,
        *,
        on_error: Callable[[str], None] | None = None,
        checked: Callable[[], None] = lambda: None,
    ) -> None:
        self._checked = checked
        self._title, self._value, self._job = "", "", object()
        self._place: tuple[int, str, int] | None = None
        self._tabs: list[Tab] = []
        self._tab: Tab | None = None
        self._screens: list[Screen] = []
        self._ticket, self._lock = 0, threading.RLock()
        super().__init__(of, on_error=on_error)
        self.on_msg(guarded(self._received, self._tell))
        if isinstance(of, Part):  # a second time, too
            of.on_select(lambda _selection: self._moved())

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: what it was open on."""
        nothing = tr("Nothing is selected.")
        return sentence(f"{self._title} = {self._value}" if self._title else nothing)

    def _reported(self) -> None:
        self.shut()

    def _moved(self) -> None:
        if self.alone and self.cell:
            self.open_cell(*self.cell)
        elif self.alone:
            self.shut()

    def shut(self) -> None:
        """Closes the panel."""
        with self._lock:
            self._job, self._screens = object(), []
            self.view = CLOSED
            self.turning = False

    def open_cell(self, row: int, key: str, column: int) -> None:
        """Opens the panel on a cell, by its row, the line of that and its column."""
        if self.report is None:
            return
        report, line = self.report.report, line_of(self.report.report, row, key)
        if line is None or not 0 <= column < len(report.buckets):
            return
        self._place = row, key, column
        title = title_of(report, Address(row, column))
        title += "" if key == "value" else f" · {LINES[key].label}"
        self._open(title, tabs_of(report, row, key, column), line.texts[column])

    def open_quality(self) -> None:
        """Opens the panel on what is odd in the data of the report's source."""
        if self.report is not None:
            name = place_name(self.report.source.name)
            self._open(tr("Data quality: {name}", name=name), quality_tabs(self.report.source))

    def open_cards(self, *packages: str) -> None:
        """Opens the panel on the cards of packages, or those that the query filters by."""
        wanted = packages or (() if self.report is None else self.report.report.query.package)
        if wanted:
            self._open(tr("Package card"), card_tabs(wanted))

    def _open(self, title: str, tabs: list[Tab], value: str = "") -> None:
        with self._lock:
            self._job, self._ticket = object(), self._ticket + 1
            self._title, self._value, self._tabs = title, value, tabs
            self._place = self._place if value else None
        self._choose(tabs[0].key)

    def _step(self, down: object, right: object) -> None:
        """Opens the panel on a neighbouring figure."""
        if self._place is not None and isinstance(down, int) and isinstance(right, int):
            row, key, column = self._place
            place = row + down, key, column + right
            self._opened(*place)
            if self.cell == list(place):
                self.open_cell(*place)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        wish, screen = content.get("type"), self._screens[-1] if self._screens else None
        if wish == "close":
            self.shut()
        elif wish == "step":
            self._step(content.get("down"), content.get("right"))
        elif wish == "tab":
            self._choose(str(content.get("key")))
        elif wish == "back" and len(self._screens) > 1:
            with self._lock:
                self._job = object()
                self._screens.pop()
                self._show()
        elif wish == "change" and screen is not None:
            self._open_change(str(content.get("name")), screen)
        elif screen is not None and screen.paged is not None:
            self._turn(str(wish), content, screen, screen.paged)

    def _turn(self, wish: str, content: dict[str, Any], screen: Screen, paged: Paged) -> None:
        if wish == "line":
            self._open_line(content.get("place"), screen)
        elif wish == "figure":
            self._open_figure(content.get("place"), content.get("column"), screen)
        elif wish == "file" and content.get("kind") in WRITERS:
            self._hand_over(str(content["kind"]), screen, paged)
        elif (step := step_of(wish, content)) is not None:
            self._look(screen, paged, step)

    def _choose(self, key: str) -> None:
        tab = next((one for one in self._tabs if one.key == key), None)
        if tab is None or (result := self.report) is None:
            return
        with self._lock:
            self._job, self._tab, self._screens = object(), tab, []
        if tab.part == QUALITY:
            self._make(lambda _between: quality_screen(result.source, tab, self._checked))
        elif tab.part == CARD:
            self._make(lambda _between: card_screen(result, tab.key))
        else:
            make = explain_screen if tab.part == EXPLAIN else clients_screen
            self._make(partial(make, result.drill, tab))

    def _open_change(self, name: str, screen: Screen) -> None:
        found = [one for one in screen.changes if one.name == name]
        if found and self.report is not None:
            self._make(partial(change_screen, self.report.drill, found[0]))

    def _open_line(self, number: object, screen: Screen) -> None:
        place = screen.paged.place(number) if screen.paged and isinstance(number, int) else None
        if place is not None and screen.clients is not None and self.report is not None:
            self._make(partial(entries_screen, self.report.drill, screen, place))

    def _open_figure(self, row: object, column: object, screen: Screen) -> None:
        if (card := screen.card) is None or not isinstance(row, int) or not isinstance(column, int):
            return
        if 0 <= row < len(card.lines) and 0 <= column < len(card.report.buckets):
            self._make(partial(figure_screen, card, row, column))

    def _make(self, make: Callable[[Callable[[], None]], Screen]) -> None:
        """Makes a screen that then stands on top."""

        def work(checkpoint: Callable[[], None]) -> None:
            screen = make(checkpoint)
            if screen.paged is not None:
                screen.listed = screen.paged.view()  # reads, too
            with self._lock:
                checkpoint()
                self._tabs = screen.tabs or self._tabs
                self._screens = [*self._screens, screen]
                self._show()

        self._begin(work, busy=True)

    def _look(self, screen: Screen, paged: Paged, step: Callable[[Paged], None]) -> None:
        """Shows another part of the list; until it is read, a click is on a line one still sees."""
        steps = screen.steps = [*screen.steps, step]

        def work(checkpoint: Callable[[], None]) -> None:
            other = copy(paged)
            with paged.lock:
                checkpoint()
                for one in steps:
                    one(other)
                listed = other.view()
            with self._lock:
                checkpoint()
                screen.paged, screen.listed, screen.steps = other, listed, []
                self._show()

        self._begin(work, busy=False)

    def _begin(self, work: Callable[[Callable[[], None]], None], *, busy: bool) -> None:
        """Does work, the latest; what it is given raises Cancelled once it no longer is."""
        job = object()
        with self._lock:
            self._job = job
            if busy:
                for screen in self._screens:
                    screen.steps = []
                self._show(busy=True)
            else:
                self.turning = True

        def checkpoint() -> None:
            if job is not self._job:
                raise Cancelled

        self._work(lambda: work(checkpoint), lambda: job is self._job)

    def _work(
        self,
        work: Callable[[], None],
        is_shown: Callable[[], bool],
        on_error: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Does work in a thread; `on_error` of a failure that is not about what is shown."""

        def failed(words: str) -> None:
            with self._lock:
                if is_shown() and self.view["open"]:
                    self._show(failure=words)
                else:
                    on_error(words)

        in_background(lambda: attempt(work, failed), stop=lambda: None)

    def _show(self, *, busy: bool = False, failure: str = "") -> None:
        self.view = {
            "open": True,
            "ticket": self._ticket,
            "title": self._title,
            "value": self._value,
            "steps": self._place is not None and len(self._screens) < 2,
            "tabs": [[tab.key, tab.label] for tab in self._tabs],
            "tab": "" if self._tab is None else self._tab.key,
            "busy": busy,
            "failure": failure,
            **(self._screens[-1] if self._screens else Screen()).view(),
        }
        self.turning = False  # only now is the page not busy any more

    def _hand_over(self, kind: str, screen: Screen, paged: Paged) -> None:
        """Hands the list of a screen to the browser as a file, as it is now."""
        assert self.report is not None  # noqa: S101 the screen is of it
        report, title, ticket = self.report.report, self._title, self._ticket

        def work() -> None:
            message, made = file_message(kind, report, title, screen, paged)
            self.send(message, buffers=[made])

        self._work(work, lambda: ticket == self._ticket, self._tell)
