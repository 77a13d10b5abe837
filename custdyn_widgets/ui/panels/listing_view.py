"""The view of a list: CDRs or Orig-Term."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html import escape
from typing import BinaryIO

import ipywidgets as w

from custdyn_widgets.errors import NoReport
from custdyn_widgets.listings import Cdrs, OrigTerm, run_cdrs, run_orig_term
from custdyn_widgets.model.definitions import LIST_FORMATS
from custdyn_widgets.query.fields import CDRS, FIELDS, ORIG_TERM, SPLITS, VIEWS, WITHOUT_MEANING
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources import Source
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.download import FILES, StreamedDownload
from custdyn_widgets.ui.widgets.notices import Notice
from custdyn_widgets.ui.widgets.paged_list import PagedList
from custdyn_widgets.ui.widgets.pagination import LinePages, Paged
from custdyn_widgets.views.table import days
from custdyn_widgets.words import tr

NO_SPLIT = ""


class ListingView:
    """`box` holds the last listing, `made`, of `query`; nothing before the first.

    `ask` is called when it is to be made again; `on_error` receives errors in one line;
    `button` makes one for the toolbar.
    """

    def __init__(
        self,
        view: str,
        *,
        ask: Callable[[], None],
        on_error: Callable[[str], None],
        button: Callable[[], w.Widget],
    ) -> None:
        self.view = view
        self.made: Cdrs | OrigTerm | None = None
        self.query: Query | None = None
        self._tell, self._ask, self._button = on_error, ask, button
        self._filling = False
        self._chosen = NO_SPLIT
        self.box = basic.column([], "custdyn-result")

    def open(self) -> None:
        """Makes its parts, when it is chosen first."""
        if self.box.children:
            return
        view, on_error = self.view, self._tell
        self._headline, self._sums, self._notes = basic.html(), basic.html(), basic.html()
        meaning = basic.html(_meaning(view), "custdyn-meaning")
        downloads = [
            StreamedDownload(
                kind, self._write, on_error, label=tr("Export to {kind}", kind=FILES[kind])
            )
            for kind in LIST_FORMATS
        ]
        right = basic.row([*downloads, self._button()], "custdyn-buttons")
        self._toolbar = hidden(basic.row([self._headline, right], "custdyn-toolbar"))
        splits = [(tr("No split"), NO_SPLIT), *((label, key) for key, label in SPLITS.items())]
        self._split = basic.dropdown(splits, description=tr("Split by"))
        self._split.add_class("custdyn-split")
        self._split.value = self._chosen
        self._split.observe(self._split_chosen, names="value")
        self._list = PagedList(on_error, VIEWS[view])
        split = [self._split] if view == ORIG_TERM else []
        shown = [self._toolbar, self._sums, self._list, self._notes]
        self.box.children = [meaning, *split, *shown]

    @property
    def split(self) -> str | None:
        """What an Orig-Term report is split by."""
        return self._chosen or None

    @split.setter
    def split(self, chosen: str | None) -> None:
        self._chosen, self._filling = chosen or NO_SPLIT, True
        if self.box.children:
            self._split.value = self._chosen
        self._filling = False

    def _split_chosen(self, _change: object) -> None:
        self._chosen = self._split.value
        if not self._filling:
            self._ask()

    def make(
        self, query: Query, source: Source, progress: Callable[[str], None]
    ) -> Cdrs | OrigTerm:
        """Makes the listing of a query."""
        if self.view == CDRS:
            return run_cdrs(query, source, progress=progress)
        return run_orig_term(query, source, split=self.split, progress=progress)

    def show(self, made: object, query: Query) -> None:
        """Shows a listing, of the query in the form. Only traits are set: it may be a thread."""
        if not isinstance(made, Cdrs | OrigTerm):
            raise TypeError(made)
        self.made, self.query = made, query
        asked = made.asked
        period = days(asked.period.first, asked.period.last)
        words = f"{period} {asked.query.timezone} · {asked.query.currency}"
        self._headline.value = f"<h2>{escape(words)}</h2>"
        pairs = "".join(
            f"<div><dt>{escape(label)}</dt><dd>{escape(text)}</dd></div>"
            for label, text in made.sums
        )
        self._sums.value = f'<dl class="custdyn-sums">{pairs}</dl>'
        items = "".join(f"<li>{escape(str(note))}</li>" for note in asked.noted())
        self._notes.value = f'<ul class="custdyn-notes">{items}</ul>' if items else ""
        lines = made if isinstance(made, OrigTerm) else LinePages(made)
        self._list.use(Paged(lines, range(len(made))))
        show(self._toolbar, True)

    def mark(self, *, stale: bool) -> None:
        """Marks the listing as one that the form no longer asks for, or takes the mark away."""
        (self.box.add_class if stale else self.box.remove_class)("custdyn-stale")

    def notices(self) -> Iterator[Notice]:
        """What is to be said before the lines."""
        if self.made is not None and not len(self.made):
            yield Notice("info", tr("No pay-as-you-go entries in this period pass the filters"))

    def _write(self, kind: str, file: BinaryIO) -> str:
        if self.made is None:
            raise NoReport
        self.made.to_file(kind, file)
        return self.made.file_name(kind)


def _meaning(view: str) -> str:
    names = [FIELDS[field].label for field in WITHOUT_MEANING[view]]
    listed = tr(" and ").join((", ".join(names[:-1]), names[-1]))
    return tr("The {view} does not use {fields}.", view=escape(VIEWS[view]), fields=escape(listed))
