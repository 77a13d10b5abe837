"""CustomerDynamics: the form, the report under it, saved queries, mail and lists."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from custdyn_widgets.errors import NoReport, QueryError
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.step import stepped, to_date
from custdyn_widgets.query.url import ParsedLink, to_link
from custdyn_widgets.result import Result
from custdyn_widgets.sources import Source, source_text
from custdyn_widgets.ui.filter_form import Asked, FilterForm, QueryTrait
from custdyn_widgets.ui.output import LiveBox, sentence
from custdyn_widgets.ui.page import Views, head
from custdyn_widgets.ui.panels.by_mail import ByMail
from custdyn_widgets.ui.panels.cell_panel import CellPanel
from custdyn_widgets.ui.panels.saved_queries import SavedQueries
from custdyn_widgets.ui.states import NO_LINK, refuse_ignored
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.copy_link import CopyLink
from custdyn_widgets.ui.widgets.notices import Notice
from custdyn_widgets.ui.widgets.part import SelectionTrait
from custdyn_widgets.ui.widgets.report_chart import ReportChart
from custdyn_widgets.ui.widgets.summary import Summary
from custdyn_widgets.ui.widgets.table import ReportTable
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.store import QueryTemplate

SHARED = ("query", "faults", "busy", "report")
"""Traits of the form that are the page's."""


