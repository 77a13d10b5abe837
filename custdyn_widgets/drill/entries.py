"""The ledger entries behind a cell, each with what it adds, and with the running balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa

from custdyn_widgets.drill.breakdown import (
    COMPANION,
    NUMERATOR,
    Breakdown,
    Checkpoint,
    plain,
)
from custdyn_widgets.drill.contributions import Amounts, Contributions, added_up
from custdyn_widgets.drill.period import Scope
from custdyn_widgets.extract.arrays import Ints, Numbers, microseconds_or, positions, unscaled
from custdyn_widgets.extract.filters import package_names
from custdyn_widgets.extract.scope import KINDS, entries_of
from custdyn_widgets.metrics.dense import client_states
from custdyn_widgets.metrics.flows import ClientFlows
from custdyn_widgets.model.cells import Column, Value, time_column
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Measure, Term
from custdyn_widgets.model.money import exact_decimal, rounded_amount, tidy
from custdyn_widgets.model.periods import microseconds
from custdyn_widgets.model.schema import OTHER_KIND
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.report.rows import edge_of
from custdyn_widgets.sources import Source
from custdyn_widgets.words import tr

SAID = ("kind", "package", "service", "direction", "destination", "quantity", "description")


@dataclass(frozen=True)
class Entries:
    """Entries before a bucket's end, by client and time: all that a side of a figure is made of.

    `table` has the ledger's columns, `package` the names of their packages; `client` are
    positions among the report's clients; `amount`, and `balance` after it, are unscaled.
    `added` says what each entry adds: its `who` are places in `table`.
    """

    table: pa.Table
    package: list[str | None]
    client: Ints
    amount: Numbers
    balance: Numbers
    added: Contributions


def entries_behind(
    found: Breakdown,
    source: Source,
    checkpoint: Checkpoint,
    *,
    side: str = NUMERATOR,
    client: str | None,
) -> Entries:
    """The entries behind one side of a cell: of one client by its id, or of all of them.

    A balance is made of every entry before its end, anything else of entries within the bucket.
    Entries of these clients that add nothing are there, too: the balance runs over them. Raises
    what `run` raises, and SourceError.
    """
    counted = found.sides[side]
    if counted.counts == "clients" and COMPANION in found.sides:
        counted = found.sides[COMPANION]
    scope = found.sides[side].scope
    period, bucket = scope.period, scope.bucket
    held = any(isinstance(term, BalanceTerm) for term in counted.side.terms)
    with source.reading(checkpoint) as snapshot:
        snapshot.one_by_one()
        table = entries_of(
            snapshot.listed,
            snapshot.fetch,
            period.filters(snapshot),
            inside=(None if held else bucket.start, bucket.end),
            end=period.until,
            as_of=period.as_of,
            client=client,
        )
        names = package_names(snapshot.tables, snapshot.fetch)
    who = positions(table["client_id"], period.who.ids)
    behind = np.zeros(len(period.who.clients), np.bool_)
    behind[found.sides[side].who] = True
    kept = np.flatnonzero((who >= 0) & behind[who])
    table, who = table.take(pa.array(kept)), who[kept]
    amount = unscaled(table["amount"])
    flows = ClientFlows.of(_as_flows(table), period.who.ids, names)
    called = [flows.packages[place] if place >= 0 else None for place in flows.package]
    opening = np.zeros(len(behind), np.int64) if held else _opening(scope, checkpoint)
    rows = _rows(scope, counted.side, flows, microseconds_or(table["occurred_at"], 0))
    codes = counted.codes[who]
    return Entries(
        table,
        called,
        who,
        amount,
        _running(who, amount, opening),
        Contributions(
            _as_money(counted.side), rows, counted.days, codes, counted.conversion, scope
        ),
    )


def _as_money(side: Measure) -> Measure:
    return Measure(side.name, "money", side.terms) if side.counts == "clients" else side


def _as_flows(table: pa.Table) -> pa.Table:
    """Entries one by one, as `ClientFlows` takes them."""
    kinds = np.array(
        [
            KINDS.index(k) if k in KINDS else KINDS.index(OTHER_KIND)
            for k in table["kind"].to_pylist()
        ],
        np.int64,
    )
    count = np.ones(len(kinds), np.int64)
    if "is_edit" in table.column_names:
        count -= np.asarray(table["is_edit"]).astype(np.int64)
    return pa.table(
        {
            "client_id": table["client_id"],
            "segment": np.zeros(len(kinds), np.int64),
            "kind": kinds,
            "package_id": table["package_id"],
            "amount": table["amount"],
            "entries": count,
        }
    )


def _rows(scope: Scope, side: Measure, flows: ClientFlows, occurred: Ints) -> Amounts:
    """What each entry adds, term by term; the place of an entry stands for the client."""
    start, end = (microseconds(edge) for edge in (scope.bucket.start, scope.bucket.end))
    starts = np.array([microseconds(piece.start) for piece in scope.pieces], np.int64)
    segment = np.searchsorted(starts, occurred, side="right") - 1
    names = flows.named(scope.period.counted)
    listed = []
    for term in side.terms:
        kept, day = _of_term(scope, term, flows, names, (occurred, start, end))
        at = np.flatnonzero(kept)
        days = np.full(len(at), day, np.int64) if day >= 0 else segment[at] + Breakdown.first_piece
        amount = flows.amount[at] if term.sign > 0 else -flows.amount[at]
        listed.append(Amounts(at.astype(np.int64), days, amount, flows.entries[at]))
    return Amounts.joined(listed)


def _of_term(
    scope: Scope,
    term: Term,
    flows: ClientFlows,
    names: Numbers,
    when: tuple[Ints, int, int],
) -> tuple[Numbers, int]:
    """Which entries a term is made of; the place of the date they convert at, -1 for their own."""
    occurred, start, end = when
    flags = scope.among[plain(term)]
    own = np.ones(len(occurred), np.bool_) if flags is None else flags[flows.client]
    if isinstance(term, FlowTerm):
        return own & flows.in_flow(term.flow, term.package, names) & (occurred >= start), -1
    before, day = edge_of(term)
    return own & (occurred < (start if before else end)), day


def _opening(scope: Scope, checkpoint: Checkpoint) -> Numbers:
    """What each client of the report holds at the bucket's start."""
    who = scope.period.who
    opening: Numbers = np.zeros(len(who.clients), np.int64)
    for places, pairs in client_states(
        who.clients, who.changes, edges=scope.edges[:-1], checkpoint=checkpoint
    ):
        *_, (before, _) = pairs
        if before.balance.dtype == object:
            opening = opening.astype(object)
        opening[places] = before.balance
    return opening


