"""Explanation of a cell: definition, bucket, clients, formula with numbers, changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from html import escape
from typing import Any

from custdyn_widgets.drill.breakdown import NUMERATOR, Breakdown, Checkpoint
from custdyn_widgets.drill.cell import Address, cell_at, row_at
from custdyn_widgets.drill.drill import Drill, NoClients, title_of
from custdyn_widgets.drill.history import Change, changes
from custdyn_widgets.drill.proof import DISPROVEN, PROVEN, formula_text, number
from custdyn_widgets.errors import MissingRates, TooFine
from custdyn_widgets.model.blocks import every_block
from custdyn_widgets.model.cells import Cell, shown
from custdyn_widgets.model.definitions import ACTIVE, SENSITIVE_MONTHS, active_row
from custdyn_widgets.model.formulas import BalanceTerm
from custdyn_widgets.model.periods import EPOCH, MICROSECOND
from custdyn_widgets.model.time_zones import clock_text, in_zone, zone
from custdyn_widgets.query.fields import FIELDS, RATE_POLICIES
from custdyn_widgets.query.terms import filters_given
from custdyn_widgets.views.facts import (
    RATE_USED,
    Fact,
    exact_text,
    filter_lines,
    in_words_of,
    rate_words,
)
from custdyn_widgets.words import tr

SINCE = tr("Change since the bucket before")
NO_EARLIER = tr("there is no bucket before this one")


@dataclass(frozen=True, repr=False)
class Explanation:
    """A cell explained: its title, what it shows, and facts under the headings of sections.

    `changes` are those since the bucket before, with the clients that they are of.
    """

    title: str
    value: str
    facts: tuple[Fact, ...]
    changes: tuple[Change, ...] = ()

    def __repr__(self) -> str:
        return f"Explanation({self.title} = {self.value})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        printer.text(str(self))

    def __str__(self) -> str:
        lines = [f"{self.title} = {self.value}"]
        section = ""
        for fact in self.facts:
            if fact.section != section:
                section = fact.section
                lines += ["", section]
            lines.append(f"  {fact.label}: {fact.text}")
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        return f'<pre class="custdyn-explained">{escape(str(self))}</pre>'


def explain(drill: Drill, at: Address, checkpoint: Checkpoint = lambda: None) -> Explanation:
    """What there is to say of a cell. Raises what `run` raises, and SourceError."""
    report = drill.report
    cell = cell_at(report, at)
    line = next(one for one in row_at(report, at).lines if one.key == at.side)
    try:
        found = drill.behind(at, checkpoint)
    except NoClients:
        found = None
    facts, changed = [*_what(drill, at, cell)], tuple[Change, ...]()
    if found is not None:
        facts += [*_when(found), *_who(found), *_how(found, cell)]
        before, said = _before(drill, at, checkpoint)
        facts.append(said)
        changed = () if before is None else changes(found, before)
        facts += [Fact(SINCE, one.name, one.words) for one in changed]
    return Explanation(title_of(report, at), line.texts[at.column], tuple(facts), changed)


def _what(drill: Drill, at: Address, cell: Cell) -> Iterator[Fact]:
    row = row_at(drill.report, at)
    block = next(one for one in every_block() if one.name == row.block)
    for name, words in ((row.title, block.description), (row.row, row.defined.description)):
        yield Fact(tr("Definition"), name, in_words_of(words, drill.report.query))
    if cell.reason is not None:
        yield Fact(tr("Definition"), tr("Why N/A"), f"{tr(cell.reason)}.")


def _when(found: Breakdown) -> Iterator[Fact]:
    query, bucket = found.query, found.scope.bucket
    tz = zone(query.timezone)
    for name, one in {query.timezone: tz, "UTC": UTC}.items():
        start, end = (_clock(edge, one) for edge in (bucket.start, bucket.end))
        yield Fact(
            tr("Time"),
            tr("Bucket, {name}", name=name),
            tr("{span}, exclusive", span=f"{start} – {end}"),
        )
    yield Fact(tr("Time"), tr("State"), tr(bucket.state.value))
    terms = [term for side in found.sides.values() for term in side.side.terms]
    groups = {term.client_set for term in terms if isinstance(term, BalanceTerm)}
    edge = found.scope.edges[-1]
    windows = {ACTIVE: edge.active_from}
    windows |= {
        active_row(months): since
        for months, since in zip(SENSITIVE_MONTHS, edge.windows, strict=True)
    }
    for name, since in windows.items():
        if name in groups:
            first = EPOCH + since * MICROSECOND
            said = f"{_clock(first, tz)} {query.timezone}"
            if query.timezone != "UTC":
                said += f" ({_clock(first, UTC)} UTC)"
            yield Fact(
                tr("Time"),
                tr("A charge for {name}", name=name),
                tr("from {said} to the bucket's end", said=said),
            )


def _clock(instant: datetime, tz: tzinfo) -> str:
    return clock_text(in_zone(instant, tz))


def _who(found: Breakdown) -> Iterator[Fact]:
    for line in filter_lines(found.query):
        label, _, text = line.partition(": ")
        yield Fact(tr("Clients"), label, text)
    for name, value in filters_given(found.scope.period.where).items():
        text = value if isinstance(value, str) else ", ".join(value)
        yield Fact(tr("Clients"), tr("{label} of the row", label=FIELDS[name].label), text)
    yield Fact(tr("Clients"), tr("Number of clients"), shown(len(found.sides[NUMERATOR].who)))


def _how(found: Breakdown, cell: Cell) -> Iterator[Fact]:
    over = found.sides[NUMERATOR]
    yield Fact(tr("Calculation"), tr("Formula"), formula_text(found))
    yield Fact(tr("Calculation"), tr("Proof"), PROVEN if found.agrees else DISPROVEN)
    if cell.exact is not None:
        yield Fact(tr("Calculation"), tr("Before rounding"), exact_text(cell.exact))
        rounded = tr("once, half away from zero: {cell}", cell=cell)
        yield Fact(tr("Calculation"), tr("Rounding"), rounded)
    query = found.query
    yield Fact(tr("Calculation"), FIELDS["rate_policy"].label, RATE_POLICIES[query.rate_policy])
    for rate in sorted(over.conversion.used):
        yield Fact(tr("Calculation"), RATE_USED, rate_words(rate))


def _before(drill: Drill, at: Address, checkpoint: Checkpoint) -> tuple[Breakdown | None, Fact]:
    """What was behind the row in the bucket before, and what is to be said of it."""
    try:
        before = drill.before(at, checkpoint)
    except (MissingRates, TooFine) as error:
        return None, Fact(SINCE, tr("Changes"), str(error))
    if before is None:
        return None, Fact(SINCE, tr("Changes"), NO_EARLIER)
    side = before.sides[NUMERATOR]
    return before, Fact(SINCE, side.side.name, tr("{side} before", side=number(side, side.total)))
