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
from custdyn_widgets.words import tr

MAX_CELLS = 200_000
FIRST_QUERY = Query(group_by=("month", "package"))
STARTS = {
    "this year": (tr("This year by month"), FIRST_QUERY),
    "last month": (tr("Last month by day"), Query(period="last_month", group_by=("date",))),
    "last year": (tr("Compare with last year"), Query(compare="previous_year")),
}
"""What a new page offers, and the queries that are meant."""
RUN = "run"
WELCOME = Notice(
    "welcome",
    tr("Clients, balances, top-ups and spending over time"),
    tr(
        "Choose a period and press Query (Alt+Q), or start with one of these. "
        "Hover over a row or figure for its definition; About shows how the "
        "report was calculated."
    ),
    offers=tuple((key, words) for key, (words, _) in STARTS.items()),
)
STALE = Notice(
    "stale",
    tr("This report was made with earlier settings"),
    tr("The table and exports still show those. Press Query to update."),
)
NO_LINK = Notice(
    "info",
    tr("This query is too long for a link"),
    tr(
        "It has more than {most} bytes, so the address does not hold it: "
        "a saved query is the way to keep it.",
        most=f"{MAX_BYTES:,}",
    ),
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
    refuse_ignored(linked)
    if linked.query is None:
        what = tr("is no link: {ignored}", ignored=tr("it says nothing of a query"))
        raise QueryError([FieldFault("query", asked, what)])
    return linked.query


def refuse_ignored(linked: ParsedLink) -> None:
    """Raises QueryError where a link asks for something that there is not."""
    if linked.ignored:
        what = tr("is no link: {ignored}", ignored=", ".join(linked.ignored))
        raise QueryError([FieldFault("query", None, what)])


def preset_from_link(ignored: Sequence[str]) -> Notice:
    """The form was filled from a link; `ignored` names what was not taken from it."""
    words = tr("Press Query to run it.") + (tr(" Not recognised and ignored:") if ignored else "")
    title, tone = tr("The form was filled from a link"), "warning" if ignored else "info"
    return Notice(tone, title, words, tuple(ignored), offers=((RUN, tr("Run")),))


def failed(error: Exception) -> Notice:
    """No report could be made; the id in it finds the error in the log."""
    foreseen = isinstance(error, CustdynError)
    words = str(error) if foreseen else tr("something went wrong; please run it again")
    reference = logged(error, foreseen=foreseen)
    what = f"{words[0].upper()}{words[1:]}"
    title = tr("The report could not be created")
    details = tr("{what} (error id {reference})", what=what, reference=reference)
    return Notice("failed", title, details)


def fits_the_page(report: Report) -> bool:
    """Whether a browser can show the report without stutter."""
    return _cells(report) <= MAX_CELLS


def _cells(report: Report) -> int:
    return sum(len(row.lines) for row in report.rows) * len(report.buckets)


def warned(warnings: Iterable[str]) -> Notice:
    """What is hardly meant in the data."""
    return Notice("warning", tr("This may not be what you meant"), items=tuple(warnings))


def of_report(report: Report) -> Iterator[Notice]:
    """What stands out in a report: too large to show, nobody in it, or nothing but future."""
    if not fits_the_page(report):
        count = shown(_cells(report))
        yield Notice(
            "warning",
            tr("The report is too large for a page"),
            tr(
                "It has {count} cells, and a page shows up to {most}. Export it "
                "as CSV, or choose a coarser Group By or a shorter period.",
                count=count,
                most=shown(MAX_CELLS),
            ),
        )
    if warnings := [note.text for note in report.notes if note.warning]:
        yield warned(warnings)
    if not report.buckets:
        yield Notice("warning", tr("The period is empty"), f"{EMPTY_PERIOD}.")
        return
    if not any(cell.value for cell in report.row(ALL, "Qty").cells):
        yield Notice(
            "warning",
            tr("No client passes these filters"),
            tr(
                "There is no client of this type with these tags, owners and packages "
                "by the end of the period. Delete a filter, or choose another Client "
                "Type or a later period."
            ),
        )
    if all(bucket.state is State.FUTURE for bucket in report.buckets):
        yield Notice(
            "info",
            tr("The period lies in the future"),
            tr(
                "As of {as_of} nothing has happened in it yet: balances are carried "
                "on, and there are no entries to count.",
                as_of=utc_text(report.as_of),
            ),
        )
