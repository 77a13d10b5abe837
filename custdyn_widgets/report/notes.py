"""Notes on a report: what was left out, what is unusual. Those on the data: `data_warnings`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.cells import few, many, shown
from custdyn_widgets.model.definitions import NO_PACKAGE
from custdyn_widgets.model.money import control_sum
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import PACKAGE_KINDS, REFILL
from custdyn_widgets.query.fields import FIELDS
from custdyn_widgets.query.query import Interval, Query
from custdyn_widgets.report.report import Note
from custdyn_widgets.sources.quality import UNKNOWN, Finding
from custdyn_widgets.words import tr


def entry_notes(
    extract: Extract, flows: Sequence[Flow], foreign: tuple[int, Decimal], until: str
) -> Iterator[Note]:
    """Notes on the entries: after the report's time, of unknown clients, of an unusual sign."""
    if extract.later_entries:
        entries = many(extract.later_entries, "entry is", "entries are")
        why = tr("they occurred or were recorded after the report's time ({until})", until=until)
        yield Note(tr("{entries} not included: {why}", entries=entries, why=why))
    if extract.later_clients:
        clients = many(extract.later_clients, "client", "clients")
        yield Note(tr("{clients} created later: not included", clients=clients))
    if extract.later_closings:
        closed = many(extract.later_closings, "client closed later is", "clients closed later are")
        yield Note(tr("{closed} still counted as open", closed=closed))
    for words in unknown_words(*foreign):
        yield Note(words, warning=True)
    inside = [flow for flow in flows if flow.counted]
    for kinds, words in (
        ((REFILL,), tr("with a negative refill (chargebacks) counted as they stand")),
        (PACKAGE_KINDS, tr("with a positive package amount counted as they stand")),
    ):
        if count := sum(flow.opposite for flow in inside if flow.kind in kinds):
            yield Note(f"{_entries(count)} {words}")
    nameless = [flow for flow in inside if flow.package == NO_PACKAGE]
    if nameless:
        count = sum(flow.entries for flow in nameless)
        entries = _entries(count)
        words = tr("{entries} of packages without a package_id: under", entries=entries)
        yield Note(f"{words} {NO_PACKAGE}")


def unknown_words(count: int, total: Decimal) -> Iterator[str]:
    """Of entries of unknown clients, that they are left out; nothing where there are none."""
    if count:
        yield tr(
            "{entries} of unknown clients not included, sum of amounts {sum}",
            entries=_entries(count),
            sum=shown(control_sum(total)),
        )


def default_currency_note(of_clients: Sequence[tuple[str, int]], currency: str) -> Iterator[Note]:
    """That a report whose query names no currency converts all there is."""
    if len(of_clients) == 1 and (own := of_clients[0][0]) != currency:
        words = tr(
            "Every client is in {own}, and this report in {base}, the base of the rates: choose "
            "{own} for figures that are not converted",
            own=own,
            base=currency,
        )
        yield Note(words)


def quality_notes(findings: Sequence[Finding]) -> Iterator[Note]:
    """Notes on what `custdyn check` has found odd; a report counts unknown clients itself."""
    for one in findings:
        if one.key != UNKNOWN:
            yield Note(one.words)


def query_notes(query: Query) -> Iterator[Note]:
    """Notes on how a query was read."""
    for field in ("period", "compare"):
        interval = getattr(query, field)
        if isinstance(interval, Interval) and interval.is_widened:
            day = f"{interval.last:%Y-%m-%d}"
            yield Note(
                tr(
                    "{label}: its end, given as {day} 00:00:00, is taken as the whole day; "
                    "write '{day}T00:00:00' for that second alone",
                    label=FIELDS[field].label,
                    day=day,
                )
            )


def filter_notes(unmatched: Mapping[str, Sequence[str]]) -> Iterator[Note]:
    """Notes on filter values that nothing in the source has."""
    for field, values in unmatched.items():
        listed = few([f'"{value}"' for value in values], 5)
        words = tr("{values} not found in this source", values=listed)
        yield Note(f"{FIELDS[field].label}: {words}", warning=True)


def rate_notes(rates: Rates, today: date, later: int) -> Iterator[Note]:
    """Rates that are not known yet; where built-in ones come from and how old they are."""
    if later:
        yield Note(tr("{rates} of later dates not used", rates=many(later, "rate", "rates")))
    if not rates.built_in:
        return
    newest = rates.newest(today)
    if newest is None:
        words = tr("Rates: {origin}; none is known by {today}", origin=rates.origin, today=today)
        yield Note(words, warning=True)
        return
    words = tr("Rates: {origin}; the newest is of {day}, ", origin=rates.origin, day=newest)
    age = many((today - newest).days, "day old", "days old")
    yield Note(f"{words}{age}")


def _entries(count: int) -> str:
    return many(count, "entry", "entries")
