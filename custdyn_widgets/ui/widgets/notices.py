"""Notices above the figures, the most urgent first."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

import traitlets

from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget


@dataclass(frozen=True)
class Notice:
    """A notice. `tone` is `welcome`, `info`, `warning`, `stale` or `failed`.

    `offers` are its buttons: what each does, and what it says.
    """

    tone: str
    title: str
    words: str = ""
    items: tuple[str, ...] = ()
    offers: tuple[tuple[str, str], ...] = ()


class Notices(Widget):
    """Shows notices, each as text. `taken` is called with the offer that is taken."""

    _esm = script("notices")
    notices = traitlets.List().tag(sync=True)

    def __init__(self, taken: Callable[[str], None], on_error: Callable[[str], None]) -> None:
        super().__init__()
        self._take = guarded(taken, on_error)
        self.on_msg(self._received)

    def show(self, notices: Iterable[Notice]) -> None:
        """Shows these, and no others."""
        self.notices = [asdict(notice) for notice in notices]

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        taken = content.get("taken") if isinstance(content, dict) else None
        if any(taken == key for notice in self.notices for key, _ in notice["offers"]):
            self._take(taken)
