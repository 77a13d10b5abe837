"""The bar under the form: Query, Cancel, and what is being done."""

from __future__ import annotations

from collections.abc import Callable

from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.status import Status
from custdyn_widgets.words import tr

KEYS = tr("Ctrl+Enter in the form, Alt+Q anywhere")


class QueryBar:
    """`query` and `cancel` are buttons, `status` says what goes on.

    `asked` and `cancelled` are called when they are pressed; `on_error` receives errors in one
    line.
    """

    def __init__(
        self,
        asked: Callable[[], None],
        cancelled: Callable[[], None],
        on_error: Callable[[str], None],
    ) -> None:
        look = {"label": tr("Query"), "icon": "play", "tone": "primary", "hint": KEYS}
        self.query = Button(asked, on_error, **look)
        self.cancel = hidden(Button(cancelled, on_error, label=tr("Cancel"), icon="stop"))
        self.status = Status()

    def begin(self) -> None:
        """A report is begun."""
        self.status.begin(tr("Starting …"))
        show(self.cancel, True)

    def end(self, words: str) -> None:
        """Nothing goes on any more."""
        self.status.end(words)
        show(self.cancel, False)

    def say(self, words: str) -> None:
        """A word, unless a report is being made."""
        if not self.status.running:
            self.status.end(words)
