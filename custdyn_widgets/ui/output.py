"""Output of a notebook cell: figures that its file keeps, and the widget above them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from html import escape
from typing import Any
from uuid import uuid4

import ipywidgets as w

from custdyn_widgets.ui.widgets.assets import kept_style

WIDGET = "application/vnd.jupyter.widget-view+json"
Kept = Callable[[], tuple[str, str]]
"""What a file keeps of a widget: HTML and text."""


class Output:
    """Shows a widget twice: as HTML that stays in the file, and alive; only one can be seen.

    A style in the first hides it as long as the second has a view, and hides what JupyterLab says
    in place of a widget whose kernel is gone. `refresh` brings the first up to date.
    """

    def __init__(self, widget: w.DOMWidget, kept: Kept) -> None:
        self._widget, self._kept = widget, kept
        self._handle: Any = None

    def show(self) -> None:
        """Shows it as the output of the cell that runs."""
        from IPython.display import display

        view = {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}}
        if self._widget.comm is None:  # closed
            display(self._bundle(), raw=True)
        elif alone():
            display(view, raw=True)
        elif "VSCODE_PID" in os.environ:  # it takes the HTML where the widget is gone
            display({**self._bundle(), **view}, raw=True)
        else:
            self._handle = display(self._bundle(), raw=True, display_id=uuid4().hex)
            display(view, raw=True)
            closed_when_run_again(self._widget)

    def refresh(self) -> None:
        """Brings what the file keeps up to date; a thread may do it."""
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _bundle(self) -> dict[str, str]:
        html, text = self._kept()
        return {
            "text/html": f'<style>{kept_style()}</style><div class="custdyn-kept">{html}</div>',
            "text/plain": text,
        }


def alone() -> bool:
    """Whether nothing keeps the output: the page of a server, or a reactive notebook."""
    return "voila" in os.environ.get("SERVER_SOFTWARE", "") or "marimo" in sys.modules


_shown: dict[str, tuple[str, list[w.DOMWidget]]] = {}
"""By cell: which run of it, and the widgets that it showed."""


def closed_when_run_again(widget: w.DOMWidget) -> None:
    """Closes a widget once its cell has run again and shows others: it can be seen no more."""
    shell = sys.modules["IPython"].get_ipython()
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    cell, run = parent.get("metadata", {}).get("cellId"), parent.get("header", {}).get("msg_id", "")
    if not cell:
        return
    before, widgets = _shown.get(cell, ("", []))
    if before == run:
        widgets.append(widget)
        return
    _shown[cell] = (run, [widget])

    def close() -> None:
        shell.events.unregister("post_run_cell", after)
        seen = [one for _, some in _shown.values() for one in some]
        for one in widgets:
            if all(one is not other for other in seen):
                one.close()

    def after(_result: object) -> None:
        close()

    shell.events.register("post_run_cell", after)


def sentence(words: str) -> tuple[str, str]:
    """Some words, as HTML and as text."""
    return f"<p>{escape(words)}</p>", words
