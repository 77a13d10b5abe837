"""A list of lines, a page at a time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.ui.widgets.pagination import Paged


class PagedList(Widget):
    """Shows a list that `use` was given; its pages are read in a thread of their own."""

    _esm = script("look", "list", "paged_list")
    listed = traitlets.Dict().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)

    def __init__(self, on_error: Callable[[str], None], label: str) -> None:
        super().__init__(label=label)
        self._paged: Paged | None = None
        self._tell = on_error
        self.on_msg(guarded(self._received, on_error))

    def use(self, paged: Paged) -> None:
        """Shows the first page of a list."""
        self._paged = paged
        self.listed = paged.view()

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        paged = self._paged
        if not isinstance(content, dict) or content.get("type") != "page" or paged is None:
            return
        first = content.get("first")
        if isinstance(first, int):
            turned = guarded(lambda: self._turn(paged, first), self._tell)
            in_background(turned, stop=lambda: None)

    def _turn(self, paged: Paged, first: int) -> None:
        paged.turn(first)
        view: dict[str, Any] = paged.view()
        if paged is self._paged:
            self.listed = view
