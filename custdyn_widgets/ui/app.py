"""CustomerDynamics: the form, Query, and the report under it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from ..errors import Cancelled, CustdynError, QueryError
from ..layout import TITLE
from ..link import from_link, to_link
from ..query import Query
from ..report import Report
from ..result import Result
from ..serve import PAGE_VARIABLE, SOURCE_VARIABLE
from ..sources import Source, open_source
from .border import logged
from .form import Form, now_in_utc
from .front import style
from .job import Jobs
from .names import Names
from .notices import Notice, Notices
from .page import Page, link_of_the_page, prepared_beforehand
from .plain import Plain, show
from .press import Press
from .result_view import ResultView
from .states import (
    NO_LINK,
    STALE,
    WELCOME,
    failed,
    of_report,
    preset_from_link,
)
from .status import Status

KEYS = "Ctrl+Enter in the form, Alt+Q anywhere"
FIRST_QUERY = Query(group_by=("month", "package"))


class CustomerDynamics(w.VBox):
    """The form and the report, in a notebook cell or a Voilà page.

    `source`: see `open_source`; left out, the source that `custdyn app` was started with, or the
    demo. `query`: what the form shows at first: a Query, its JSON-shaped values, or the text of a
    link; left out, what the page's address asks for. Nothing runs before Query is pressed.

    `query`, `report` and `result` of the widget give what is on the screen: the form's query,
    and the last report (None before the first).
    """

    def __init__(
        self,
        source: str | Path | Source | Mapping[str, pd.DataFrame] | None = None,
        query: Query | Mapping[str, Any] | str | None = None,
    ) -> None:
        self.source = open_source(
            os.environ.get(SOURCE_VARIABLE, "demo") if source is None else source
        )
        self._asked_query: Query | None = None
        self._failure: Notice | None = None
        self._voila = self._on_screen = False
        self._names = Names(self.source, self._names_arrived)
        self._jobs = Jobs(self.source, self)
        if query is None and prepared_beforehand():
            self._names.read()  # while this kernel waits for a reader
        self._link = link_of_the_page() if query is None else None
        self._preset, shown = _preset(query if query is not None else self._link or "")
        self._plain = Plain()
        self._form = Form(
            shown,
            names=self._names,
            plain=self._plain,
            now=now_in_utc,
            changed=self._changed,
            tell=self._tell,
        )
        self._page = Page(asked=self.ask, shown=self._shown, tell=self._tell)
        self._query_button = self._press(self.ask, "Query", icon="play", tone="primary", hint=KEYS)
        self._cancel = self._press(self._cancelled, "Cancel", icon="stop")
        show(self._cancel, False)
        self._status = Status()
        self._notices = Notices()
        self._copy = self._press(self._copy_link, "Copy link", icon="link")
        self._view = ResultView(
            self._plain, compare=self._compare_with, tell=self._tell, buttons=[self._copy]
        )
        super().__init__(self._lay_out())
        self.add_class("custdyn-app")
        self._changed()

    @property
    def query(self) -> Query:
        """The query in the form. Raises QueryError where it is not valid."""
        return self._form.query()

    @property
    def result(self) -> Result | None:
        """The last report and its source."""
        return self._view.result

    @property
    def report(self) -> Report | None:
        """The report on the screen."""
        return self._view.report

    def ask(self) -> None:
        """Makes the report of the form's query, as the Query button does: the latest wins."""
        try:
            query = self.query
        except QueryError as error:
            self._refused(error)
            return
        self._form.show_faults([])
        self._failure = self._preset = None
        self._changed()
        self._status.begin("Starting …")
        show(self._cancel, True)
        self._jobs.start(query)

    # what Jobs tells, in a thread of its own: only traits are set here

    def progressed(self, words: str, share: float | None) -> None:
        """A report is being made."""
        self._status.progress(f"{words[0].upper()}{words[1:]} …", share)

    def made(self, query: Query, result: Result) -> None:
        """A report has been made: it is shown, and handed over where a file was asked for."""
        took = self._status.took()
        self._asked_query = query
        self._view.show(result)
        self._ended(f"Done in {took}.")
        self._view.send_file(result.report.query.output.type)
        self._names.read()  # they may have changed with the data

    def failed(self, error: Exception) -> None:
        """No report could be made."""
        if isinstance(error, Cancelled):
            self._ended("Cancelled.")
        elif isinstance(error, QueryError):
            self._refused(error)
        else:
            foreseen = isinstance(error, CustdynError)
            words = str(error) if foreseen else "something went wrong; please run it again"
            self._failure = failed(words, logged(error, foreseen=foreseen))
            self._ended("Failed.")

    def _press(self, pressed: Any, label: str, **traits: Any) -> Press:
        return Press(pressed, self._tell, label=label, **traits)

    def _lay_out(self) -> list[w.Widget]:
        plain = self._plain
        source = f'<span class="custdyn-source">{escape(self.source.name)}</span>'
        head = plain.html(f"<style>{style()}</style><h1>{TITLE}</h1>{source}", "custdyn-title")
        return [
            self._page,
            head,
            plain.row([self._form.filters, self._form.output], "custdyn-cards"),
            plain.row([self._query_button, self._cancel, self._status], "custdyn-actions"),
            self._notices,
            self._view.box,
        ]

    def _shown(self, link: str | None) -> None:
        """The page can be used: Query is one key away, and the names are read meanwhile.

        `link` is what stands in the address of a Voilà page, None in a notebook.
        """
        self._voila, first, self._on_screen = link is not None, not self._on_screen, True
        if link is not None and first and self._link is not None and link != self._link:
            self._preset, shown = _preset(link)
            self._form.fill(shown)
        self._changed()
        if self._voila and self.result is None:
            self._query_button.focus()
        self._names.read()

    def _changed(self) -> None:
        """What depends on the form: the address, and whether the report is what it asks for."""
        notices = [self._failure, self._preset]
        stale = False
        try:
            query = self.query
        except QueryError:
            stale = self.report is not None
        else:
            stale = self.report is not None and query != self._asked_query
            link = to_link(query)
            if self._on_screen:
                self._page.link = link or ""
            notices += [NO_LINK] if link is None else []
        if self.report is None:
            notices += [WELCOME] if not any(notices) else []
        else:
            notices += [STALE] if stale else []
            notices += of_report(self.report)
        self._notices.show(notice for notice in notices if notice is not None)
        self._view.mark(stale=stale)

    def _ended(self, words: str) -> None:
        """What was going on has ended in these words, unless something newer goes on."""
        if not self._jobs.running:
            self._status.end(words)
            show(self._cancel, False)
        self._changed()

    def _cancelled(self) -> None:
        self._jobs.stop()
        self._ended("Cancelled.")

    def _refused(self, error: QueryError) -> None:
        homeless = self._form.show_faults(error.faults)
        count = len(error.faults)
        more = "; ".join(str(fault) for fault in homeless)
        self._ended(f"{count} field{'s' if count > 1 else ''} to correct. {more}")

    def _names_arrived(self) -> None:
        self._form.controls.names_arrived()

    def _compare_with(self, compare: str) -> None:
        """The report is to be compared with another period: the form says so, and it is made."""
        if self._form.compare(compare):
            self.ask()

    def _copy_link(self) -> None:
        link = to_link(self.query)
        if link is None:
            self._say(NO_LINK.title)
            return
        page = os.environ.get(PAGE_VARIABLE) or (self._copy.address if self._voila else "")
        self._copy.copy(f"{page}?{link}", self._copied)

    def _copied(self, done: bool) -> None:
        where = (
            ""
            if self._voila or os.environ.get(PAGE_VARIABLE)
            else (f" It goes behind the address of the page; {PAGE_VARIABLE} can name that.")
        )
        self._say(f"Link copied.{where}" if done else "The browser does not let links be copied.")

    def _say(self, words: str) -> None:
        """A word beside the Query button, unless something more important goes on there."""
        if not self._jobs.running:
            self._status.end(words)

    def _tell(self, words: str) -> None:
        """Something went wrong, in one line."""
        self._failure = Notice("failed", words)
        self._ended("")


def _preset(asked: Query | Mapping[str, Any] | str) -> tuple[Notice | None, Query]:
    """What the form shows at first, and what is to be said of it."""
    if isinstance(asked, Query):
        return None, asked
    if not isinstance(asked, str):
        return None, Query.model_validate(asked)
    linked = from_link(asked)
    said = linked.query is not None or linked.ignored
    return preset_from_link(linked.ignored) if said else None, linked.query or FIRST_QUERY
