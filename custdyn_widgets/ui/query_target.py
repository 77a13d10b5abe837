"""What a form makes of its query, and where that is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from custdyn_widgets.query.fields import REPORT
from custdyn_widgets.query.query import Query
from custdyn_widgets.result import Result
from custdyn_widgets.sources import Source
from custdyn_widgets.ui.jobs import a_report
from custdyn_widgets.ui.states import of_report
from custdyn_widgets.ui.widgets.notices import Notice


class Target(Protocol):
    """Makes something of a query, in a thread, and shows it: `made`, of `query`; None before.

    `notices` are to be said before it; `mark` says that the form asks for something else now.
    """

    view: str
    query: Query | None

    @property
    def made(self) -> Any: ...  # noqa: D102
    def make(self, query: Query, source: Source, progress: Callable[[str], None]) -> Any: ...  # noqa: D102
    def show(self, result: object, query: Query) -> None: ...  # noqa: D102
    def notices(self) -> Iterator[Notice]: ...  # noqa: D102
    def mark(self, *, stale: bool) -> None: ...  # noqa: D102


class Followed:
    """Shows nothing itself: parts follow the form."""

    view = REPORT
    make = staticmethod(a_report)

    def __init__(self) -> None:
        self.made: Result | None = None
        self.query: Query | None = None

    def show(self, result: object, query: Query) -> None:
        """Keeps it."""
        self.made, self.query = (result if isinstance(result, Result) else None), query

    def notices(self) -> Iterator[Notice]:
        """What a reader should see at once in the report."""
        return iter(()) if self.made is None else of_report(self.made.report)

    def mark(self, *, stale: bool) -> None:
        """Nothing."""
