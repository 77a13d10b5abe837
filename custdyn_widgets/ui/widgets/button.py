"""A button with an icon."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import ipywidgets as w
import traitlets

from custdyn_widgets.ui.error_boundary import guarded, log
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget, column, row


class Button(Widget):
    """Calls `pressed` when it is pressed; `on_error` receives errors in one line.

    `tone` is its look (`primary`, `plain` or `quiet`), `bare` shows the icon alone, `expanded`
    says whether what it opens is open (None: it opens nothing), `on` whether what it switches is
    on (None: it switches nothing), `short` is what is seen of its label, `act` what the browser
    does by itself (`menu` or `print`), and `waits` keeps it from being pressed again until Python
    has answered.
    """

    _esm = script("button")
    label = traitlets.Unicode().tag(sync=True)
    icon = traitlets.Unicode().tag(sync=True)
    tone = traitlets.Unicode("plain").tag(sync=True)
    hint = traitlets.Unicode().tag(sync=True)
    short = traitlets.Unicode().tag(sync=True)
    act = traitlets.Unicode().tag(sync=True)
    bare = traitlets.Bool(False).tag(sync=True)
    waits = traitlets.Bool(False).tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)
    expanded = traitlets.Bool(None, allow_none=True).tag(sync=True)
    on = traitlets.Bool(None, allow_none=True).tag(sync=True)

    def __init__(
        self, pressed: Callable[[], None], on_error: Callable[[str], None], **traits: Any
    ) -> None:
        super().__init__(**traits)
        self.address = ""
        self._pressed = guarded(pressed, on_error)
        self._copied: Callable[[bool], None] = lambda _done: None
        self.on_msg(self._received)

    def press(self) -> None:
        """Does what a press of the button does."""
        self._pressed()

    def focus(self, *, idle: bool = False) -> None:
        """Moves the keyboard to the button; where `idle`, only if nothing else has it."""
        self.send({"type": "focus", "idle": idle})

    def copy(self, text: str, copied: Callable[[bool], None]) -> None:
        """Puts text on the reader's clipboard, then says whether that could be done."""
        self._copied = copied
        self.send({"type": "copy", "text": text})

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "press":
            address = content.get("address")
            self.address = address if isinstance(address, str) else ""
            self._pressed()
        elif content.get("type") == "copied":
            self._copied(content.get("done") is True)


def menu(label: str, icon: str, buttons: list[w.Widget]) -> w.Box:
    """A button that opens a list of buttons below it."""
    opener = Button(lambda: None, log.error, label=label, icon=icon, act="menu")
    return row([opener, column(buttons, "custdyn-menu")], "custdyn-opens")
