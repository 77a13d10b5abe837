"""Widgets that share one layout and one style of each kind, so that the form is few models."""

from __future__ import annotations

from typing import Any, TypeVar

import anywidget
import ipywidgets as w
import traitlets
from ipywidgets.widgets.widget_bool import CheckboxStyle
from ipywidgets.widgets.widget_description import DescriptionStyle
from ipywidgets.widgets.widget_string import HTMLStyle, LabelStyle, TextStyle

HIDDEN = "custdyn-hidden"
SomeWidget = TypeVar("SomeWidget", bound=w.DOMWidget)
_shared: dict[type[w.Widget], w.Widget] = {}


class Widget(anywidget.AnyWidget):
    """A widget with a script of its own, which can be `hidden`."""

    hidden = traitlets.Bool(False).tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(layout=shared(w.Layout), **traits)


def shared(kind: type[w.Widget]) -> w.Widget:
    """The one layout or style of a kind that all widgets of this kernel have."""
    if kind not in _shared or _shared[kind].comm is None:  # closed: w.Widget.close_all()
        _shared[kind] = kind()
    return _shared[kind]


def html(text: str = "", *names: str) -> w.HTML:
    """Markup of ours: every name in it is escaped by the caller."""
    return _named(w.HTML(text, **_look(HTMLStyle)), names)


def label(text: str, *names: str, **traits: Any) -> w.Label:
    """Words beside a field."""
    return _named(w.Label(text, **_look(LabelStyle), **traits), names)


def text_field(**traits: Any) -> w.Text:
    """A field of one line."""
    return w.Text(**_look(TextStyle), **traits)


def number_field(**traits: Any) -> w.FloatText:
    """A field that takes any number, so that a wrong one gets a message."""
    return w.FloatText(**_look(DescriptionStyle), **traits)


def text_area(**traits: Any) -> w.Textarea:
    """A field of some lines."""
    return w.Textarea(**_look(TextStyle), **traits)


def dropdown(options: list[tuple[str, str]], **traits: Any) -> w.Dropdown:
    """One of some choices: label and value."""
    return w.Dropdown(options=options, **_look(DescriptionStyle), **traits)


def checkbox(text: str) -> w.Checkbox:
    """Yes or no."""
    return w.Checkbox(description=text, indent=False, **_look(CheckboxStyle))


def row(children: list[w.Widget], *names: str) -> w.HBox:
    """Side by side, where there is room."""
    return _named(w.HBox(children, layout=shared(w.Layout)), (*names, "custdyn-line"))


def column(children: list[w.Widget], *names: str) -> w.VBox:
    """One below the other."""
    return _named(w.VBox(children, layout=shared(w.Layout)), names)


def hidden(widget: SomeWidget) -> SomeWidget:
    """A widget that is not shown yet."""
    show(widget, False)
    return widget


def show(widget: w.DOMWidget, shown: bool) -> None:
    """Shows or hides a widget."""
    if isinstance(widget, Widget):
        widget.hidden = not shown
    else:
        (widget.remove_class if shown else widget.add_class)(HIDDEN)


def is_shown(widget: w.DOMWidget) -> bool:
    """Whether a widget is shown."""
    if isinstance(widget, Widget):
        return not widget.hidden
    return HIDDEN not in widget._dom_classes


def close_all(widget: w.Widget) -> None:
    """Closes a widget and all that it shows; what other widgets share stays."""
    kept = set(_shared.values())
    names = ("children", "layout", "style")
    inside = [getattr(widget, name) for name in names if widget.has_trait(name)]
    for one in inside:
        for child in one if isinstance(one, tuple | list) else (one,):
            if isinstance(child, w.Widget) and child not in kept:
                close_all(child)
    w.Widget.close(widget)


def _look(style: type[w.Widget]) -> dict[str, w.Widget]:
    return {"layout": shared(w.Layout), "style": shared(style)}


def _named(widget: Any, names: tuple[str, ...]) -> Any:
    for name in names:
        widget.add_class(name)
    return widget
