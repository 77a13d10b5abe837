"""The period of the data: what the page says of it, and the one that the page opens with."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

from custdyn_widgets.model.periods import EARLIEST, LATEST
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources.contents import Contents
from custdyn_widgets.ui.form import Form
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.states import FIRST_QUERY, STARTS, WELCOME, warned
from custdyn_widgets.ui.widgets.notices import Notice
from custdyn_widgets.words import tr

LAST_YEAR = "last year of the data"


class WhereDataIs:
    """Opens a form that was asked nothing in the year where the data ends, and offers that year.

    `unasked`: the form was given no query; `ask` makes its report, `changed` is called when the
    names are there.
    """

    def __init__(
        self, names: Names, form: Form, ask: Callable[[], None], changed: Callable[[], None]
    ) -> None:
        self._names, self._form, self._ask, self._changed = names, form, ask, changed
        self.unasked = False

    def names_arrived(self) -> None:
        """The names are there, and with them what is in the data."""
        self._form.controls.names_arrived()
        contents = self._contents
        if self.unasked and contents is not None:
            self.unasked = False
            if apart(contents, FIRST_QUERY) and self._form.valid_query() == FIRST_QUERY:
                self._form.fill_period(of_last_year(contents, FIRST_QUERY))
        self._changed()

    def take(self, offer: str) -> None:
        """An offer is taken: its query is shown, and its report made."""
        if offer == LAST_YEAR and self._contents is not None:
            self._form.fill_period(of_last_year(self._contents, self._form.query()))
        elif offer in STARTS:
            self._form.fill(STARTS[offer][1])
        self._ask()

    def welcome(self) -> Notice:
        """What the page is for, and what is in the data."""
        facts = () if self._names.directory is None else self._names.directory.facts
        items = tuple(f"{label}: {text}" for label, text in facts)
        return replace(WELCOME, items=items)

    def warnings(self) -> Iterator[Notice]:
        """What is hardly meant in the data; a report says it itself."""
        directory = self._names.directory
        if directory is not None and directory.warnings:
            yield warned(directory.warnings)

    def offer(self, query: Query | None) -> Iterator[Notice]:
        """Another period, where that of the query has no entries."""
        contents = self._contents
        if contents is not None and query is not None and (words := apart(contents, query)):
            data = tr("Data: {span} (UTC).", span=contents.span)
            yield Notice(
                "info",
                words,
                data,
                offers=((LAST_YEAR, tr("Show {contents}", contents=last_year(contents))),),
            )

    @property
    def _contents(self) -> Contents | None:
        return None if self._names.directory is None else self._names.directory.contents


def apart(contents: Contents, query: Query) -> str:
    """How a query's period and the entries are apart; nothing where they meet, or are none."""
    first, last = query.interval(datetime.now(UTC))
    if contents.last is not None and _on_clock(contents.last, query) < first:
        return tr("The period begins after the data ends")
    if contents.first is not None and _on_clock(contents.first, query) > last:
        return tr("The period ends before the data begins")
    return ""


def _on_clock(instant: datetime, query: Query) -> datetime:
    """A UTC instant on the clock of the query's zone."""
    return in_zone(instant.replace(tzinfo=UTC), zone(query.timezone)).replace(tzinfo=None)


def of_last_year(contents: Contents, query: Query) -> Query:
    """A query for the year of the last entry."""
    year = last_year(contents)
    return query.with_fields({"period": {"from": f"{year}-01-01", "to": f"{year}-12-31"}})


def last_year(contents: Contents) -> int:
    """The year of the last entry, of those that a period may have."""
    year = (contents.last or datetime.now(UTC)).year
    return min(max(year, EARLIEST.year), LATEST.year)
