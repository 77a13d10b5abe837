"""Output of a notebook cell: figures that its file keeps, and the widget above them."""

from __future__ import annotations

import os
import sys
from html import escape
from typing import Any
from uuid import uuid4

import ipywidgets as w

from custdyn_widgets.environment import EDITOR_VARIABLE, SERVER_VARIABLE
from custdyn_widgets.ui.voila import prepared_beforehand
from custdyn_widgets.ui.widgets.assets import kept_style
from custdyn_widgets.ui.widgets.basic import close_all, shared

LIVE = "custdyn-live"
"""The class of a widget that has a view."""
WIDGET = "application/vnd.jupyter.widget-view+json"


class Live(w.Widget):
    """A widget that a cell shows twice: as HTML that stays in the file, and alive; one is seen.

    A style in the first hides it as long as the second has a view, and hides what JupyterLab says
    in place of a widget whose kernel is gone. `refresh` brings the first up to date.
    """

    _handle: Any = None

    def __init__(self, *arguments: Any, **traits: Any) -> None:
        super().__init__(*arguments, **traits)
        self.made_in, _ = running_cell()

    def kept(self) -> tuple[str, str]:
        """What the file of the notebook keeps: HTML and text."""
        raise NotImplementedError

    def end(self) -> None:
        """Ends what goes on, before it is closed."""

    def close(self) -> None:
        """Ends it, and all that it shows; a second time nothing happens."""
        if self.comm is not None:
            self.end()
            close_all(self)

    def refresh(self) -> None:
        """Brings what the file keeps up to date; a thread may do it."""
        if self._handle is not None:
            self._handle.update(self._bundle(), raw=True)

    def _ipython_display_(self, **_options: object) -> None:
        from IPython.display import display

        if self.comm is None:  # closed
            display(self._bundle(), raw=True)
        elif EDITOR_VARIABLE in os.environ:  # it takes the HTML where the widget is gone
            display({**self._bundle(), **self.live_output()}, raw=True)
        else:
            if not alone():
                self.show_kept()
            display(self.live_output(), raw=True)

    def live_output(self) -> dict[str, Any]:
        """The output that is alive."""
        return {WIDGET: {"version_major": 2, "version_minor": 0, "model_id": self.model_id}}

    def show_kept(self) -> None:
        """Shows the output that stays; the one that is alive comes next."""
        from IPython.display import display

        self._handle = display(self._bundle(), raw=True, display_id=uuid4().hex)
        closed_when_run_again(self)

    def _bundle(self) -> dict[str, str]:
        html, text = self.kept()
        return {
            "text/html": f'<style>{kept_style()}</style><div class="custdyn-kept">{html}</div>',
            "text/plain": text,
        }


class LiveBox(Live, w.VBox):
    """Widgets of ours, one below the other, that a cell shows twice."""

    def __init__(self, children: list[w.Widget]) -> None:
        super().__init__(children, layout=shared(w.Layout))
        self.add_class(LIVE)


def alone() -> bool:
    """Whether nothing keeps the output: the page of a server, or a reactive notebook."""
    served = os.environ.get(SERVER_VARIABLE, "").startswith("voila")
    return served or prepared_beforehand() or "marimo" in sys.modules


_shown: dict[str, tuple[str, list[Live]]] = {}
"""By cell: which run of it, and what it showed."""


def running_cell() -> tuple[str, str]:
    """The cell that runs, and which run of it; empty where the front end does not say."""
    shell: Any = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    parent = shell.get_parent() if hasattr(shell, "get_parent") else {}
    return parent.get("metadata", {}).get("cellId", ""), parent.get("header", {}).get("msg_id", "")


def closed_when_run_again(widget: Live) -> None:
    """Closes what a cell made and showed once it has run again: it can be seen no more."""
    cell, run = running_cell()
    if not cell:
        return
    shell = sys.modules["IPython"].get_ipython()
    before, widgets = _shown.get(cell, ("", []))
    if before == run:
        widgets.append(widget)
        return
    _shown[cell] = (run, [widget])

    def after(_result: object) -> None:
        shell.events.unregister("post_run_cell", after)
        seen = [id(one) for _, some in _shown.values() for one in some]
        for one in widgets:
            if one.made_in == cell and id(one) not in seen:
                one.close()

    shell.events.register("post_run_cell", after)


def sentence(words: str) -> tuple[str, str]:
    """Some words, as HTML and as text."""
    return f"<p>{escape(words)}</p>", words
