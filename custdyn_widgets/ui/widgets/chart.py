"""A chart; Vega comes with the package, and to a page when it draws its first one."""

from __future__ import annotations

from typing import Any

import traitlets

from custdyn_widgets.ui.error_boundary import guarded, log
from custdyn_widgets.ui.widgets.assets import script, vega
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.words import tr

NOT_THERE = tr("The chart could not be drawn: its script did not come. Please reload the page.")


class VegaChart(Widget):
    """Draws `spec`, Vega-Lite that we made; nothing while it is empty, but `words`."""

    _esm = script("look", "chart")
    spec = traitlets.Dict().tag(sync=True)
    words = traitlets.Unicode().tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(guarded(self._received, self._tell))

    def _tell(self, words: str) -> None:
        log.error(words)

    def _opened(self, row: int, line: str, column: int) -> None:
        """A point was clicked: the row and column of its figure."""

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
                self._opened(row, "value", column)
