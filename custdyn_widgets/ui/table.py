"""The table of a report as a widget: data in, a real HTML table out."""

from __future__ import annotations

import anywidget
import traitlets

from ..definitions import LINES
from .front import script


class ReportTable(anywidget.AnyWidget):
    """Shows `data`, the JSON model of `layout.to_json_model`; names are only ever text.

    Arrow keys, Home, End, PageUp and PageDown move through its cells; a tip says what each is.
    `lines` are those of a compared row that are shown besides its value, `sparks` whether each
    row is drawn small beside its name.
    """

    _esm = script("spark", "table")
    data = traitlets.Dict().tag(sync=True)
    lines = traitlets.List([key for key in LINES if key != "value"]).tag(sync=True)
    sparks = traitlets.Bool(False).tag(sync=True)

    def select(self, row: int, column: int) -> None:
        """Moves the keyboard to the cell of a row of the report in a column."""
        self.send({"type": "select", "row": row, "column": column})