def _running(who: Ints, amount: Numbers, opening: Numbers) -> Numbers:
    """The running balance of each client, whose entries follow each other."""
    if not len(who):
        return amount
    first = np.flatnonzero(np.diff(who, prepend=-1))
    total = added_up(amount)
    ahead = np.concatenate([total[:1] * 0, total[first[1:] - 1]]) if len(first) else total[:0]
    length = np.diff(np.append(first, len(who)))
    running: Numbers = total - np.repeat(ahead, length) + opening[who]
    return running


class EntryLines:
    """The entries behind a cell, line by line; instants are wall-clock ones of the report.

    Columns in which nothing is said are left out.
    """

    def __init__(self, found: Breakdown, entries: Entries) -> None:
        self.entries = entries
        self.timezone = found.query.timezone
        self._zone: tzinfo = zone(self.timezone)
        self._to = entries.added.conversion.to
        self._at = np.full(len(entries.client), -1)
        self._at[entries.added.who] = np.arange(len(entries.added.who))

    def __len__(self) -> int:
        return len(self.entries.client)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each entry."""
        table, name = self.entries.table, self.entries.added.side.name
        said = [
            Column(key, key.capitalize(), "number" if key == "quantity" else "text")
            for key in SAID
            if (any(self.entries.package) if key == "package" else table[key].drop_null())
        ]
        counted = self.entries.added.counts == "entries"
        adds = tr("Adds") if counted else tr("Adds in {currency}", currency=self._to)
        codes = set(self.entries.added.codes)
        own = f" {tr('in {currency}', currency=codes.pop())}" if len(codes) == 1 else ""
        return (
            time_column(self.timezone),
            *(one for one in said if one.key in ("kind", "package")),
            Column("amount", tr("Amount") + own, "money", tr("In the client's currency.")),
            Column("balance", tr("Balance") + own, "money", tr("What the client holds after it.")),
            Column("adds", adds, "money", tr("What it adds to {name}.", name=name)),
            *(one for one in said if one.key not in ("kind", "package")),
            Column("entry_id", tr("Entry ID")),
        )

    def line(self, place: int) -> tuple[Value, ...]:
        """What the columns say of an entry."""
        return tuple(self._value(column.key, place) for column in self.columns)

    def exact(self, place: int) -> Fraction | int | None:
        """What an entry adds, unrounded: a Fraction, or 1; None where it adds nothing."""
        at = int(self._at[place])
        return None if at < 0 else self.entries.added.contribution(at)

    def _value(self, key: str, place: int) -> Value:
        entries = self.entries
        if key == "package":
            return entries.package[place]
        if key in ("amount", "balance"):
            return self.money(key, place)
        if key == "adds":
            return self.adds(place)
        value: Value = entries.table[key][place].as_py()
        if isinstance(value, datetime):
            return in_zone(value.replace(tzinfo=UTC), self._zone).replace(tzinfo=None)
        if isinstance(value, Decimal):  # a quantity: without the zeros that it is stored with
            return tidy(value)
        return str(value) if key == "entry_id" else value

    def money(self, key: str, place: int) -> Decimal:
        """`amount` or `balance` of an entry, with at least its currency's decimals."""
        scale, code = self.entries.added.conversion.scale, self.entries.added.codes[place]
        return exact_decimal(int(getattr(self.entries, key)[place]), scale, str(code))

    def adds(self, place: int) -> int | Decimal | None:
        """What an entry adds, rounded; None where it adds nothing."""
        added = self.exact(place)
        if added is None or isinstance(added, int):
            return added
        return rounded_amount(added, self._to)
