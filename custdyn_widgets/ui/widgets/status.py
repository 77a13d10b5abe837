"""The status line: what is being done, or was done last."""

from __future__ import annotations

import time

import traitlets

from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget

UNKNOWN = -1.0


class Status(Widget):
    """`words` in one line; while `running`, the time it takes and the `share` done (0 to 1).

    The share is UNKNOWN where nobody can tell.
    """

    _esm = script("status")
    words = traitlets.Unicode().tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    share = traitlets.Float(UNKNOWN).tag(sync=True)
    _begun = 0.0

    def begin(self, words: str) -> None:
        """Something begins: time runs from now."""
        self._begun = time.monotonic()
        self.words, self.share, self.running = words, UNKNOWN, True
        self.send({"type": "restart"})

    def progress(self, words: str, share: float | None) -> None:
        """It goes on."""
        self.words, self.share = words, UNKNOWN if share is None else round(share, 2)

    def took(self) -> str:
        """How long it has taken until now."""
        return f"{time.monotonic() - self._begun:.2f} s"

    def end(self, words: str) -> None:
        """It has ended."""
        self.words, self.share, self.running = words, UNKNOWN, False
