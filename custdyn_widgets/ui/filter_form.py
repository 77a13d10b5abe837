"""FilterForm: the fields of a query, Query, and the report that it makes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import traitlets
from ipywidgets import CallbackDispatcher

from custdyn_widgets.environment import SOURCE_VARIABLE
from custdyn_widgets.errors import Cancelled, QueryError
from custdyn_widgets.model.cells import many
from custdyn_widgets.query.fields import REPORT
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import ParsedLink
from custdyn_widgets.result import Result, run
from custdyn_widgets.sources import Source, open_source
from custdyn_widgets.ui.data_period import WhereDataIs
from custdyn_widgets.ui.form import Form
from custdyn_widgets.ui.jobs import Jobs
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.output import LiveBox
from custdyn_widgets.ui.page import Page
from custdyn_widgets.ui.query_bar import QueryBar
from custdyn_widgets.ui.query_target import Followed, Target
from custdyn_widgets.ui.states import FIRST_QUERY, STALE, as_query, failed, preset, refuse_ignored
from custdyn_widgets.ui.voila import link_of_the_page, prepared_beforehand
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.notices import Notice, Notices
from custdyn_widgets.words import tr

Asked = Query | Mapping[str, Any] | str | None


class QueryTrait(traitlets.Any):
    """A query, set in any of the forms that a form is given. Raises QueryError."""

    def __init__(self) -> None:
        super().__init__(default_value=Query())
        self.allow_none = False
        self.tag(sync=True, to_json=lambda value, _: value.to_dict(), from_json=_sent)

    def validate(self, _obj: Any, value: Any) -> Query:
        """The query that is meant."""
        return as_query(value)


def _sent(value: Any, widget: Any) -> Any:
    """What the browser sends: what is no query changes nothing."""
    try:
        return Query.model_validate(value)
    except QueryError:
        return widget.query


class FilterForm(LiveBox):
    """The fields of a query, and Query, which makes its report: parts that follow it show that.

    `source`: see `open_source`; left out, the source that `custdyn app` was started with, or the
    demo. `query`: what the form shows at first: a Query, its JSON-shaped values, the path of a TOML
    or JSON file, or a link; left out, what the page's address asks for. `run`: makes the report at
    once, for papermill and for pages on which nothing is pressed; it raises what `run` raises.
    `alone`: it brings its own style; the page brings that itself.

    Traits, to `observe` and `link`: `query`, the last valid one of the form (setting it fills the
    form, and raises QueryError); `faults`, what is wrong in the form now, as texts; `busy`, whether
    a report is being made; `report`, the last Result, None before.

    >>> from custdyn_widgets import FilterForm, ReportTable
    >>> form = FilterForm("sample", query="period=last_year", run=True)
    >>> ReportTable(form).report.query.currency
    'USD'
    """

    query: Any = QueryTrait()
    faults = traitlets.List().tag(sync=True)
    busy = traitlets.Bool(False).tag(sync=True)
    report = traitlets.Instance(Result, allow_none=True)

    def __init__(
        self,
        source: str | Path | Source | Mapping[str, pd.DataFrame] | None = None,
        query: Asked = None,
        *,
        run: bool = False,
        alone: bool = True,
    ) -> None:
        self.given = os.environ.get(SOURCE_VARIABLE, "demo") if source is None else source
        self._source = open_source(self.given)
        self.failure: Notice | None = None
        self.target: Target = Followed()
        self.instead: Callable[[Query], str | None] = lambda _query: None
        """What is done in place of a report, in words; None: nothing. It may raise QueryError."""
        self.remarks: Callable[[Query | None], list[Notice]] = lambda _query: []
        """What there is to say of a query; None: the form has no valid one."""
        self.opened: Callable[[ParsedLink | None], None] = lambda _linked: None
        """Called when the page can be used, with its link where another was known before."""
        self._on_query = CallbackDispatcher()
        self.on_screen = self.in_voila = False
        self._built = False
        self.names = Names(self.source, self._names_arrived)
        self._jobs = Jobs(self.source, self)
        if query is None and prepared_beforehand():
            self.names.read()  # while this kernel waits for a reader
        self._link = link_of_the_page() if query is None else None
        self._preset, self.linked = preset(query if query is not None else self._link or "")
        first = self.linked.query or FIRST_QUERY
        self.fields = Form(first, self.names, changed=self._edited, on_error=self.tell)
        self.where = WhereDataIs(self.names, self.fields, self.ask, self.changed)
        self.where.unasked = self.linked.query is None
        self.page = Page(on_query=self.ask, shown=self._shown, on_error=self.tell, alone=alone)
        self.bar = QueryBar(self.ask, self._cancelled, self.tell)
        self.notices = Notices(self.where.take, self.tell)
        self.actions = basic.row(
            [self.bar.query, self.bar.cancel, self.bar.status], "custdyn-actions"
        )
        cards = basic.row([self.fields.filters, self.fields.output], "custdyn-cards")
        super().__init__([self.page, cards, self.actions, self.notices])
        self.query = first
        self.observe(self._filled, "query")
        if alone:
            self.add_class("custdyn-app")
            self.add_class("custdyn-part")
            self.fields.hide("output.type", "output.send_to")  # a part hands over no files
            self.changed()
        if run:
            refuse_ignored(self.linked)
            self.run()

    @property
    def source(self) -> Source:
        """What it asks."""
        return self._source

    def run(self) -> Result:
        """Makes the report of the form's query, shows it and returns it.

        Raises what `custdyn_widgets.run` raises, QueryError for the form included.
        """
        if self.where.unasked:
            self.names.read_now()
        query = self.fields.query()
        self._jobs.stop()
        self._begin()
        try:
            made = run(query, self.source)
        except Exception as error:
            self.failed(error)
            raise
        self.made(query, made)
        return made

    def ask(self) -> None:
        """Makes what the form asks for, as the Query button does: the latest wins."""
        try:
            query = self.fields.query()
            self.fields.show_faults([])
            self.failure = self._preset = None
            self.changed()
            if (said := self.instead(query)) is not None:
                self.ended(said)
                return
        except QueryError as error:
            self._refused(error)
            return
        self._begin()
        self._jobs.start(query, self._making.make)

    def on_query(self, f: Callable[[Query], None], remove: bool = False) -> None:
        """Has `f` called with the query when a report is begun; `remove`: no longer."""
        self._on_query.register_callback(f, remove=remove)

    def progressed(self, words: str, share: float | None) -> None:
        """A report is being made, in a thread: it, `made` and `failed` only set traits."""
        self.bar.status.progress(f"{words[0].upper()}{words[1:]} …", share)

    def made(self, query: Query, result: object) -> None:
        """What was asked for has been made: it is shown."""
        took = self.bar.status.took()
        self.notices.show([])  # what goes away above the figures goes before they are scrolled to
        self._making.show(result, query)
        try:
            if isinstance(result, Result):
                self.report = result  # what observes it may fail
        finally:
            self.ended(tr("Done in {took}.", took=took))
        self.refresh()
        self.names.read()  # they may have changed with the data

    def failed(self, error: Exception) -> None:
        """Nothing could be made."""
        if isinstance(error, Cancelled):
            self.ended(tr("Cancelled."))
        elif isinstance(error, QueryError):
            self._refused(error)
        else:
            self.failure = failed(error)
            self.ended(tr("Failed."))

    def ended(self, words: str) -> None:
        """What was going on has ended in these words, unless something newer goes on."""
        if not self._jobs.running:
            self.bar.end(words)
            self.busy = False
        self.changed()

    def tell(self, words: str) -> None:
        """Something went wrong, in one line."""
        self.failure = Notice("failed", words)
        self.ended("")

    def end(self) -> None:
        """Ends what goes on: the form is closed."""
        self._jobs.stop()

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: the query."""
        return self.query._repr_html_(), repr(self.query)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.source.name})"

    def changed(self) -> None:
        """What depends on the form: its traits, and what is said of it."""
        self._built = True
        query, target = self.fields.valid_query(), self.target
        if query is not None and query != self.query:
            self.query = query
        self.faults = list(map(str, self.fields.faults()))
        stale = target.made is not None and query != target.query
        notices = [self.failure, self._preset, *self.remarks(query)]
        if target.made is None:
            fresh = target.view == REPORT and not any(notices)
            notices += [*self.where.warnings(), *self.where.offer(query)]
            notices += [self.where.welcome()] if fresh else []
        else:
            notices += [STALE] if stale else [*self.where.offer(query)]
            notices += target.notices()
        self.notices.show(notice for notice in notices if notice is not None)
        target.mark(stale=stale)

    def _edited(self) -> None:
        """A reader has changed the form: what was said of the last attempt is over."""
        self.bar.say("")
        self.changed()

    def _begin(self) -> None:
        self._making = self.target
        self.bar.begin()
        self.busy = True
        self._on_query(self.fields.query())

    def _filled(self, change: Any) -> None:
        """A query was set from Python: the form shows it."""
        if change["new"] != self.fields.valid_query():
            self.fill(change["new"])

    def fill(self, query: Query) -> None:
        """Shows a query, and runs nothing."""
        self.where.unasked = False
        self.fields.fill(query)
        self._edited()

    def _shown(self, link: str | None) -> None:
        """The page can be used: Query is one key away, and the names are read meanwhile.

        `link` is the address of a Voilà page after the `?`, None in a notebook.
        """
        first, self.on_screen, self.in_voila = not self.on_screen, True, link is not None
        linked = None
        if link is not None and first and self._link is not None and link != self._link:
            self._preset, linked = preset(link)
            self.where.unasked = linked.query is None
            self.fields.fill(linked.query or FIRST_QUERY)
        self.opened(linked)
        self.changed()
        if self.in_voila and self.target.made is None:
            self.bar.query.focus(idle=True)  # someone may be typing already
        self.names.read()

    def _names_arrived(self) -> None:
        """In a thread, perhaps before the form is there: then it is looked for again later."""
        if self._built:
            self.where.names_arrived()

    def _cancelled(self) -> None:
        self._jobs.stop()
        self.ended(tr("Cancelled."))

    def _refused(self, error: QueryError) -> None:
        more = "; ".join(map(str, self.fields.show_faults(error.faults)))
        count = len(error.faults)
        needs = many(count, "field needs attention.", "fields need attention.")
        self.ended(f"{needs} {more}")
