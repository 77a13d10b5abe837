"""How a notebook shows an Altair chart without a network, and keeps its picture."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from typing import Any

from custdyn_widgets.ui.output import LiveBox, alone, sentence
from custdyn_widgets.ui.widgets.chart import VegaChart
from custdyn_widgets.views.picture import picture_of
from custdyn_widgets.words import tr

NO_PICTURE = tr("Run the cell to draw it; with vl-convert-python its picture stays in the file.")


class ChartBox(LiveBox):
    """A chart, drawn by the Vega that comes with the package."""

    def __init__(self, spec: dict[str, Any]) -> None:
        super().__init__([VegaChart(spec=spec)])
        self._spec = spec

    def kept(self) -> tuple[str, str]:
        """What the file of the notebook keeps: the picture, where it can be drawn."""
        return kept_chart(self._spec)


def kept_chart(spec: dict[str, Any]) -> tuple[str, str]:
    """A chart as a file keeps it, HTML and text: its picture, where it can be drawn."""
    title = spec.get("title", "")
    title = title.get("text", "") if isinstance(title, dict) else title
    words = tr("Chart {title}", title=title).strip()
    drawn = picture_of(spec)
    if drawn is None:
        return sentence(f"{words}. {NO_PICTURE}")[0], words
    source = f"data:image/png;base64,{b64encode(drawn).decode()}"
    return f'<img alt="{escape(words)}" src="{source}">', words


def renderer(spec: dict[str, Any], **_options: Any) -> dict[str, Any]:
    """How Altair shows a chart in a notebook: `alt.renderers.enable("custdyn")`.

    The entry point of that name leads here; in a notebook it is on as soon as this package is
    imported.
    """
    shown = ChartBox(spec)
    if not alone():
        shown.show_kept()
    return {**shown.live_output(), "text/plain": ""}
