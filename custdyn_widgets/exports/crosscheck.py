"""One query on two sources: the same answer, or the cells that differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from custdyn_widgets.exports.verify import cells_of
from custdyn_widgets.pipeline.make_report import Progress
from custdyn_widgets.result import Asking, AsOf, From, run


@dataclass(frozen=True)
class Difference:
    """A cell that two sources say differently; `absent` where one does not have it."""

    block: str
    row: str
    bucket: str
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.block} · {self.row} · {self.bucket}: {self.first} ≠ {self.second}"


def crosscheck(
    query: Asking,
    first: From,
    second: From,
    *,
    as_of: AsOf | None = None,
    progress: Progress = lambda _: None,
) -> list[Difference]:
    """The cells in which the report of a query differs on two sources, N/A included.

    `first` and `second`: see `open_source`; `as_of`, or now, holds for both. Raises what
    `run` raises.
    """
    at = as_of or datetime.now(UTC)
    cells = [
        cells_of(run(query, source, as_of=at, progress=progress).report)
        for source in (first, second)
    ]
    return [
        Difference(*key, *(one.get(key, "absent") for one in cells))
        for key in dict.fromkeys((*cells[0], *cells[1]))
        if cells[0].get(key) != cells[1].get(key)
    ]
