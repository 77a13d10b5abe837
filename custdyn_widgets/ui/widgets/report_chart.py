"""A chart of a report that follows it, and the figure that is selected in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.ui.chart_output import kept_chart
from custdyn_widgets.ui.output import sentence
from custdyn_widgets.ui.widgets.chart import VegaChart
from custdyn_widgets.ui.widgets.part import Part
from custdyn_widgets.views.chart_spec import ChartSpec
from custdyn_widgets.words import tr

FIRST_CHART = "Clients - Active: Qty"


class ReportChart(Part, VegaChart):
    """A chart of a report: a click on a point selects its figure; the bucket selected is marked.

    `chart` is what `Result.chart` takes: the name of a pre-configured or a saved chart, a
    ChartSpec, or its JSON-shaped values; set it to draw another one. What the report does not
    have is said in place of the chart. The rest: see `Part`.

    >>> from custdyn_widgets import ReportChart, run
    >>> ReportChart(run({"period": "last_year"}, "sample"), "Balance Refill: Total").words
    ''
    """

    chart = traitlets.Any(None)

    def __init__(
        self,
        of: Any = None,
        chart: str | ChartSpec | Mapping[str, Any] | None = FIRST_CHART,
        *,
        on_error: Callable[[str], None] | None = None,
        **traits: Any,
    ) -> None:
        super().__init__(of, on_error=on_error, chart=chart, **traits)
        self.observe(lambda _change: self._reported(), "chart")

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: the picture, where it can be drawn."""
        return kept_chart(self.spec) if self.spec else sentence(self.words or tr("No chart."))

    def _reported(self) -> None:
        if self.report is None or self.chart is None:
            self.spec, self.words = {}, ""
            return
        try:
            self.spec, self.words = self.report.chart_spec(self.chart), ""
        except CustdynError as error:
            self.spec, self.words = {}, str(error)
        self.refresh()
