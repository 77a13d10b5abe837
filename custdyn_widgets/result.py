"""Result: a report, its source, and everything that can be done with them."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from custdyn_widgets.drill.behind import Behind
from custdyn_widgets.drill.cell import address_of
from custdyn_widgets.drill.package_card import PackageCard, package_card
from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.exports.files import Files
from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.pipeline.make_report import Progress, make_report
from custdyn_widgets.pipeline.provenance import Provenance, provenance
from custdyn_widgets.query.own_rows import Row
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.validators import instant
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import From, Source, open_source
from custdyn_widgets.sources.place import kind_of
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, ChartSpec
from custdyn_widgets.views.progress import notebook, telling

if TYPE_CHECKING:
    import altair as alt
    import pandas as pd

    from custdyn_widgets.report.frames import Frame


@dataclass(frozen=True, eq=False)
class Result(Behind, Files):
    """A report and its source. The report stays what it was when it was made.

    Only what is behind a cell is read again, as of the report. `extract` is what the report was
    made of, for its fingerprint (nothing: an empty period).
    """

    report: Report
    source: Source
    extract: tuple[Extract, ...] = field(repr=False, compare=False)

    @property
    def query(self) -> Query:
        """The query, with every default filled in."""
        return self.report.query

    @property
    def table(self) -> pd.DataFrame:
        """The report as shown; see `Report.table`."""
        return self.report.table

    @property
    def cells(self) -> Frame:
        """The report tidy, one line a cell: see `frame`."""
        return self.report.cells

    def frame(self, *, exact: bool = False) -> Frame:
        """The report tidy, one line a cell, for pandas, Altair, Parquet, Excel and plots.

        Columns `block`, `package`, `row`; of several time units the coarser ones, such as `year`;
        `bucket`, its `start` and `end` (not included; aware, in the report's zone), its `state`
        (past, running, future); `unit`, `value` (float64, NaN where it is N/A) and the `reason`
        of that. A report that compares has `other_bucket`, `other_start`, `other_end`, `other`,
        `delta` and `percent`, too. Names are ordered categories, in the report's order.

        `exact`: numbers are decimals of Arrow instead, which pandas adds and groups exactly.
        Altair draws only floats, and Parquet gives decimals back with
        `read_parquet(…, dtype_backend="pyarrow")`.

        >>> from custdyn_widgets import run
        >>> year = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
        >>> cells = run(year, "sample").cells
        >>> cells[cells.row == "Total"].groupby("block", observed=True).value.sum().iloc[-1].item()
        -9347.79
        """
        from custdyn_widgets.report.frames import cells

        return cells(self.report, exact=exact)

    @property
    def numbers(self) -> Frame:
        """The table in numbers: one line a bucket, one column a row: `Pay As You Go / Total`.

        The index has the start of each bucket, in the report's zone; float64, NaN where it is N/A.
        """
        from custdyn_widgets.report.frames import numbers

        return numbers(self.report)

    @cached_property
    def provenance(self) -> Provenance:
        """Fingerprint of the data used, hash of the result, versions."""
        return provenance(self.report, self.extract)

    @cached_property
    def by_package(self) -> Result:
        """This report grouped by package: itself, or made again as of the same instant."""
        query = self.report.query
        if query.by_package and query.compare is None:
            return self
        units = [unit for unit in query.group_by if unit != "package"]
        grouped = query.with_fields({"group_by": [*units, "package"], "compare": None})
        return run(grouped, self.source, as_of=self.report.as_of)

    def code(
        self, block: str | None = None, row: str = "", bucket: object = 0, *, side: str = "value"
    ) -> str:
        """Python that makes this report again: source, query, instant, fingerprint in a comment.

        With a cell, named as for `clients`, its clients come next. No password is in it.
        """
        from custdyn_widgets.drill.code import to_python

        at = None if block is None else address_of(self.report, block, row, bucket, side=side)
        return to_python(self.report, self.provenance, self.source.place, at)

    def package_card(self, package: str) -> PackageCard:
        """What there is to know of a package, by its name: see `PackageCard`.

        Where the report is not grouped by package, one that is is made for it, as of the report.
        Raises QueryError for a package that is not known, and what `run` raises.
        """
        return package_card(self.by_package.drill, package)

    def to_dict(self) -> dict[str, Any]:
        """The JSON structure of the report: see `Report.to_dict`."""
        return self.report.to_dict()

    def chart(self, chart: str | ChartSpec | Mapping[str, Any]) -> alt.Chart:
        """A chart of the report, as an `altair.Chart` to go on with.

        `chart`: the name of a pre-configured or a saved chart, a ChartSpec, or its JSON-shaped
        values. Raises QueryError for a name that is not known, ChartError for what this report
        does not have.
        """
        from custdyn_widgets.views.chart_altair import to_altair

        drawn: alt.Chart = to_altair(self.report, self._spec(chart))
        return drawn

    def chart_spec(self, chart: str | ChartSpec | Mapping[str, Any]) -> dict[str, Any]:
        """A chart as Vega-Lite, with the report's cells in its dataset `cells`; see `chart`."""
        from custdyn_widgets.views.chart_altair import to_spec

        return to_spec(self.report, self._spec(chart))

    def chart_csv(self, chart: str | ChartSpec | Mapping[str, Any]) -> bytes:
        """What a chart draws as CSV, exact; see `chart`."""
        from custdyn_widgets.exports.csv import CsvStyle, to_chart_csv

        return to_chart_csv(self.report, self._spec(chart), CsvStyle())

    def _spec(self, chart: str | ChartSpec | Mapping[str, Any]) -> ChartSpec:
        if isinstance(chart, ChartSpec):
            return chart
        if not isinstance(chart, str):
            return ChartSpec.model_validate(chart)
        known = {name.casefold(): one for name, one in PRE_CONFIGURED.items()}
        if chart.casefold() in known:  # the page writes Pay As You Go and Pay as you Go
            return known[chart.casefold()]
        from custdyn_widgets.store import my_store

        return my_store().charts.find(chart)

    def _repr_html_(self) -> str:
        from custdyn_widgets.views.html import to_fragment

        return to_fragment(self.report, brief=True)

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(self.to_text(brief=True).rstrip())

    def __getstate__(self) -> dict[str, Any]:
        """What is pickled and copied: the source is opened again by its name or path."""
        return {"report": self.report, "source": self.source, "extract": self.extract}

    def __repr__(self) -> str:
        return repr(self.report).replace("Report", "Result", 1)


Asking = Query | Mapping[str, Any] | str | Path
AsOf = datetime | date | str
KEPT = 2
"""Sources given by name that stay open for the next question, the last ones asked."""
_opened: dict[tuple[str, ...], Source] = {}
_lock = Lock()


def run(
    query: Asking,
    source: From,
    *,
    rows: Sequence[Row] | None = None,
    as_of: AsOf | None = None,
    progress: Progress | None = None,
) -> Result:
    """Makes a report.

    `query`: a Query, its JSON-shaped values, or the path of a TOML or JSON file. `source`: see
    `open_source`; one that is given by its name stays open, so that the next question about the
    same files does not read them again. `rows` are rows of one's own, in place of the query's: see
    `Row`. `as_of`: an aware datetime, or ISO text or a date (UTC
    without an offset); without one the clock is read, once, and the report keeps it. `progress`
    gets words for what is being done; left out, a notebook shows them in a line, which goes away.

    Raises QueryError, SourceError, DataError, MissingRates (all of them CustdynError).

    >>> year = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
    >>> run(year, "sample").table.loc[("Clients - Active", "Balance"), "02/2017"]
    '-11 947.74'
    """
    query, opened, now = prepared(query, source, as_of)
    query = query if rows is None else query.with_fields({"rows": rows})
    with watched(opened, progress) as say:
        report, extract = make_report(query, opened, as_of=now, progress=say)
    return Result(report, opened, extract)


def watched(source: Source, progress: Progress | None) -> AbstractContextManager[Progress]:
    """The progress that was given, or that of a notebook."""
    return telling(notebook(), source.doing) if progress is None else nullcontext(progress)


def prepared(query: Asking, source: From, as_of: AsOf | None) -> tuple[Query, Source, datetime]:
    """Query, source and instant as everything that is run takes them; see `run`."""
    if not isinstance(query, Query):
        query = Query.read(query) if isinstance(query, str | Path) else Query.model_validate(query)
    try:
        now = datetime.now(UTC) if as_of is None else instant(as_of)
    except ValueError as error:
        raise QueryError([FieldFault("as_of", as_of, str(error))]) from None
    return query, _kept(source), now


def _kept(source: From) -> Source:
    """An open source; one that is given by name is opened once, see KEPT."""
    if not isinstance(source, str | Path):
        return open_source(source)
    kind = kind_of(str(source))  # a folder that is gone is said, and what became another kind
    today = str(datetime.now(UTC).date())  # the demo is another one each day
    key = (str(source), kind, str(Path.cwd()), os.environ.get(MEMORY_VARIABLE, ""), today)
    with _lock:
        found = _opened.pop(key, None)
        if found is None or not found.held:
            found = open_source(source)
        _opened[key] = found
        while len(_opened) > KEPT:
            del _opened[next(iter(_opened))]  # it is freed once no result needs it
        return found


__all__ = ["AsOf", "Asking", "From", "Result", "prepared", "run", "watched"]