class CustomerDynamics(LiveBox):
    """The form and the report, in a notebook cell or a Voilà page.

    `source`, `query` and `run` as for `FilterForm`; left out, nothing runs by itself. It is made of
    the parts: `form`, `table`, `chart` and `panel` (these once there is a report).

    Traits, to `observe` and `link`: `query`, `faults`, `busy` and `report`, those of the form, and
    `selection`, that of the table. `result` is the last report, as `report`, but says so where
    there is none yet. `run` makes one without a click, and `close` ends the form. Where a cell that
    shows a form is run again, its form before is closed.

    >>> app = CustomerDynamics("sample", query="period=last_year")
    >>> app.query
    Query(period='last_year')
    >>> app.run().query.currency
    'USD'
    """

    query: Any = QueryTrait()
    faults = traitlets.List().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    report = traitlets.Instance(Result, allow_none=True)
    selection: Any = SelectionTrait()

    def __init__(
        self,
        source: str | Path | Source | Mapping[str, pd.DataFrame] | None = None,
        query: Asked = None,
        *,
        run: bool = False,
    ) -> None:
        self._form = form = FilterForm(source, query, alone=False)
        copies = CopyLink(
            lambda: self._link_of(form.fields.query()),
            in_voila=lambda: form.in_voila,
            say=form.bar.say,
            on_error=form.tell,
        )
        self._views = Views(
            chosen=self._choose,
            ask=form.ask,
            compare=self._compare_with,
            button=copies.button,
            parts_made=self._parts_made,
            on_error=form.tell,
        )
        self._mail = ByMail(source_text(form.given), form.tell)
        self._saved = SavedQueries(
            query=form.fields.query,
            timezone=lambda: form.fields.controls.timezone.value,
            source=source_text(form.given),
            load=self._load,
            send=self._mail.send,
            on_error=form.tell,
        )
        self._summary = basic.hidden(Summary(self._step, self._fold, form.tell))
        form.instead, form.remarks, form.opened = self._instead, self._remarks, self._opened
        self._lay_out()
        top = basic.row([head(self.source.name), self._views.box], "custdyn-top")
        super().__init__([top, form, *self._views.boxes])
        self.add_class("custdyn-app")
        for name in SHARED:
            traitlets.link((form, name), (self, name))
        form.observe(self._ended, "busy")
        form.observe(self._faulty, "faults")
        self._show_view(form.linked)
        if run:
            refuse_ignored(form.linked)
            self.run()

    @property
    def form(self) -> FilterForm:
        """The fields of the query."""
        return self._form

    @property
    def source(self) -> Source:
        """What it asks."""
        return self._form.source

    @property
    def result(self) -> Result:
        """The last report and its source. Raises NoReport before the first."""
        made: Result | None = self.report
        if made is None:
            raise NoReport
        return made

    @property
    def table(self) -> ReportTable:
        """The table of the report."""
        return self._views.report.parts[0]

    @property
    def chart(self) -> ReportChart:
        """The chart of the report."""
        return self._views.report.parts[1]

    @property
    def panel(self) -> CellPanel:
        """The panel of a figure."""
        return self._views.report.parts[2]

    def run(self) -> Result:
        """Makes the report of the form's query, shows it and returns it; see `FilterForm.run`."""
        self._show_view(ParsedLink(None))
        return self.form.run()

    def ask(self) -> None:
        """Makes the report of the form's query, as the Query button does: the latest wins.

        One with Send to is made by a worker and sent: this page may be closed meanwhile.
        """
        self.form.ask()

    def _instead(self, query: Query) -> str | None:
        """A report with Send to is queued: what is said of it."""
        if not query.output.send_to or self._views.shown is not self._views.report:
            return None
        return self._mail.ask(query, *self._saved.about(query))

    def _remarks(self, query: Query | None) -> list[Notice]:
        """What there is to say of a query; the address is that of the form."""
        self._summary.show(query)
        link = None if query is None else self._link_of(query)
        if query is not None and self.form.on_screen:
            self.form.page.link = link or ""
        return [NO_LINK] if query is not None and link is None else []

    def _opened(self, linked: ParsedLink | None) -> None:
        """The page can be used."""
        if linked is not None:
            self._show_view(linked)
        self._mail.count_in_background()

    def __repr__(self) -> str:
        return f"CustomerDynamics({self.source.name})"

    def end(self) -> None:
        """Ends what goes on: the form is closed."""
        self.form.end()
        self._mail.close()

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: the figures on the screen."""
        made = self._views.shown.made
        if made is None:
            return sentence(
                tr("No report has been made in this form. Run its cell, and press Query.")
            )
        text = repr(made) if not isinstance(made, Result) else made.to_text(brief=True)
        return made._repr_html_(), text

    def _lay_out(self) -> None:
        """Buttons and boxes of the page stand in the form."""
        form = self.form
        page, cards, actions, notices = form.children
        query, cancel, status = actions.children
        buttons = [query, cancel, *self._saved.buttons, self._mail.button]
        actions.children = [self._summary, *buttons, status]
        form.children = [page, cards, actions, self._saved.box, self._mail.box, notices]

    def _ended(self, change: Any) -> None:
        """A report was begun or has ended: where there is one, the figures come first."""
        form = self.form
        self.refresh()
        made = form.target.made is not None and form.target.query == form.query
        if not change["new"] and made and form.failure is None and not form.faults:
            self._fold(True)

    def _faulty(self, change: Any) -> None:
        """A field that is wrong is to be seen."""
        if change["new"]:
            self._fold(False)

    def _fold(self, folded: bool, field: str = "") -> None:
        """Folds the form into one line, or opens it, with the keyboard in a field."""
        basic.show(self.form.children[1], not folded)
        basic.show(self._summary, folded or self.form.target.made is not None)
        self._summary.folded = folded
        if field and not folded:
            self.form.fields.focus(field)

    def _step(self, by: int) -> None:
        """The report of the period before or after, or of the one up to today."""
        form, now = self.form, datetime.now(UTC)
        try:
            query = form.fields.query()
            other = stepped(query, by, now) if by else to_date(query, now)
        except QueryError as error:
            form.failed(error)
            return
        if other is not None:
            form.fields.fill_period(other)
            form.ask()

    def _parts_made(self) -> None:
        traitlets.link((self, "selection"), (self.table, "selection"))

    def _choose(self, key: str) -> None:
        """A view was chosen from the toolbar: it is made of the query in the form."""
        other = key != self._views.view
        self._show_view(ParsedLink(None, view=key, split=self._views[key].split))
        if other and self._views.shown.query != self.form.fields.query():
            self.form.ask()

    def _show_view(self, linked: ParsedLink) -> None:
        self._views.show(linked)
        self.form.target = self._views.shown
        self.form.changed()

    def _link_of(self, query: Query) -> str | None:
        return to_link(query, self._views.view, self._views.shown.split)

    def _compare_with(self, compare: str) -> None:
        """Compares with another period: the form says so, and the report is made."""
        if self.form.fields.compare(compare):
            self.form.ask()
        else:
            self._fold(False)

    def _load(self, template: QueryTemplate, *, run: bool) -> None:
        """A saved query was chosen: it fills the form, and runs where that sends no mail."""
        self.form.fill(template.query)
        if template.chart is not None:
            self._views.report.open_chart(template.chart)
        if run:
            self.form.ask()
