"""States of the page without figures, and their notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from custdyn_widgets.errors import CustdynError, FieldFault, QueryError
from custdyn_widgets.model.cells import shown
from custdyn_widgets.model.definitions import ALL
from custdyn_widgets.model.periods import State
from custdyn_widgets.pipeline.make_report import EMPTY_PERIOD
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.url import MAX_BYTES, ParsedLink, parse_link
from custdyn_widgets.report.report import Report, utc_text
from custdyn_widgets.ui.error_boundary import logged
from custdyn_widgets.ui.widgets.notices import Notice

MAX_CELLS = 200_000
FIRST_QUERY = Query(group_by=("month", "package"))
STARTS = {
    "this year": ("This year by month", FIRST_QUERY),
    "last month": ("Last month by day", Query(period="last_month", group_by=("date",))),
    "last year": ("Compare with last year", Query(compare="previous_year")),
}
"""What a new page offers, and the queries that are meant."""
RUN = "run"
WELCOME = Notice(
    "welcome",
    "Clients, balances, top-ups and spending over time",
    "Choose a period and press Query (Alt+Q), or start with one of these. Hover over a row or "
    "figure for its definition; About shows how the report was calculated.",
    offers=tuple((key, words) for key, (words, _) in STARTS.items()),
)
STALE = Notice(
    "stale",
    "This report was made with earlier settings",
    "The table and exports still show those. Press Query to update.",
)
NO_LINK = Notice(
    "info",
    "This query is too long for a link",
    f"It has more than {MAX_BYTES:,} bytes, so the address does not hold it: a saved query is the "
    "way to keep it.",
)


def preset(asked: Query | Mapping[str, Any] | str) -> tuple[Notice | None, ParsedLink]:
    """What the page shows at first, and what is to be said of it."""
    if isinstance(asked, Query):
        return None, ParsedLink(asked)
    if not isinstance(asked, str):
        return None, ParsedLink(Query.model_validate(asked))
    if asked.endswith((".toml", ".json")):
        return None, ParsedLink(Query.read(asked))
    linked = parse_link(asked.partition("?")[2] or asked)  # a whole address, or what follows it
    said = linked.query is not None or linked.ignored
    return preset_from_link(linked.ignored) if said else None, linked


def as_query(asked: Query | Mapping[str, Any] | str) -> Query:
    """A query in any of the forms that a form is given; QueryError where a part of it is wrong."""
    linked = preset(asked)[1]
    if linked.query is None or linked.ignored:
        what = f"is no link: {', '.join(linked.ignored) or 'it says nothing of a query'}"
        raise QueryError([FieldFault("query", asked, what)])
    return linked.query


def preset_from_link(ignored: Sequence[str]) -> Notice:
    """The form was filled from a link; `ignored` names what was not taken from it."""
    words = "Press Query to run it." + (" Not recognised and ignored:" if ignored else "")
    title, tone = "The form was filled from a link", "warning" if ignored else "info"
    return Notice(tone, title, words, tuple(ignored), offers=((RUN, "Run"),))


def failed(error: Exception) -> Notice:
    """No report could be made; the id in it finds the error in the log."""
    foreseen = isinstance(error, CustdynError)
    words = str(error) if foreseen else "something went wrong; please run it again"
    reference = logged(error, foreseen=foreseen)
    what = f"{words[0].upper()}{words[1:]}"
    title = "The report could not be created"
    return Notice("failed", title, f"{what} (error id {reference})")


def fits_the_page(report: Report) -> bool:
    """Whether a browser can show the report without stutter."""
    return _cells(report) <= MAX_CELLS


def _cells(report: Report) -> int:
    return sum(len(row.lines) for row in report.rows) * len(report.buckets)


def warned(warnings: Iterable[str]) -> Notice:
    """What is hardly meant in the data."""
    return Notice("warning", "This may not be what you meant", items=tuple(warnings))


def of_report(report: Report) -> Iterator[Notice]:
    """What stands out in a report: too large to show, nobody in it, or nothing but future."""
    if not fits_the_page(report):
        count = shown(_cells(report))
        yield Notice(
            "warning",
            "The report is too large for a page",
            f"It has {count} cells, and a page shows up to {shown(MAX_CELLS)}. Export it as "
            "CSV, or choose a coarser Group By or a shorter period.",
        )
    if warnings := [note.text for note in report.notes if note.warning]:
        yield warned(warnings)
    if not report.buckets:
        yield Notice("warning", "The period is empty", f"{EMPTY_PERIOD}.")
        return
    if not any(cell.value for cell in report.row(ALL, "Qty").cells):
        yield Notice(
            "warning",
            "No client passes these filters",
            "There is no client of this type with these tags, owners and packages by the end of "
            "the period. Delete a filter, or choose another Client Type or a later period.",
        )
    if all(bucket.state is State.FUTURE for bucket in report.buckets):
        yield Notice(
            "info",
            "The period lies in the future",
            f"As of {utc_text(report.as_of)} nothing has happened in it yet: balances are "
            "carried on, and there are no entries to count.",
        )
