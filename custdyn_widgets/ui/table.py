"""The table of a report as a widget: data in, a real HTML table out."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import anywidget
import traitlets

STATIC = Path(__file__).with_name("static")


class ReportTable(anywidget.AnyWidget):
    """Shows `data`, the JSON model of `layout.to_json_model`; names are only ever text."""

    _esm = STATIC / "table.js"
    _css = files("custdyn_widgets.views").joinpath("table.css").read_text("utf-8")
    data = traitlets.Dict().tag(sync=True)
