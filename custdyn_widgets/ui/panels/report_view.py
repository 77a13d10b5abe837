"""The view of a report: toolbar, facts, chart, table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from html import escape

import ipywidgets as w
import traitlets

from custdyn_widgets.drill.cell import Selection
from custdyn_widgets.errors import NoReport
from custdyn_widgets.files import MEDIA_TYPES
from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.query.fields import COMPARISONS, REPORT
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.report import Report
from custdyn_widgets.result import Result
from custdyn_widgets.sources import Source
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.sources.quality import UNKNOWN
from custdyn_widgets.ui.controls import CUSTOM, NOTHING
from custdyn_widgets.ui.jobs import a_report
from custdyn_widgets.ui.panels.cell_panel import CellPanel
from custdyn_widgets.ui.panels.chart_panel import ChartPanel
from custdyn_widgets.ui.states import of_report
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.button import Button, menu
from custdyn_widgets.ui.widgets.download import FILES, Download
from custdyn_widgets.ui.widgets.facts import Facts
from custdyn_widgets.ui.widgets.notices import Notice
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.ui.widgets.report_chart import ReportChart
from custdyn_widgets.ui.widgets.table import ReportTable, TableTools
from custdyn_widgets.views.html import changes_strip, notes_list
from custdyn_widgets.views.table import days
from custdyn_widgets.words import tr


class ReportView:
    """`box` holds the last report, `result`; nothing before the first: then its parts are made.

    `compare` is called with the period to compare with, as the form has it, when the reader
    chooses one, `parts_made` when there are parts; `on_error` receives errors in one line;
    `button` makes one for the toolbar.
    """

    view = REPORT

    def __init__(
        self,
        *,
        compare: Callable[[str], None],
        parts_made: Callable[[], None],
        on_error: Callable[[str], None],
        button: Callable[[], w.Widget],
    ) -> None:
        self.result: Result | None = None
        self.query: Query | None = None
        self.split: str | None = None  # a report has none
        self._tell, self._compare, self._button = on_error, compare, button
        self._parts_made = parts_made
        self.box = basic.column([], "custdyn-result")

    def _make_parts(self) -> None:
        """Makes what a report needs, once."""
        if self.box.children:
            return
        on_error = self._tell
        self.panel = CellPanel(on_error=on_error, checked=self._say_quality)
        self.table = ReportTable(on_error=on_error, card=self.panel.open_cards)
        self.table.on_select(lambda _selection: self.panel.open_cell(*self.table.cell))
        traitlets.link((self.table, "selection"), (self.panel, "selection"))
        self.chart = ChartPanel(chosen=self._chosen, on_error=on_error)
        self._facts = hidden(Facts())
        self._headline, self._changes, self._notes = basic.html(), basic.html(), basic.html()
        self._downloads = {
            kind: Download(
                partial(self.make_file, kind), on_error, label=tr("Export to {kind}", kind=label)
            )
            for kind, label in FILES.items()
        }
        self._about = self._press(
            self._open_facts,
            tr("About this report"),
            icon="info",
            short=tr("About"),
            expanded=False,
        )
        self._quality = self._press(self.panel.open_quality, tr("Data quality"), icon="check")
        self._cards = hidden(self._press(self.panel.open_cards, tr("Package card"), icon="card"))
        self._code = self._press(self._copy_code, tr("Copy as Python"), icon="code")
        paper = self._press(lambda: None, tr("Print"), icon="print", act="print")
        files = [*self._downloads.values(), paper, self._button(), self._code]
        export = menu(tr("Export"), "save", files)
        self._comparing = Picker(
            lambda: COMPARING,
            changed=self._compared,
            on_error=on_error,
            mode="menu",
            icon="compare",
            label=tr("Compare"),
            placeholder=tr("Search periods"),
        )
        self._lines = {
            key: self._press(
                partial(self._switch_line, key), line.label, on=True, hint=line.description
            )
            for key, line in LINES.items()
            if key != "value"
        }
        self._of_comparison = hidden(basic.row(list(self._lines.values()), "custdyn-switches"))
        view = [self.chart.menu, self._comparing, self._of_comparison, TableTools(), self._cards]
        right = basic.row([export, self._quality, self._about], "custdyn-buttons")
        toolbar = basic.row(
            [self._headline, basic.row(view, "custdyn-view"), right], "custdyn-toolbar"
        )
        shown = [self.chart.box, self._changes, self.table, self._notes, self.panel]
        self.box.children = [toolbar, self._facts, *shown]
        self._parts_made()

    @property
    def parts(self) -> tuple[ReportTable, ReportChart, CellPanel]:
        """Table, chart and panel; made now if they are not there yet."""
        self._make_parts()
        return self.table, self.chart.part, self.panel

    @property
    def report(self) -> Report | None:
        """The report on the screen."""
        return None if self.result is None else self.result.report

    def make(self, query: Query, source: Source, progress: Callable[[str], None]) -> Result:
        """Makes the report of a query."""
        return a_report(query, source, progress)

    def notices(self) -> Iterator[Notice]:
        """What is to be said before the figures."""
        return iter(()) if self.report is None else of_report(self.report)

    @property
    def made(self) -> Result | None:
        """The last report and its source."""
        return self.result

    def show(self, result: object, query: Query) -> None:
        """Shows a report, of the query in the form; hands it over where a file was asked for.

        Only traits are set: it may be called in a thread.
        """
        if not isinstance(result, Result):
            raise TypeError(result)
        self._make_parts()
        report = result.report
        self.result, self.query = result, query
        self.table.report = result
        self._facts.show(report)
        show(self._of_comparison, report.other is not None)
        asked = report.query.compare
        with_what = COMPARISONS.get(asked, tr("Custom")) if isinstance(asked, str) else tr("Custom")
        label = tr("Compare: {with_what}", with_what=with_what)
        self._comparing.label = tr("Compare") if asked is None else label
        period = days(report.first, report.last)
        shown = f"{period} {report.query.timezone} · {report.query.currency}"
        self._headline.value = f"<h2>{escape(shown)}</h2>"
        self._changes.value = changes_strip(report)
        self._notes.value = notes_list(report)
        self._say_quality()
        self.chart.show(result)
        self.panel.report = result
        show(self._cards, bool(report.query.package))
        self.send_file(report.query.output.type)

    def open(self) -> None:
        """It is chosen: its parts are made when it has a report."""

    def open_chart(self, name: str) -> None:
        """Opens a chart by its name, of this report or the next one."""
        self._make_parts()
        self.chart.open_named(name)

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
            raise NoReport
        return self.result.file_name(kind), MEDIA_TYPES[kind], self.result.to_file(kind)

    def _press(self, pressed: Callable[[], None], label: str, **traits: object) -> Button:
        return Button(pressed, self._tell, label=label, **traits)

    def _copy_code(self) -> None:
        """Copies the cell that makes the report, and lists who is behind what was clicked last."""
        if self.result is not None:
            self._code.copy(self.table.code, lambda _done: None)

    def _say_quality(self) -> None:
        """How much is odd in the data, as far as it is known; a tick where it was checked."""
        if self.result is None:
            return
        odd = sum(note.warning for note in self.result.report.notes)
        found = self.result.source.findings
        odd += sum(one.key != UNKNOWN for one in found or ())  # of those a report warns itself
        said = f": {odd}" if odd else "" if found is None else " ✓"
        self._quality.label = tr("Data quality{said}", said=said)

    def _open_facts(self) -> None:
        self._about.expanded = not self._about.expanded
        show(self._facts, bool(self._about.expanded))

    def _compared(self) -> None:
        value = self._comparing.value
        self._comparing.fill([])
        self._compare(NOTHING if value == NO_COMPARISON else value)

    def _switch_line(self, key: str) -> None:
        self._lines[key].on = not self._lines[key].on
        self.table.lines = [name for name, button in self._lines.items() if button.on]

    def _chosen(self, selection: Selection) -> None:
        """A point of the chart was clicked: its figure is found in the table."""
        self.table.selection = selection
        self.table.focus()


NO_COMPARISON = "none"
COMPARING = Choices(
    [
        *(Choice(key, label) for key, label in COMPARISONS.items()),
        Choice(CUSTOM, tr("Custom …")),
        Choice(NO_COMPARISON, tr("No comparison")),
    ]
)
"""What the report can be compared with, from the toolbar."""
