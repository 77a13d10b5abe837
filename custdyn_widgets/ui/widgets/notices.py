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

    `offer` is what a button in it says that it does.
    """

    tone: str
    title: str
    words: str = ""
    items: tuple[str, ...] = ()
    offer: str = ""


class Notices(Widget):
    """Shows notices, each as text. `taken` is called when an offer is taken."""

    _esm = script("notices")
    notices = traitlets.List().tag(sync=True)

    def __init__(self, taken: Callable[[], None], on_error: Callable[[str], None]) -> None:
        super().__init__()
        take = guarded(taken, on_error)
        self.on_msg(lambda _widget, content, _buffers: take() if content == "taken" else None)

    def show(self, notices: Iterable[Notice]) -> None:
        """Shows these, and no others."""
        self.notices = [asdict(notice) for notice in notices]
