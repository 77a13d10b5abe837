"""CustomerDynamics: the form, Query, and the report under it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd

from custdyn_widgets.environment import SOURCE_VARIABLE
from custdyn_widgets.errors import Cancelled, CustdynError, QueryError
from custdyn_widgets.query.fields import CDRS, ORIG_TERM, REPORT
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import ParsedLink, to_link
from custdyn_widgets.report.report import Report
from custdyn_widgets.result import Result
from custdyn_widgets.sources import Source, open_source, source_text
from custdyn_widgets.ui.error_boundary import logged
from custdyn_widgets.ui.form import Form, now_in_utc
from custdyn_widgets.ui.jobs import Jobs
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.page import Page, ViewSwitch, link_of_the_page, prepared_beforehand
from custdyn_widgets.ui.panels.by_mail import ByMail
from custdyn_widgets.ui.panels.listing_view import ListingView
from custdyn_widgets.ui.panels.report_view import ReportView
from custdyn_widgets.ui.panels.saved_queries import SavedQueries
from custdyn_widgets.ui.states import FIRST_QUERY, NO_LINK, STALE, WELCOME, failed, preset
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.assets import style
from custdyn_widgets.ui.widgets.basic import show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.copy_link import CopyLink
from custdyn_widgets.ui.widgets.notices import Notice, Notices
from custdyn_widgets.ui.widgets.status import Status
from custdyn_widgets.views.table import TITLE

if TYPE_CHECKING:
    from custdyn_widgets.store import QueryTemplate

View = ReportView | ListingView
KEYS = "Ctrl+Enter in the form, Alt+Q anywhere"


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
        source = os.environ.get(SOURCE_VARIABLE, "demo") if source is None else source
        self.source = open_source(source)
        self._failure: Notice | None = None
        self._voila = self._on_screen = False
        self._names = Names(self.source, self._names_arrived)
        self._jobs = Jobs(self.source, self)
        if query is None and prepared_beforehand():
            self._names.read()  # while this kernel waits for a reader
        self._link = link_of_the_page() if query is None else None
        self._preset, linked = preset(query if query is not None else self._link or "")
        shown = linked.query or FIRST_QUERY
        self._form = Form(
            shown,
            names=self._names,
            now=now_in_utc,
            changed=self._changed,
            on_error=self._tell,
        )
        self._page = Page(on_query=self.ask, shown=self._shown, on_error=self._tell)
        look = {"label": "Query", "icon": "play", "tone": "primary", "hint": KEYS}
        self._query_button = Button(self.ask, self._tell, **look)
        self._cancel = Button(self._cancelled, self._tell, label="Cancel", icon="stop")
        show(self._cancel, False)
        self._status = Status()
        self._notices = Notices()
        say = {"say": self._say, "on_error": self._tell}
        self._copies = CopyLink(
            lambda: self._link_of(self.query), in_voila=lambda: self._voila, **say
        ).buttons
        self._view = ReportView(
            compare=self._compare_with,
            on_error=self._tell,
            buttons=[self._copies[REPORT]],
        )
        self._views: dict[str, View] = {REPORT: self._view}
        for key in (CDRS, ORIG_TERM):
            self._views[key] = ListingView(
                key, ask=self.ask, on_error=self._tell, buttons=[self._copies[key]]
            )
        self._mail = ByMail(source_text(source), self._tell)
        self._saved = SavedQueries(
            query=lambda: self.query,
            timezone=lambda: self._form.controls.timezone.value,
            source=source_text(source),
            load=self._load,
            send=self._mail.send,
            on_error=self._tell,
        )
        self._switch = ViewSwitch(self._choose, self._tell)
        self._making: View = self._view
        super().__init__(self._lay_out())
        self._show_view(linked)
        self.add_class("custdyn-app")

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
        """Makes the report of the form's query, as the Query button does: the latest wins.

        One with Send to is made by a worker and sent: this page may be closed meanwhile.
        """
        try:
            query = self.query
            self._form.show_faults([])
            self._failure = self._preset = None
            self._changed()
            if query.output.send_to and self._shown_view is self._view:
                self._ended(self._mail.ask(query, *self._saved.about(query)))
                return
        except QueryError as error:
            self._refused(error)
            return
        self._status.begin("Starting …")
        show(self._cancel, True)
        self._making = self._shown_view
        self._jobs.start(query, self._making.make)

    # what Jobs tells, in a thread of its own: only traits are set here

    def progressed(self, words: str, share: float | None) -> None:
        """A report is being made."""
        self._status.progress(f"{words[0].upper()}{words[1:]} …", share)

    def made(self, query: Query, result: object) -> None:
        """What was asked for has been made: it is shown."""
        took = self._status.took()
        self._making.show(result, query)
        self._ended(f"Done in {took}.")
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

    def _lay_out(self) -> list[w.Widget]:
        source = f'<span class="custdyn-source">{escape(self.source.name)}</span>'
        buttons = [self._query_button, self._cancel, *self._saved.buttons, self._mail.button]
        head = basic.html(f"<style>{style()}</style><h1>{TITLE}</h1>{source}", "custdyn-title")
        return [
            self._page,
            head,
            basic.row([self._form.filters, self._form.output], "custdyn-cards"),
            self._saved.box,
            basic.row([*buttons, self._status, self._switch.box], "custdyn-actions"),
            self._mail.box,
            self._notices,
            *(view.box for view in self._views.values()),
        ]

    def _shown(self, link: str | None) -> None:
        """The page can be used: Query is one key away, and the names are read meanwhile.

        `link` is what stands in the address of a Voilà page, None in a notebook.
        """
        self._voila, first, self._on_screen = link is not None, not self._on_screen, True
        if link is not None and first and self._link is not None and link != self._link:
            self._preset, linked = preset(link)
            self._form.fill(linked.query or FIRST_QUERY)
            self._show_view(linked)
        self._changed()
        if self._voila and self.result is None:
            self._query_button.focus(idle=True)  # someone may be typing already
        self._names.read()
        self._mail.look_beside()

    def _changed(self) -> None:
        """What depends on the form: the address, and whether the report is what it asks for."""
        notices = [self._failure, self._preset]
        view = self._shown_view
        stale = view.made is not None
        try:
            query = self.query
        except QueryError:
            pass
        else:
            stale = stale and query != view.query
            link = self._link_of(query)
            if self._on_screen:
                self._page.link = link or ""
            notices += [NO_LINK] if link is None else []
        if view.made is None:
            notices += [WELCOME] if view is self._view and not any(notices) else []
        else:
            notices += [STALE] if stale else []
            notices += view.notices()
        self._notices.show(notice for notice in notices if notice is not None)
        view.mark(stale=stale)

    @property
    def _shown_view(self) -> View:
        return self._views[self._switch.view]

    def _choose(self, key: str) -> None:
        """A view was chosen from the toolbar: it is made of the query in the form."""
        again = key == self._switch.view
        self._show_view(ParsedLink(None, view=key, split=self._views[key].split))
        if not again and self._shown_view.query != self.query:
            self.ask()

    def _show_view(self, linked: ParsedLink) -> None:
        self._switch.show(linked.view)
        self._shown_view.open()
        self._shown_view.split = linked.split
        for key, view in self._views.items():
            show(view.box, key == linked.view)
        self._changed()

    def _link_of(self, query: Query) -> str | None:
        return to_link(query, self._switch.view, self._shown_view.split)

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

    def _load(self, template: QueryTemplate) -> None:
        """A saved query was chosen: it fills the form, and runs nothing."""
        self._form.fill(template.query)
        if template.chart is not None:
            self._view.open_chart(template.chart)
        self._changed()

    def _say(self, words: str) -> None:
        """A word beside the Query button, unless something more important goes on there."""
        if not self._jobs.running:
            self._status.end(words)

    def _tell(self, words: str) -> None:
        """Something went wrong, in one line."""
        self._failure = Notice("failed", words)
        self._ended("")
