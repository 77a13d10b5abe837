"""Notices above the figures, the most urgent first."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass

import traitlets

from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget


@dataclass(frozen=True)
class Notice:
    """A notice. `tone` is `welcome`, `info`, `warning`, `stale` or `failed`."""

    tone: str
    title: str
    words: str = ""
    items: tuple[str, ...] = ()


class Notices(Widget):
    """Shows notices, each as text."""

    _esm = script("notices")
    notices = traitlets.List().tag(sync=True)

    def show(self, notices: Iterable[Notice]) -> None:
        """Shows these, and no others."""
        self.notices = [asdict(notice) for notice in notices]
