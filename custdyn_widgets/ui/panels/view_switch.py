"""Which view of the query the page shows: the report, or one of its sisters."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import ipywidgets as w

from custdyn_widgets.query.fields import REPORT, VIEWS
from custdyn_widgets.ui.widgets.button import Button


class ViewSwitch:
    """`box` has a button for each view; `chosen` is called with the one that is pressed."""

    def __init__(self, chosen: Callable[[str], None], tell: Callable[[str], None]) -> None:
        self.view = REPORT
        self._buttons = {
            key: Button(partial(chosen, key), tell, label=label, on=key == REPORT)
            for key, label in VIEWS.items()
        }
        self.box = w.HBox(list(self._buttons.values()))
        self.box.add_class("custdyn-switches")

    def show(self, view: str) -> None:
        """Marks a view as the one that is shown."""
        self.view = view
        for key, button in self._buttons.items():
            button.on = key == view
