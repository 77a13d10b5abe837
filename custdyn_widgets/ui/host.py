"""What a form is part of: where what it makes is shown, and what is done in its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

import traitlets

from custdyn_widgets.query.fields import REPORT
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import ParsedLink
from custdyn_widgets.result import Result
from custdyn_widgets.sources import Source
from custdyn_widgets.ui.jobs import a_report
from custdyn_widgets.ui.states import as_query, of_report
from custdyn_widgets.ui.widgets.notices import Notice


class QueryTrait(traitlets.Any):
    """A query, set in any of the forms that a form is given. Raises QueryError."""

    def __init__(self) -> None:
        super().__init__(default_value=Query())

    def validate(self, _obj: Any, value: Any) -> Query:
        """The query that is meant."""
        return as_query(value)


class Target(Protocol):
    """What a form makes of its query, and where that is shown."""

    view: str
    query: Query | None
    """Of what was made last; None before."""

    @property
    def made(self) -> Any:
        """What was made last; None before."""

    def make(self, query: Query, source: Source, progress: Callable[[str], None]) -> Any:
        """Makes it; in a thread."""

    def show(self, result: object, query: Query) -> None:
        """Shows it."""

    def notices(self) -> Iterator[Notice]:
        """What is to be said before it."""

    def mark(self, *, stale: bool) -> None:
        """Marks it as one that the form no longer asks for, or takes the mark away."""


class Host(Protocol):
    """What a form is part of."""

    @property
    def target(self) -> Target:
        """What the form makes now."""

    def instead(self, query: Query) -> str | None:
        """What is done in place of a report, in words; None: nothing. Raises QueryError."""

    def remarks(self, query: Query | None) -> list[Notice]:
        """What there is to say of a query, None where the form has no valid one."""

    def opened(self, linked: ParsedLink | None) -> None:
        """The page can be used; it was opened with another link than was known, or not (None)."""

    def refresh(self) -> None:
        """Something new is shown."""


class Alone:
    """The host of a form that stands by itself: parts that follow it show the report."""

    view = REPORT

    def __init__(self) -> None:
        self.made: Result | None = None
        self.query: Query | None = None

    @property
    def target(self) -> Target:
        """Itself."""
        return self

    def make(self, query: Query, source: Source, progress: Callable[[str], None]) -> Result:
        """Makes the report."""
        return a_report(query, source, progress)

    def show(self, result: object, query: Query) -> None:
        """Keeps it: the form has it as a trait."""
        if isinstance(result, Result):
            self.made, self.query = result, query

    def notices(self) -> Iterator[Notice]:
        """What stands out in the report."""
        return iter(()) if self.made is None else of_report(self.made.report)

    def mark(self, *, stale: bool) -> None:
        """Nothing is shown here."""

    def instead(self, query: Query) -> str | None:
        """Nothing."""
        return None

    def remarks(self, query: Query | None) -> list[Notice]:
        """None."""
        return []

    def opened(self, linked: ParsedLink | None) -> None:
        """There is one view."""

    def refresh(self) -> None:
        """The form brings its own output up to date."""
