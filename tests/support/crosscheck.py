"""One query on two sources: the cells that differ."""

from __future__ import annotations

from datetime import datetime

from custdyn_widgets import run
from custdyn_widgets.report.difference import Difference, cells_of, diff
from custdyn_widgets.result import Asking
from custdyn_widgets.sources import From


def crosscheck(query: Asking, first: From, second: From, *, as_of: datetime) -> list[Difference]:
    """The cells in which the reports of two sources differ, N/A included."""
    one, other = (cells_of(run(query, source, as_of=as_of).report) for source in (first, second))
    return diff(one, other)
