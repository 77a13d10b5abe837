"""Basic ipywidgets that share layouts and styles, so that the page opens sooner."""

from __future__ import annotations

from typing import Any

import ipywidgets as w
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, LabelStyle


class BasicWidgets:
    """Makes plain widgets that share one layout, and one style of each kind.

    What is shown and hidden needs a layout of its own: `hidden` gives one.
    """

    def __init__(self) -> None:
        self._layout = w.Layout()
        self._html, self._label = HTMLStyle(), LabelStyle()
        self._description, self._checkbox = DescriptionStyle(), CheckboxStyle()

    def html(self, text: str = "", *names: str) -> w.HTML:
        """Markup of ours: every name in it is escaped by the caller."""
        return _named(w.HTML(text, layout=self._layout, style=self._html), names)

    def label(self, text: str, *names: str, **traits: Any) -> w.Label:
        """Words beside a field."""
        return _named(w.Label(text, layout=self._layout, style=self._label, **traits), names)

    def dropdown(self, options: list[tuple[str, str]], **traits: Any) -> w.Dropdown:
        """One of some choices: label and value."""
        return w.Dropdown(options=options, style=self._description, **traits)

    def checkbox(self, text: str) -> w.Checkbox:
        """Yes or no."""
        return w.Checkbox(description=text, indent=False, layout=self._layout, style=self._checkbox)

    def row(self, children: list[w.Widget], *names: str) -> w.HBox:
        """Side by side, where there is room."""
        return _named(w.HBox(children, layout=self._layout), (*names, "custdyn-line"))

    def column(self, children: list[w.Widget], *names: str) -> w.VBox:
        """One below the other."""
        return _named(w.VBox(children, layout=self._layout), names)


def hidden() -> w.Layout:
    """A layout for what is not shown yet."""
    return w.Layout(display="none")


def show(widget: w.Widget, shown: bool) -> None:
    """Shows or hides a widget that has a layout of its own."""
    widget.layout.display = "" if shown else "none"


def _named(widget: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        widget.add_class(name)
    return widget
