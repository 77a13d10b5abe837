"""The report on the screen: its toolbar, its facts, its chart, its table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

import ipywidgets as w

from ..choices import Choice, Choices
from ..definitions import COMPARISONS, LINES
from ..errors import NothingToExport
from ..layout import to_json_model
from ..report import Report
from ..result import Result
from ..views.html import changes_strip, notes_list
from .chart_panel import ChartPanel
from .controls import CUSTOM, NOTHING
from .download import Download
from .facts import Facts
from .picker import Picker
from .plain import Plain, hidden, show
from .press import Press
from .states import fits_the_page
from .table import ReportTable

FILES = {"csv": "CSV", "xlsx": "XLSx", "xls": "XLS"}
MEDIA_TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class ResultView:
    """`box` holds the last report, `result`; nothing before the first.

    `compare` is called with the period to compare with, as the form has it, when the reader
    chooses one; `tell` is told in one line what went wrong; `buttons` stand in the toolbar, too.
    """

    def __init__(
        self,
        plain: Plain,
        *,
        compare: Callable[[str], None],
        tell: Callable[[str], None],
        buttons: Sequence[w.Widget],
    ) -> None:
        self.result: Result | None = None
        self._tell = tell
        self.table = ReportTable()
        self.chart = ChartPanel(plain, chosen=self._chosen, tell=tell)
        self._compare = compare
        self._facts = Facts(layout=hidden())
        self._headline, self._changes, self._notes = plain.html(), plain.html(), plain.html()
        self._downloads = {
            kind: Download(partial(self.make_file, kind), tell, label=f"Export to {label}")
            for kind, label in FILES.items()
        }
        self._about = self._press(
            self._open_facts, "About this report", icon="info", bare=True, expanded=False
        )
        right = plain.row([*self._downloads.values(), *buttons, self._about], "custdyn-buttons")
        toolbar = plain.row([self._headline, right], "custdyn-toolbar")
        self._comparing = Picker(
            lambda: COMPARING,
            changed=self._compared,
            tell=tell,
            mode="menu",
            icon="compare",
            label="Compare",
            placeholder="Search periods",
        )
        self._sparks = self._press(self._switch_sparks, "Sparklines", icon="spark", on=False)
        self._lines = {
            key: self._press(partial(self._switch_line, key), line.label, on=True, hint=line.words)
            for key, line in LINES.items()
            if key != "value"
        }
        self._of_comparison = w.HBox(list(self._lines.values()), layout=hidden())
        self._of_comparison.add_class("custdyn-switches")
        view = plain.row(
            [self.chart.menu, self._comparing, self._sparks, self._of_comparison], "custdyn-view"
        )
        self._tools = w.VBox([toolbar, view], layout=hidden())
        children = [self._facts, self.chart.box, self._changes, self.table, self._notes]
        self.box = w.VBox([self._tools, *children])
        self.box.add_class("custdyn-result")

    @property
    def report(self) -> Report | None:
        """The report on the screen."""
        return None if self.result is None else self.result.report

    def show(self, result: Result) -> None:
        """Shows a report. Only traits are set: it may be called in a thread."""
        report = result.report
        self.result = result
        self.table.data = to_json_model(report) if fits_the_page(report) else {}
        self._facts.show(report)
        show(self._tools, True)
        show(self._of_comparison, report.other is not None)
        asked = report.query.compare
        with_what = COMPARISONS.get(asked, "Custom") if isinstance(asked, str) else "Custom"
        self._comparing.label = "Compare" if asked is None else f"Compare: {with_what}"
        shown = f"{report.first} – {report.last} {report.query.timezone} · {report.query.currency}"
        self._headline.value = f"<h2>{escape(shown)}</h2>"
        self._changes.value = changes_strip(report)
        self._notes.value = notes_list(report)
        self.chart.show(result)

    def mark(self, *, stale: bool) -> None:
        """Marks the report as one that the form no longer asks for, or takes the mark away."""
        (self.box.add_class if stale else self.box.remove_class)("custdyn-stale")

    def send_file(self, kind: str) -> None:
        """Hands a file of the report to the browser, where there is such a kind."""
        if kind in self._downloads:
            self._downloads[kind].send_file()

    def make_file(self, kind: str) -> tuple[str, str, bytes]:
        """A file of the report that is on the screen: nothing is queried again."""
        if self.result is None:
            raise NothingToExport
        return self.result.file_name(kind), MEDIA_TYPES[kind], self.result.to_file(kind)

    def _press(self, pressed: Callable[[], None], label: str, **traits: object) -> Press:
        return Press(pressed, self._tell, label=label, **traits)

    def _open_facts(self) -> None:
        self._about.expanded = not self._about.expanded
        show(self._facts, bool(self._about.expanded))

    def _compared(self) -> None:
        value = self._comparing.value
        self._comparing.fill([])
        self._compare(NOTHING if value == NO_COMPARISON else value)

    def _switch_sparks(self) -> None:
        self._sparks.on = self.table.sparks = not self.table.sparks

    def _switch_line(self, key: str) -> None:
        self._lines[key].on = not self._lines[key].on
        self.table.lines = [name for name, button in self._lines.items() if button.on]

    def _chosen(self, row: int, column: int) -> None:
        """A point of the chart was clicked: its cell is found in the table."""
        report = self.report
        if report and 0 <= row < len(report.rows) and 0 <= column < len(report.buckets):
            self.table.select(row, column)


NO_COMPARISON = "none"
COMPARING = Choices(
    [
        *(Choice(key, label) for key, label in COMPARISONS.items()),
        Choice(CUSTOM, "Custom …"),
        Choice(NO_COMPARISON, "No comparison"),
    ]
)
"""What the report can be compared with, from the toolbar."""
