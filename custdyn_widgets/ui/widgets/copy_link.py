"""Copy link: a button in each view, and the address that goes to the clipboard."""

from __future__ import annotations

import os
from collections.abc import Callable

from custdyn_widgets.environment import PAGE_VARIABLE
from custdyn_widgets.ui.states import NO_LINK
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.words import tr


class CopyLink:
    """`button` makes one, for a view.

    `link` gives the parameters that lead here (None: they are too many), `in_voila` says whether
    the page has an address of its own, `say` says in a word how it went.
    """

    def __init__(
        self,
        link: Callable[[], str | None],
        *,
        in_voila: Callable[[], bool],
        say: Callable[[str], None],
        on_error: Callable[[str], None],
    ) -> None:
        self._link, self._in_voila, self._say = link, in_voila, say
        self._tell = on_error

    def button(self) -> Button:
        """A button that copies the link."""
        made = Button(lambda: self._copy(made), self._tell, label=tr("Copy link"), icon="link")
        return made

    def _copy(self, button: Button) -> None:
        link = self._link()
        if link is None:
            self._say(NO_LINK.title)
            return
        page = os.environ.get(PAGE_VARIABLE) or (button.address if self._in_voila() else "")
        button.copy(f"{page}?{link}", self._copied)

    def _copied(self, done: bool) -> None:
        where = (
            ""
            if self._in_voila() or os.environ.get(PAGE_VARIABLE)
            else tr(
                " It goes behind the address of the page; {variable} can name that.",
                variable=PAGE_VARIABLE,
            )
        )
        self._say(
            tr("Link copied.{where}", where=where)
            if done
            else tr("The browser does not let links be copied.")
        )
