"""The page: its address and keys, and the switch between its views."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from html import escape

import ipywidgets as w
import traitlets

from custdyn_widgets.query.fields import CDRS, ORIG_TERM, REPORT, VIEWS
from custdyn_widgets.query.url import ParsedLink
from custdyn_widgets.sources.place import place_name
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.panels.listing_view import ListingView
from custdyn_widgets.ui.panels.report_view import ReportView
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.assets import script, style
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.views.table import TITLE

View = ReportView | ListingView


class Page(Widget):
    """`link` stands in the address bar, in Voilà only, as soon as it is not None.

    `on_query` is called for Ctrl+Enter in the form and Alt+Q anywhere, `shown` when the page can be
    used, with the parameters in its address, or None where it is not Voilà's. `alone`: nothing else
    brings the style.
    """

    _esm = script("page")
    link = traitlets.Unicode(None, allow_none=True).tag(sync=True)

    def __init__(
        self,
        *,
        on_query: Callable[[], None],
        shown: Callable[[str | None], None],
        on_error: Callable[[str], None],
        alone: bool = False,
    ) -> None:
        if alone:
            self._css = style()
        super().__init__()
        self._asked = guarded(on_query, on_error)
        self._shown = guarded(shown, on_error)
        self.on_msg(self._received)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        kind = content.get("type") if isinstance(content, dict) else None
        if isinstance(content, dict) and kind == "shown":
            link = content.get("link")
            self._shown(link.removeprefix("?") if isinstance(link, str) else None)
        elif kind == "query":
            self._asked()


def head(source: str) -> w.Widget:
    """The style of the page, its title, and what it calls its source."""
    name = f'<span class="custdyn-source">{escape(place_name(source))}</span>'
    return basic.html(f"<style>{style()}</style><h1>{TITLE}</h1>{name}", "custdyn-title")


class Views:
    """The report and the lists: `box` has a button for each, `boxes` are the views themselves.

    `chosen` is called with the one that is pressed, `ask` when one is to be made again, `compare`
    with the period to compare with, `parts_made` when there is a table; `button` makes one for the
    toolbar of each.
    """

    def __init__(
        self,
        *,
        chosen: Callable[[str], None],
        ask: Callable[[], None],
        compare: Callable[[str], None],
        button: Callable[[], w.Widget],
        parts_made: Callable[[], None],
        on_error: Callable[[str], None],
    ) -> None:
        self.view = REPORT
        self.report = ReportView(
            compare=compare, parts_made=parts_made, on_error=on_error, button=button
        )
        self._views: dict[str, View] = {REPORT: self.report}
        for key in (CDRS, ORIG_TERM):
            self._views[key] = ListingView(key, ask=ask, on_error=on_error, button=button)
        self._buttons = {
            key: Button(partial(chosen, key), on_error, label=label, on=key == REPORT)
            for key, label in VIEWS.items()
        }
        self.box = basic.row(list(self._buttons.values()), "custdyn-switches")
        self.boxes = [view.box for view in self._views.values()]

    def __getitem__(self, key: str) -> View:
        return self._views[key]

    @property
    def shown(self) -> View:
        """The view that is shown."""
        return self._views[self.view]

    def show(self, linked: ParsedLink) -> None:
        """Shows the view of a link, and no other."""
        self.view = linked.view
        self.shown.open()
        self.shown.split = linked.split
        for key, button in self._buttons.items():
            button.on = key == linked.view
            basic.show(self._views[key].box, key == linked.view)
