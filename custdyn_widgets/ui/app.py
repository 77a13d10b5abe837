"""CustomerDynamics: the form, Query, and the report under it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ipywidgets as w
import pandas as pd

from custdyn_widgets.environment import SOURCE_VARIABLE
from custdyn_widgets.errors import Cancelled, NoReport, QueryError
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import ParsedLink, to_link
from custdyn_widgets.report.report import Report
from custdyn_widgets.result import Result, run
from custdyn_widgets.sources import Source, open_source, source_text
from custdyn_widgets.ui.form import Form
from custdyn_widgets.ui.jobs import Jobs
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.output import LiveBox, sentence
from custdyn_widgets.ui.page import Page, View, Views, head, link_of_the_page, prepared_beforehand
from custdyn_widgets.ui.panels.by_mail import ByMail
from custdyn_widgets.ui.panels.saved_queries import SavedQueries
from custdyn_widgets.ui.query_bar import QueryBar
from custdyn_widgets.ui.states import FIRST_QUERY, NO_LINK, STALE, failed, preset
from custdyn_widgets.ui.where_data_is import WhereDataIs
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.copy_link import CopyLink
from custdyn_widgets.ui.widgets.notices import Notice, Notices

if TYPE_CHECKING:
    from custdyn_widgets.store import QueryTemplate


class CustomerDynamics(LiveBox):
    """The form and the report, in a notebook cell or a Voilà page.

    `source`: see `open_source`; left out, the source that `custdyn app` was started with, or the
    demo. `query`: what the form shows at first: a Query, its JSON-shaped values, the path of a TOML
    or JSON file, or a link; left out, what the page's address asks for. Nothing runs by itself.

    `query`, `report` and `result` of the widget give what is on the screen: the form's query, and
    the last report (None before the first) with its source. `run` makes one without a click, and
    `close` ends the form. Where a cell that shows a form is run again, its form before is closed.

    >>> app = CustomerDynamics("sample", query="period=last_year")
    >>> app.query
    Query(period='last_year')
    >>> app.run().report.query.currency
    'USD'
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
        self._names = Names(self.source, lambda: self._where.names_arrived())
        self._jobs = Jobs(self.source, self)
        if query is None and prepared_beforehand():
            self._names.read()  # while this kernel waits for a reader
        self._link = link_of_the_page() if query is None else None
        self._preset, linked = preset(query if query is not None else self._link or "")
        first = linked.query or FIRST_QUERY
        self._form = Form(first, self._names, changed=self._changed, on_error=self._tell)
        self._where = WhereDataIs(self._names, self._form, self.ask, self._changed)
        self._where.unasked = linked.query is None
        self._page = Page(on_query=self.ask, shown=self._shown, on_error=self._tell)
        self._bar = QueryBar(self.ask, self._cancelled, self._tell)
        self._notices = Notices(self._where.ask_for_last_year, self._tell)
        copies = CopyLink(
            lambda: self._link_of(self.query),
            in_voila=lambda: self._voila,
            say=self._bar.say,
            on_error=self._tell,
        )
        self._views = Views(
            chosen=self._choose,
            ask=self.ask,
            compare=self._compare_with,
            button=copies.button,
            on_error=self._tell,
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
        self._making: View = self._views.report
        super().__init__(self._lay_out())
        self.add_class("custdyn-app")
        self._show_view(linked)

    @property
    def query(self) -> Query:
        """The query in the form. Raises QueryError where it is not valid."""
        return self._form.query()

    @property
    def result(self) -> Result:
        """The last report and its source. Raises NoReport before the first."""
        if self._views.report.result is None:
            raise NoReport
        return self._views.report.result

    @property
    def report(self) -> Report | None:
        """The report on the screen."""
        return self._views.report.report

    def run(self) -> Result:
        """Makes the report of the form's query, shows it and returns it.

        Raises what `custdyn_widgets.run` raises, QueryError for the form included.
        """
        if self._where.unasked:
            self._names.read_now()
        query = self.query
        self._jobs.stop()
        self._show_view(ParsedLink(None))
        self._making = self._views.shown
        self._bar.begin()
        try:
            made = run(query, self.source)
        except Exception as error:
            self.failed(error)
            raise
        self.made(query, made)
        return made

    def ask(self) -> None:
        """Makes the report of the form's query, as the Query button does: the latest wins.

        One with Send to is made by a worker and sent: this page may be closed meanwhile.
        """
        try:
            query = self.query
            self._form.show_faults([])
            self._failure = self._preset = None
            self._changed()
            if query.output.send_to and self._views.shown is self._views.report:
                self._ended(self._mail.ask(query, *self._saved.about(query)))
                return
        except QueryError as error:
            self._refused(error)
            return
        self._bar.begin()
        self._making = self._views.shown
        self._jobs.start(query, self._making.make)

    def progressed(self, words: str, share: float | None) -> None:
        """A report is being made, in a thread: it, `made` and `failed` only set traits."""
        self._bar.status.progress(f"{words[0].upper()}{words[1:]} …", share)

    def made(self, query: Query, result: object) -> None:
        """What was asked for has been made: it is shown."""
        took = self._bar.status.took()
        self._notices.show([])  # what goes away above the figures goes before they are scrolled to
        self._making.show(result, query)
        self._ended(f"Done in {took}.")
        self.refresh()
        self._names.read()  # they may have changed with the data

    def failed(self, error: Exception) -> None:
        """No report could be made."""
        if isinstance(error, Cancelled):
            self._ended("Cancelled.")
        elif isinstance(error, QueryError):
            self._refused(error)
        else:
            self._failure = failed(error)
            self._ended("Failed.")

    def __repr__(self) -> str:
        return f"CustomerDynamics({self.source.name})"

    def end(self) -> None:
        """Ends what goes on: the form is closed."""
        self._jobs.stop()
        self._mail.close()

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: the figures on the screen."""
        made = self._views.shown.made
        if made is None:
            return sentence("No report has been made in this form. Run its cell, and press Query.")
        text = repr(made) if not isinstance(made, Result) else made.to_text(brief=True)
        return made._repr_html_(), text

    def _lay_out(self) -> list[w.Widget]:
        buttons = [self._bar.query, self._bar.cancel, *self._saved.buttons, self._mail.button]
        return [
            self._page,
            head(self.source.name),
            basic.row([self._form.filters, self._form.output], "custdyn-cards"),
            self._saved.box,
            basic.row([*buttons, self._bar.status, self._views.box], "custdyn-actions"),
            self._mail.box,
            self._notices,
            *self._views.boxes,
        ]

    def _shown(self, link: str | None) -> None:
        """The page can be used: Query is one key away, and the names are read meanwhile.

        `link` is what stands in the address of a Voilà page, None in a notebook.
        """
        self._voila, first, self._on_screen = link is not None, not self._on_screen, True
        if link is not None and first and self._link is not None and link != self._link:
            self._preset, linked = preset(link)
            self._where.unasked = linked.query is None
            self._form.fill(linked.query or FIRST_QUERY)
            self._show_view(linked)
        self._changed()
        if self._voila and self._views.report.made is None:
            self._bar.query.focus(idle=True)  # someone may be typing already
        self._names.read()
        self._mail.look_beside()

    def _changed(self) -> None:
        """What depends on the form: the address, and whether the report is what it asks for."""
        notices = [self._failure, self._preset]
        view, query = self._views.shown, self._form.valid_query()
        stale = view.made is not None and query != view.query
        if query is not None:
            link = self._link_of(query)
            if self._on_screen:
                self._page.link = link or ""
            notices += [NO_LINK] if link is None else []
        if view.made is None:
            fresh = view is self._views.report and not any(notices)
            notices += [*self._where.warnings(), *self._where.offer(query)]
            notices += [self._where.welcome()] if fresh else []
        else:
            notices += [STALE] if stale else [*self._where.offer(query)]
            notices += view.notices()
        self._notices.show(notice for notice in notices if notice is not None)
        view.mark(stale=stale)

    def _choose(self, key: str) -> None:
        """A view was chosen from the toolbar: it is made of the query in the form."""
        other = key != self._views.view
        self._show_view(ParsedLink(None, view=key, split=self._views[key].split))
        if other and self._views.shown.query != self.query:
            self.ask()

    def _show_view(self, linked: ParsedLink) -> None:
        self._views.show(linked)
        self._changed()

    def _link_of(self, query: Query) -> str | None:
        return to_link(query, self._views.view, self._views.shown.split)

    def _ended(self, words: str) -> None:
        """What was going on has ended in these words, unless something newer goes on."""
        if not self._jobs.running:
            self._bar.end(words)
        self._changed()

    def _cancelled(self) -> None:
        self._jobs.stop()
        self._ended("Cancelled.")

    def _refused(self, error: QueryError) -> None:
        more = "; ".join(map(str, self._form.show_faults(error.faults)))
        count = len(error.faults)
        self._ended(f"{count} field{'s' if count > 1 else ''} to correct. {more}")

    def _compare_with(self, compare: str) -> None:
        """Compares with another period: the form says so, and the report is made."""
        if self._form.compare(compare):
            self.ask()

    def _load(self, template: QueryTemplate) -> None:
        """A saved query was chosen: it fills the form, and runs nothing."""
        self._form.fill(template.query)
        if template.chart is not None:
            self._views.report.open_chart(template.chart)
        self._changed()

    def _tell(self, words: str) -> None:
        """Something went wrong, in one line."""
        self._failure = Notice("failed", words)
        self._ended("")
