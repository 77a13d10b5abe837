"""The panel of a cell: clients, entries, explanation."""

from __future__ import annotations

import io
import re
import threading
from collections.abc import Callable
from copy import copy
from typing import Any

import traitlets

from custdyn_widgets.drill.cell import Address
from custdyn_widgets.drill.drill import title_of
from custdyn_widgets.errors import Cancelled, CustdynError
from custdyn_widgets.exports.listing import WRITERS, write
from custdyn_widgets.files import MEDIA_TYPES
from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.query.validators import MAX_CHARACTERS
from custdyn_widgets.result import Result
from custdyn_widgets.sources.place import place_name
from custdyn_widgets.ui.error_boundary import guarded, unexpected
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.panels.card_screens import card_screen, figure_screen
from custdyn_widgets.ui.panels.screens import (
    CARD,
    EXPLAIN,
    NOWHERE,
    QUALITY,
    Screen,
    Tab,
    change_screen,
    clients_screen,
    entries_screen,
    explain_screen,
    filed,
    line_of,
    quality_screen,
    quality_tabs,
    tabs_of,
)
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.ui.widgets.pagination import Paged

CLOSED: dict[str, Any] = {"open": False}


class CellPanel(Widget):
    """Shows what is behind a cell of the report that `use` was given; the latest wish wins.

    `at` is the cell that was opened last; `checked` is called when the data has been checked.
    What takes a while is done in a thread of its own. It shows what it has read only where
    nothing newer was wished for meanwhile, closing the panel included.
    """

    _esm = script("sections", "list", "cell_panel")
    view = traitlets.Dict(CLOSED).tag(sync=True)
    turning = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, on_error: Callable[[str], None], checked: Callable[[], None] = lambda: None
    ) -> None:
        super().__init__()
        self._tell, self._checked = on_error, checked
        self._result: Result | None = None
        self.at: Address | None = None
        self._title = self._value = ""
        self._tabs: list[Tab] = []
        self._tab: Tab | None = None
        self._screens: list[Screen] = []
        self._job: object = None
        self._ticket, self._lock = 0, threading.RLock()
        self.on_msg(guarded(self._received, on_error))

    def use(self, result: Result) -> None:
        """From here on cells are those of this report."""
        self._result, self.at = result, None
        self.shut()

    def shut(self) -> None:
        """Closes the panel."""
        with self._lock:
            self._job = None
            self._screens = []
            self.view = CLOSED
            self.turning = False

    def open_cell(self, row: int, key: str, column: int) -> None:
        """Opens the panel on a cell, by its row, the line of that and its column."""
        if self._result is None:
            return
        report = self._result.report
        line = line_of(report, row, key)
        if line is None or not 0 <= column < len(report.buckets):
            return
        self.at = Address(row, column, "other" if key == "other" else "value")
        change = "" if key == "value" else f" · {LINES[key].label}"
        title = title_of(report, Address(row, column)) + change
        self._open(title, tabs_of(report, row, key, column), line.texts[column])

    def open_quality(self) -> None:
        """Opens the panel on what is odd in the data of the report's source."""
        if self._result is None:
            return
        source = self._result.source
        self._open(f"Data quality of {place_name(source.name)}", quality_tabs(source))

    def open_cards(self) -> None:
        """Opens the panel on the cards of the packages that the query filters by."""
        packages = () if self._result is None else self._result.report.query.package
        if packages:
            self._open("Package card", [Tab(one, one, NOWHERE, CARD) for one in packages])

    def _open(self, title: str, tabs: list[Tab], value: str = "") -> None:
        with self._lock:
            self._job = None
            self._title, self._value, self._tabs = title, value, tabs
            self._ticket += 1
        self._choose(tabs[0].key)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        wish, screen = content.get("type"), self._screens[-1] if self._screens else None
        if wish == "close":
            self.shut()
        elif wish == "tab":
            self._choose(str(content.get("key")))
        elif wish == "back" and len(self._screens) > 1:
            with self._lock:
                self._job = None
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
        elif wish == "page" and isinstance(content.get("first"), int):
            first = content["first"]
            self._look(screen, paged, lambda one: one.turn(first))
        elif wish == "sort":
            key = str(content.get("key"))
            self._look(screen, paged, lambda one: one.sort(key))
        elif wish == "search":
            text = str(content.get("text"))[:MAX_CHARACTERS]
            self._look(screen, paged, lambda one: one.search(text))

    def _choose(self, key: str) -> None:
        tab = next((one for one in self._tabs if one.key == key), None)
        if tab is None or self._result is None:
            return
        drill = self._result.drill
        with self._lock:
            self._job = None
            self._tab = tab
            self._screens = []
        result = self._result
        if tab.part == QUALITY:
            self._make(lambda _between: quality_screen(result.source, tab, self._checked))
        elif tab.part == CARD:
            self._make(lambda _between: card_screen(result, tab.key))
        else:
            make = explain_screen if tab.part == EXPLAIN else clients_screen
            self._make(lambda checkpoint: make(drill, tab, checkpoint))

    def _open_change(self, name: str, screen: Screen) -> None:
        found = [one for one in screen.changes if one.name == name]
        if found and (result := self._result) is not None:
            self._make(lambda checkpoint: change_screen(result.drill, found[0], checkpoint))

    def _open_line(self, number: object, screen: Screen) -> None:
        place = screen.paged.place(number) if screen.paged and isinstance(number, int) else None
        if place is None or screen.clients is None or self._result is None:
            return
        drill = self._result.drill
        self._make(lambda checkpoint: entries_screen(drill, screen, place, checkpoint))

    def _open_figure(self, row: object, column: object, screen: Screen) -> None:
        card = screen.card
        if card is None or not isinstance(row, int) or not isinstance(column, int):
            return
        if 0 <= row < len(card.lines) and 0 <= column < len(card.report.buckets):
            self._make(lambda checkpoint: figure_screen(card, row, column, checkpoint))

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
        """Shows another part of the list that is on the screen, which may have to be read.

        Until then the list stays as it is shown: a click on a line is on what one sees.
        """
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

        def guarded_work() -> None:
            try:
                work()
            except Cancelled:
                return
            except Exception as error:
                words = str(error) if isinstance(error, CustdynError) else unexpected(error)
                with self._lock:
                    if is_shown() and self.view["open"]:
                        self._show(failure=words)
                    else:
                        on_error(words)

        in_background(guarded_work, stop=lambda: None)

    def _show(self, *, busy: bool = False, failure: str = "") -> None:
        self.view = {
            "open": True,
            "ticket": self._ticket,
            "title": self._title,
            "value": self._value,
            "tabs": [[tab.key, tab.label] for tab in self._tabs],
            "tab": "" if self._tab is None else self._tab.key,
            "busy": busy,
            "failure": failure,
            **(self._screens[-1] if self._screens else Screen()).view(),
        }
        self.turning = False  # only now is the page not busy any more

    def _hand_over(self, kind: str, screen: Screen, paged: Paged) -> None:
        """Hands the list of a screen to the browser as a file, as it is now."""
        if self._result is None:
            return
        report, title, ticket = self._result.report, self._title, self._ticket
        name = f"{re.sub(r'[^0-9A-Za-z]+', '-', title).strip('-')}-{screen.name}.{kind}".lower()

        def work() -> None:
            made = io.BytesIO()
            write(kind, filed(report, title, screen, paged), made)
            message = {"type": "file", "name": name, "media": MEDIA_TYPES[kind]}
            self.send(message, buffers=[made.getvalue()])

        self._work(work, lambda: ticket == self._ticket, self._tell)
