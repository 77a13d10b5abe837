"""Result: what users hold — a frozen report, the source it came from, and what can be done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from .query import Query
from .report import Report
from .run import Progress, make_report
from .sources import Source, open_source


@dataclass(frozen=True)
class Result:
    """A report and its source. It is what it was when it was made: nothing here queries again."""

    report: Report
    source: Source

    @property
    def table(self) -> pd.DataFrame:
        """The report as shown; see `Report.table`."""
        return self.report.table

    @property
    def cells(self) -> pd.DataFrame:
        """The report tidy, one line a cell; see `Report.cells`."""
        return self.report.cells

    def to_dict(self) -> dict[str, Any]:
        """The JSON structure of the report (REPORT.md section 7)."""
        return self.report.to_dict()

    def to_json(self) -> bytes:
        """The report as JSON in UTF-8."""
        from .exports.json import to_json

        return to_json(self.report)

    def to_csv(self) -> bytes:
        """The report as CSV in UTF-8: what the table shows, numbers plain."""
        from .exports.csv import to_csv

        return to_csv(self.report)

    def to_html(self) -> str:
        """The report as one HTML page that needs nothing else."""
        from .views.html import to_page

        return to_page(self.report)

    def _repr_html_(self) -> str:
        from .views.html import to_fragment

        return to_fragment(self.report)

    def __repr__(self) -> str:
        report = self.report
        return (
            f"Result({report.source}, {report.first} – {report.last} {report.query.timezone}, "
            f"{len(report.rows)} rows × {len(report.buckets)} buckets)"
        )


def run(
    query: Query | Mapping[str, Any] | str | Path,
    source: str | Path | Source | Mapping[str, pd.DataFrame],
    *,
    as_of: datetime | None = None,
    progress: Progress = lambda _: None,
) -> Result:
    """Makes a report.

    `query`: a Query, its JSON-shaped values, or the path of a TOML or JSON file. `source`: see
    `open_source`. `as_of`: an aware instant; without one the clock is read, once, and the report
    keeps it. `progress` is told in words what is being done.

    Raises QueryError, SourceError, DataError, MissingRates (all of them CustdynError).
    """
    if not isinstance(query, Query):
        query = Query.read(query) if isinstance(query, str | Path) else Query.model_validate(query)
    now = datetime.now(UTC) if as_of is None else as_of
    if now.tzinfo is None:
        raise ValueError(f"as_of {now} has no time zone; give an aware instant")
    opened = open_source(source)
    return Result(make_report(query, opened, as_of=now, progress=progress), opened)


__all__ = ["Result", "run"]
