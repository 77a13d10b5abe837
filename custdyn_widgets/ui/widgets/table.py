"""The table of a report: data in, an HTML table out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.output import sentence
from custdyn_widgets.ui.states import fits_the_page
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.ui.widgets.part import Part
from custdyn_widgets.views.table import to_json_model
from custdyn_widgets.words import tr


class TableTools(Widget):
    """The field that filters the rows of the table below it, and the menu of its look."""

    _esm = script("look", "table_tools")


class ReportTable(Part):
    """The table of a report.

    Arrow keys, Home, End, PageUp and PageDown move through its cells; a tip says what each is.
    Drag, or Shift and the arrows, select figures as in a spreadsheet, Ctrl+C copies them; a
    reader's own look (numbers, density, folded blocks) stays in the browser. `lines` are those of
    a compared row that are shown besides its value, `sparks` whether each row is drawn small
    beside its name; `card` is called with a package whose card is wished for. The rest: see
    `Part`.

    >>> from custdyn_widgets import ReportTable, run
    >>> table = ReportTable(run({"period": "last_year"}, "sample"))
    >>> table.selection = {"block": "Clients - All", "row": "Qty", "bucket": -1}
    >>> table.selection["bucket"], len(table.clients)
    ('12/2025', 2160)
    """

    _esm = script("look", "spark", "tips", "grid", "paper", "table")
    data = traitlets.Dict().tag(sync=True)
    lines = traitlets.List([key for key in LINES if key != "value"]).tag(sync=True)
    sparks = traitlets.Bool(False).tag(sync=True)
    cards = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        of: Any = None,
        *,
        on_error: Callable[[str], None] | None = None,
        card: Callable[[str], None] | None = None,
        **traits: Any,
    ) -> None:
        self._card = card
        super().__init__(of, on_error=on_error, cards=card is not None, **traits)
        self.on_msg(guarded(self._received, self._tell))

    def kept(self) -> tuple[str, str]:
        """What the file of a notebook keeps: the figures."""
        if self.report is None:
            return sentence(tr("No report has been made yet."))
        return self.report._repr_html_(), self.report.to_text(brief=True)

    def focus(self) -> None:
        """Moves the keyboard to the figure that is selected."""
        self.send({"type": "focus"})

    def _reported(self) -> None:
        shown = self.report is not None and fits_the_page(self.report.report)
        self.data = to_json_model(self.report.report) if self.report and shown else {}
        self.refresh()

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "card" and self._card is not None:
            self._card(str(content.get("package")))
        elif content.get("type") == "cell":
            row, column = content.get("row"), content.get("column")
            if isinstance(row, int) and isinstance(column, int):
                self._opened(row, str(content.get("line")), column)
