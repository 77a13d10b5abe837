"""The table of a report: data in, an HTML table out."""

from __future__ import annotations

from collections.abc import Callable

import traitlets

from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget


class ReportTable(Widget):
    """Shows `data`, the JSON model of `layout.to_json_model`; names are only ever text.

    Arrow keys, Home, End, PageUp and PageDown move through its cells; a tip says what each is.
    `lines` are those of a compared row that are shown besides its value, `sparks` whether each
    row is drawn small beside its name. `opened` is called with the row, line and column of a
    figure that is clicked, or where Enter is pressed; `on_error` receives errors.
    """

    _esm = script("spark", "table")
    data = traitlets.Dict().tag(sync=True)
    lines = traitlets.List([key for key in LINES if key != "value"]).tag(sync=True)
    sparks = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self, *, opened: Callable[[int, str, int], None], on_error: Callable[[str], None]
    ) -> None:
        super().__init__()
        self._opened = opened
        self.on_msg(guarded(self._received, on_error))

    def select(self, row: int, column: int) -> None:
        """Moves the keyboard to the cell of a row of the report in a column."""
        self.send({"type": "select", "row": row, "column": column})

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("type") == "cell":
            row, column = content.get("row"), content.get("column")
            if isinstance(row, int) and isinstance(column, int):
                self._opened(row, str(content.get("line")), column)
