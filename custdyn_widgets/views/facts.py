"""Facts about a report: interval, data, query, money, notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

from custdyn_widgets.model.cells import many, shown
from custdyn_widgets.model.definitions import CHANGES, LINES
from custdyn_widgets.model.money import EXACT
from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.model.schema import KIND_NAMES
from custdyn_widgets.model.time_zones import clock_text, in_zone, zone
from custdyn_widgets.query.fields import (
    COMPARISONS,
    FIELDS,
    GROUPS,
    RATE_POLICIES,
    TYPE_CHOICES,
)
from custdyn_widgets.query.query import Interval, Query
from custdyn_widgets.report.comparison import summary
from custdyn_widgets.report.report import Report, UsedRate, utc_text
from custdyn_widgets.words import tr

AS_OF = "As of"
"""Label of the instant of a report; `verify` looks for it."""
RATE_USED = tr("Exchange rate")
CUT = 10
"""Decimals that are shown of a number that has no last one."""


@dataclass(frozen=True)
class Fact:
    """One thing to know, under the heading of its section."""

    section: str
    label: str
    text: str


def facts(report: Report) -> Iterator[Fact]:
    """Everything there is to know of how a report was made, in order."""
    for label, text in _interval(report):
        yield Fact(tr("Interval"), label, text)
    for label, text in _data(report):
        yield Fact(tr("Data"), label, text)
    for line in filter_lines(report.query):
        label, _, text = line.partition(": ")
        yield Fact(tr("Query"), label, text)
    lasts = many(report.query.active_duration, "month", "months")
    yield Fact(tr("Query"), FIELDS["active_duration"].label, lasts)
    yield Fact(tr("Money"), FIELDS["currency"].label, str(report.query.currency))
    yield Fact(tr("Money"), FIELDS["rate_policy"].label, RATE_POLICIES[report.query.rate_policy])
    for rate in report.rates:
        yield Fact(tr("Money"), RATE_USED, rate_words(rate))
    for label, text in _comparison(report):
        yield Fact(tr("Comparison"), label, text)
    for note in report.notes:
        yield Fact(tr("Notes"), tr("Note"), str(note))


def rate_words(rate: UsedRate) -> str:
    """An exchange rate, and from when it is."""
    worth = exact_text(rate.rate)
    return tr(
        "{currency} from {day}: {rate}", currency=rate.currency, day=rate.valid_from, rate=worth
    )


UNITS = {"year": tr("year"), "month": tr("month"), "date": tr("day")}


def in_words_of(words: str, query: Query) -> str:
    """A definition with what a query makes of it: its months, and what its buckets are."""
    months = many(query.active_duration, "month", "months")
    unit = UNITS[query.time_units[-1]] if query.time_units else tr("period")
    before = tr("or the {months} before it", months=months)
    said = tr(words).replace(tr("or the Active Duration months before it"), before)
    return said.replace(tr("bucket"), unit)


def filter_lines(query: Query) -> list[str]:
    """The filters and the grouping of a query in words: `Client Type: Client`."""
    lines = [f"{FIELDS['client_type'].label}: {TYPE_CHOICES[query.client_type]}"]
    for name in ("client_tags", "owner", "package"):
        if values := getattr(query, name):
            below = f" {FIELDS['owner_tree'].label}" if name == "owner" and query.owner_tree else ""
            lines.append(f"{FIELDS[name].label}: {', '.join(values)}{below}")
    grouped = " × ".join(GROUPS[unit] for unit in query.group_by) or tr("Total")
    return [*lines, f"{FIELDS['group_by'].label}: {grouped}"]


def _interval(report: Report) -> Iterator[tuple[str, str]]:
    period = report.query.period
    asked = (
        f"{period.first} – {period.last}" if isinstance(period, Interval) else PRESETS[period].label
    )
    yield tr("Period requested"), asked
    yield tr("Interval"), f"{report.first} – {report.last} {report.query.timezone}"
    if report.buckets:
        start, end = report.buckets[0].start, report.buckets[-1].end
        yield tr("Interval in UTC"), f"{utc_text(start)} – {utc_text(end)} ({tr('exclusive')})"


def _comparison(report: Report) -> Iterator[tuple[str, str]]:
    if report.other is not None:
        compare = report.query.compare
        if isinstance(compare, str):
            yield FIELDS["compare"].label, COMPARISONS[compare]
        yield tr("Interval compared with"), f"{report.other.first} – {report.other.last}"
        for key in ("other", *CHANGES):
            yield LINES[key].label, LINES[key].description
        for words in summary(report):
            yield tr("Largest change"), words


def _data(report: Report) -> Iterator[tuple[str, str]]:
    yield tr("Source"), report.source
    yield AS_OF, utc_text(report.as_of)
    yield tr("{as_of}, in the zone", as_of=AS_OF), _local(report.as_of, report)
    newest = report.read.newest
    yield tr("Data up to"), tr("no entry") if newest is None else _local(newest, report)
    entries = shown(report.read.entries)
    yield tr("Entries read"), tr("{entries}, up to the end of the period", entries=entries)
    for kind, count in report.read.in_period:
        yield tr("In the period: {kind}", kind=tr(KIND_NAMES[kind])), shown(count)


def _local(instant: datetime, report: Report) -> str:
    local = in_zone(instant, zone(report.query.timezone))
    return f"{clock_text(local)} {local.tzinfo}"


def exact_text(rate: Fraction) -> str:
    """A number in decimals: all of them, those of one divided by it, or the first ten and `…`."""
    for value, words in ((rate, "{}"), (1 / rate if rate else rate, "1/{}")):
        for digits in range(19):
            scaled = value * 10**digits
            if scaled.denominator == 1:
                return words.format(shown(EXACT.scaleb(Decimal(scaled.numerator), -digits)))
    cut = EXACT.scaleb(Decimal(int(rate * 10**CUT)), -CUT)  # towards zero: these digits are right
    return f"{shown(cut)}…"
