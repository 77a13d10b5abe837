"""Scripts and styles of the widgets."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from custdyn_widgets.words import translated


@cache
def script(*names: str) -> str:
    """The script of a widget, of one or several files, as one module that needs no other."""
    text = "".join(_text(f"static/{name}.js") for name in ("dom", *names))
    return f"const WORDS = {json.dumps(translated(text))};\n{text}"


@cache
def style() -> str:
    """The style of the page; that of the table stands with the views, which share it."""
    return _text("static/app.css") + files("custdyn_widgets.views").joinpath("table.css").read_text(
        "utf-8"
    )


def kept_style() -> str:
    """Which of the two outputs of a cell is seen."""
    return _text("static/kept.css")


def vega() -> bytes:
    """Vega, Vega-Lite and Vega-Embed, as they are made: see `make vega`."""
    return _text("static/vega.js").encode()


def _text(path: str) -> str:
    return files("custdyn_widgets.ui").joinpath(path).read_text("utf-8")
