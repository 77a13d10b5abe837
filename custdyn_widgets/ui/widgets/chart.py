"""A chart; Vega comes with the package, and to a page when it draws its first one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.widgets.assets import script, vega
from custdyn_widgets.ui.widgets.basic import Widget

NOT_THERE = "The chart could not be drawn: its script did not come. Please reload the page."


class VegaChart(Widget):
    """Draws `spec`, Vega-Lite that we made; nothing while it is empty.

    `chosen` is called with row and column of the report when a point is clicked, `on_error`
    receives errors in one line.
    """

    _esm = script("chart")
    spec = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        chosen: Callable[[int, int], None] = lambda _row, _column: None,
        on_error: Callable[[str], None] = lambda _words: None,
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._chosen = chosen
        self._tell = on_error
        self.on_msg(guarded(self._received, on_error))

    def save(self, kind: str, name: str) -> None:
        """Hands the picture to the browser: `png` or `svg`."""
        self.send({"type": "save", "format": kind, "name": name})

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "vega":
            self.send({"type": "vega"}, [vega()])
        elif content.get("type") == "failed":
            self._tell(NOT_THERE)
        elif content.get("type") == "point":
            row, column = content.get("row"), content.get("column")
            if isinstance(row, int) and isinstance(column, int):
                self._chosen(row, column)
