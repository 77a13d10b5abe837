"""The table of a report as a widget: data in, a real HTML table out."""

from __future__ import annotations

import anywidget
import traitlets

from .front import script


class ReportTable(anywidget.AnyWidget):
    """Shows `data`, the JSON model of `layout.to_json_model`; names are only ever text.

    Arrow keys, Home, End, PageUp and PageDown move through its cells; a tip says what each is.
    """

    _esm = script("table")
    data = traitlets.Dict().tag(sync=True)
