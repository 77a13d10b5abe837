"""The page around the widgets: its address and the keys that work everywhere in it."""

from __future__ import annotations

import os
from collections.abc import Callable

import anywidget
import traitlets

from .border import guarded
from .front import script


class Page(anywidget.AnyWidget):
    """`link` stands in the address bar, in Voilà only.

    `asked` is called for Ctrl+Enter in the form and Alt+Q anywhere, `shown` once when the page can be used, with whether it is
    Voilà's.
    """

    _esm = script("page")
    link = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *,
        asked: Callable[[], None],
        shown: Callable[[bool], None],
        tell: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._asked = guarded(asked, tell)
        self._shown = guarded(shown, tell)
        self.on_msg(self._received)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if isinstance(content, dict) and kind == "shown":
            self._shown(content.get("voila") is True)
        elif kind == "query":
            self._asked()


def link_of_the_page() -> str:
    """The parameters that the page was opened with; nothing in a notebook.

    Where Voilà has prepared this kernel beforehand, it waits here until a reader comes.
    """
    if prepared_beforehand():
        from voila.utils import get_query_string  # slow to import: only where it is needed

        while (link := get_query_string()) is None:
            pass  # the server was too busy to take the call: nobody has come yet
        return str(link)
    return os.environ.get("QUERY_STRING", "")


def prepared_beforehand() -> bool:
    """Whether Voilà has started this kernel before there is a reader for it."""
    return os.environ.get("VOILA_PREHEAT") == "True"
