"""The query in one line of chips: what the form folds into."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import traitlets

from custdyn_widgets.model.cells import many
from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.query.fields import COMPARISONS, OPTIONAL_BLOCKS
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.step import to_date
from custdyn_widgets.ui.controls import FILTERS
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.views.facts import filter_lines
from custdyn_widgets.views.table import days
from custdyn_widgets.words import tr


class Summary(Widget):
    """`chips` in a line, arrows to the period before and after, Edit.

    `stepped` is called with -1 or 1, or 0 for the period up to today; `fold` with whether the form
    is to be folded, and the field that is wanted; `on_error` receives errors in one line. `folded`:
    the form is.
    """

    _esm = script("summary")
    chips = traitlets.List().tag(sync=True)
    folded = traitlets.Bool(False).tag(sync=True)
    goes_on = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        stepped: Callable[[int], None],
        fold: Callable[[bool, str], None],
        on_error: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._stepped, self._fold = guarded(stepped, on_error), guarded(fold, on_error)
        self.on_msg(self._received)

    def show(self, query: Query | None) -> None:
        """Shows a query; None: what is in the form is none."""
        if query is not None:
            now = datetime.now(UTC)
            self.chips = list(chips_of(query, now))
            self.goes_on = to_date(query, now) is not None

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        if content.get("type") == "fold":
            self._fold(content.get("folded") is True, str(content.get("field") or ""))
        elif content.get("type") == "step" and content.get("by") in (-1, 0, 1):
            self._stepped(content["by"])


def chips_of(query: Query, now: datetime) -> Iterator[tuple[str, str]]:
    """A query in a few words each, with the field that they are of: the period first."""
    period = days(*query.interval(now))
    named = PRESETS[query.period].label if isinstance(query.period, str) else ""
    yield "period", f"{named}: {period}" if named else period
    yield "timezone", query.timezone
    kind, *others, grouped = filter_lines(query)
    yield "client_type", kind.partition(": ")[2]
    yield from zip((one for one in FILTERS if getattr(query, one)), others, strict=True)
    yield "group_by", grouped.partition(": ")[2]
    yield "currency", query.currency or tr("base currency")
    yield "active_duration", many(query.active_duration, "month", "months")
    if query.compare is not None:
        known = COMPARISONS.get(query.compare) if isinstance(query.compare, str) else None
        yield "compare", tr("vs {period}", period=known or tr("another period"))
    for block in query.blocks:
        yield "blocks", OPTIONAL_BLOCKS[block]
    for row in query.rows:
        yield "rows", row.label
