"""The chart above the table: show, edit, keep as a template, export."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial

from custdyn_widgets.drill.cell import Selection
from custdyn_widgets.errors import NoReport, QueryError
from custdyn_widgets.query.validators import MAX_OF_A_NAME
from custdyn_widgets.result import Result
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.panels.chart_editor import ChartEditor
from custdyn_widgets.ui.panels.chart_templates import ChartTemplates
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, is_shown, show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.download import Download
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.ui.widgets.report_chart import ReportChart
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, ChartSpec
from custdyn_widgets.words import tr

BLANK = "blank"
TEMPLATE = "template "
GROUPS = {"mine": tr("My Charts"), "shared": tr("Shared by Others")}
DRAWING = tr("Drawing the chart …")
RESETS = tr("The chart as it was chosen")
FIRST_SERIES = tr("Add a series: any row of the report, of any block.")


class ChartPanel:
    """`menu` is the button that opens a chart, `box` where it is.

    `chosen` is called with the figure of a point of the chart, when it is clicked;
    `on_error` receives errors in one line.
    """

    def __init__(
        self,
        *,
        chosen: Callable[[Selection], None],
        on_error: Callable[[str], None],
    ) -> None:
        self._tell, self._point_chosen = on_error, chosen
        self._result: Result | None = None
        self._turn = object()
        self._value = BLANK
        self._lock = threading.Lock()
        self.menu = Picker(
            self._offered,
            changed=self._opened,
            on_error=on_error,
            mode="menu",
            icon="chart",
            label=tr("Show Chart"),
            placeholder=tr("Search charts"),
        )
        self.box = hidden(basic.column([], "custdyn-chart-panel"))

    def _make_parts(self) -> None:
        """Makes the chart and its editor, when a chart is asked for first."""
        if self.box.children:
            return
        on_error = self._tell
        self.chart = ReportChart(chart=None, on_error=on_error)
        self.chart.report = self._result
        self.chart.on_select(self._point_chosen)
        self.editor = ChartEditor(changed=self._draw, on_error=on_error)
        self.templates = ChartTemplates(self.editor.chart, on_error=on_error)
        if self._result is not None:
            self.editor.offer(self._result.report)
        self._edit = Button(
            lambda: self._open_editor(not self._edit.expanded),
            on_error,
            label=tr("Edit chart"),
            icon="edit",
            expanded=False,
        )
        self._files = [
            Button(partial(self._save, kind), on_error, label=label, icon="save")
            for kind, label in (("png", "PNG"), ("svg", "SVG"))
        ]
        data = Download(self._make_csv, on_error, label=tr("Chart data (CSV)"))
        close = Button(
            self.close, on_error, label=tr("Close the chart"), icon="cross", tone="quiet", bare=True
        )
        self._more = hidden(basic.column([self.editor.box, self.templates.box]))
        reset = Button(self._reset, on_error, label=tr("Reset"), icon="back", hint=RESETS)
        tools = basic.row([self._edit, reset, *self._files, data, close], "custdyn-chart-tools")
        self.box.children = [tools, self.chart, self._more]

    def show(self, result: Result) -> None:
        """A report is on the screen: an open chart is drawn of it."""
        self._result = result
        if self.box.children:
            self.editor.offer(result.report)
            self.chart.report = result

    @property
    def part(self) -> ReportChart:
        """The chart; made now if it is not there yet."""
        self._make_parts()
        return self.chart

    @property
    def is_open(self) -> bool:
        """Whether a chart is shown."""
        return is_shown(self.box)

    def close(self) -> None:
        """Takes the chart away."""
        show(self.box, False)
        self._turn = object()
        self.chart.chart = None
        self.menu.focus()

    def _offered(self) -> Choices | str:
        self._make_parts()
        choices = [Choice(title, title, group=tr("Pre-configured")) for title in PRE_CONFIGURED]
        for saved in self.templates.saved():
            group = GROUPS["mine" if self.templates.is_mine(saved) else "shared"]
            hint = "everyone" if saved.shared else tr("only me")
            hint = hint if self.templates.is_mine(saved) else saved.owner
            choices.append(Choice(TEMPLATE + saved.id, saved.name, hint, group))
        return Choices([*choices, Choice(BLANK, tr("Blank Chart"), group=tr("New"))])

    def open_named(self, name: str) -> None:
        """Opens a chart by its name: pre-configured, or saved. Nothing where there is none."""
        self._make_parts()
        saved = (one for one in self.templates.saved() if one.name.casefold() == name.casefold())
        found = next(saved, None)
        self._open(TEMPLATE + found.id if found else name)

    def _opened(self) -> None:
        value = self.menu.value
        self.menu.fill([])
        self._open(value)

    def _reset(self) -> None:
        """The chart as it was chosen, without what has been changed since."""
        opened = self._edit.expanded
        self._open(self._value)
        self._open_editor(opened)

    def _open(self, value: str) -> None:
        saved = next((s for s in self.templates.saved() if TEMPLATE + s.id == value), None)
        if value not in PRE_CONFIGURED and value != BLANK and saved is None:
            return
        self._value = value
        self.templates.fill(saved)
        self.editor.fill(saved.kept if saved else PRE_CONFIGURED.get(value))
        self._open_editor(value == BLANK)
        show(self.box, True)
        self._draw()

    def _open_editor(self, opened: bool) -> None:
        self._edit.expanded = opened
        show(self._more, opened)

    def _draw(self) -> None:
        """Draws what the editor says, in a thread: Altair takes its time to come, once."""
        turn = self._turn = object()
        if not self.is_open:
            return
        if self.editor.is_blank():
            self.chart.chart, self.chart.words = None, FIRST_SERIES
            return
        try:
            chart = self.editor.chart()
        except QueryError:
            return  # what is wrong stands in the editor; the chart stays as it was
        if not self.chart.spec:
            self.chart.words = DRAWING

        def work() -> None:
            with self._lock:
                if turn is self._turn:  # the latest wish
                    guarded(self._redraw, self._tell)(chart)

        in_background(work, stop=lambda: None)

    def _redraw(self, chart: ChartSpec) -> None:
        self.chart.chart = chart

    def _save(self, kind: str) -> None:
        self.chart.save(kind, self._file_name())

    def _make_csv(self) -> tuple[str, str, bytes]:
        if self._result is None:
            raise NoReport
        made = self._result.chart_csv(self.editor.chart())
        return f"{self._file_name()}.csv", "text/csv;charset=utf-8", made

    def _file_name(self) -> str:
        title = self.editor.title.value[:MAX_OF_A_NAME]  # as it stands, even while it is wrong
        return "".join(one if one.isalnum() else "-" for one in title).strip("-") or "chart"
