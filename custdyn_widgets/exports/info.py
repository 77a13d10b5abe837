"""What the Info sheet says: the query, the interval, the rates, the definitions, the proofs."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from ..definitions import BLOCKS, FIELDS, GROUPS, PACKAGE_BLOCK, RATE_POLICIES, TYPE_CHOICES
from ..provenance import Provenance
from ..query import Query
from ..report import Report, utc_text
from .text import unfit

QUERY, AS_OF, FINGERPRINT, RESULT, DEFINITIONS = (
    "Query (TOML)",
    "As of",
    "Data fingerprint",
    "Result hash",
    "Definitions",
)
"""Labels that `verify` looks for; a long query stands in several lines."""
PIECE = 15_000


def info_rows(report: Report, provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Label and value of every line of the Info sheet."""
    yield "Source", report.source
    yield AS_OF, utc_text(report.as_of)
    yield "Period requested", str(report.query.to_dict()["period"])
    yield "Interval", f"{report.first} – {report.last} {report.query.timezone}"
    if report.buckets:
        start, end = report.buckets[0].start, report.buckets[-1].end
        yield "Interval in UTC", f"{utc_text(start)} – {utc_text(end)} (end not included)"
    for line in filter_lines(report.query):
        label, _, value = line.partition(": ")
        yield label, value
    yield FIELDS["currency"].label, str(report.query.currency)
    yield FIELDS["active_duration"].label, f"{report.query.active_duration} month(s)"
    yield FIELDS["rate_policy"].label, RATE_POLICIES[report.query.rate_policy]
    for rate in report.rates:
        yield "Rate used", f"{rate.currency} from {rate.valid_from}: {_worth(rate.rate)}"
    for note in report.notes:
        yield "Note", str(note)
    toml = "".join(f"\\u{ord(one):04X}" if unfit(one) else one for one in report.query.to_toml())
    for place in range(0, len(toml), PIECE):
        yield QUERY, toml[place : place + PIECE]
    yield FINGERPRINT, provenance.fingerprint
    yield RESULT, provenance.result
    yield DEFINITIONS, provenance.definitions
    yield "Engine", provenance.engine
    for block in (*BLOCKS, PACKAGE_BLOCK):
        yield block.name, block.words
        for row in block.rows:
            yield f"{block.name}: {row.name}", row.words


def filter_lines(query: Query) -> list[str]:
    """The filters and the grouping of a query in words: `Client Type: Client`."""
    lines = [f"{FIELDS['client_type'].label}: {TYPE_CHOICES[query.client_type]}"]
    for name in ("client_tags", "owner", "package"):
        if values := getattr(query, name):
            below = f" {FIELDS['owner_tree'].label}" if name == "owner" and query.owner_tree else ""
            lines.append(f"{FIELDS[name].label}: {', '.join(values)}{below}")
    grouped = " × ".join(GROUPS[unit] for unit in query.group_by) or "Total"
    return [*lines, f"{FIELDS['group_by'].label}: {grouped}"]


def _worth(rate: Fraction) -> str:
    """A rate in decimals where it has some, else as a fraction: exact either way."""
    for digits in range(19):
        scaled = rate * 10**digits
        if scaled.denominator == 1:
            return f"{Decimal(scaled.numerator).scaleb(-digits):f}"
    return f"{rate.numerator}/{rate.denominator}"
