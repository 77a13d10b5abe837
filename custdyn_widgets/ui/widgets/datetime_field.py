"""A field for a wall-clock instant, as text to the second."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import traitlets

from custdyn_widgets.query.validators import clock
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget


class DatetimeField(Widget):
    """`value` is what stands in the field, unchecked; a bare date gets the time it stands for.

    `end_of_day`: that is 23:59:59, else 00:00:00.
    """

    _esm = script("datetime_field")
    value = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)
    clock = traitlets.Unicode().tag(sync=True)
    invalid = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, end_of_day: bool, **traits: Any) -> None:
        super().__init__(clock="23:59:59" if end_of_day else "00:00:00", **traits)
        self._read = clock(end_of_day)
        self.observe(self._complete, "value")

    def focus(self) -> None:
        """Moves the keyboard to the field."""
        self.send({"type": "focus"})

    def _complete(self, _change: object) -> None:
        with suppress(ValueError):  # else it stays, and the query says what is wrong with it
            self.value = str(self._read(self.value))
