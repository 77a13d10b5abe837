"""Breakdown of a cell: the clients and amounts of each term of its formula."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from functools import cached_property
from typing import TypeVar

import numpy as np

from custdyn_widgets.drill.contributions import Amounts, Contributions
from custdyn_widgets.drill.period import ExtractedPeriod, Scope
from custdyn_widgets.extract.arrays import Flags, Numbers
from custdyn_widgets.extract.filters import package_names
from custdyn_widgets.extract.scope import flows_by_client
from custdyn_widgets.metrics.client_sets import CLIENT_SETS
from custdyn_widgets.metrics.dense import client_states
from custdyn_widgets.metrics.flows import ClientFlows
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Formula, Measure, Term
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.rows import edge_of
from custdyn_widgets.sources import Snapshot, Source

Checkpoint = Callable[[], None]
SomeTerm = TypeVar("SomeTerm", bound=BalanceTerm | FlowTerm)
NUMERATOR, DENOMINATOR, COMPANION = "numerator", "denominator", "companion"


@dataclass(frozen=True)
class Breakdown:
    """What is behind a cell: its sides, client by client.

    `cell` is None in the bucket before the first: the report has no such cell.
    """

    cell: Cell | None
    formula: Formula
    sides: dict[str, Contributions]

    first_piece = 2
    """The place of the first piece's date among the dates of a side: the two ends are first."""

    @property
    def scope(self) -> Scope:
        """The bucket that the cell is of, with the clients of its numerator."""
        return self.sides[NUMERATOR].scope

    @property
    def query(self) -> Query:
        """The query of the report."""
        return self.scope.period.query

    @property
    def agrees(self) -> bool:
        """Whether the contributions add up to the cell, unrounded; N/A where nothing is there."""
        over = self.sides[NUMERATOR].total
        if self.cell is None:
            return True
        exact = self.cell.value if self.cell.exact is None else self.cell.exact
        if DENOMINATOR in self.sides:
            under = self.sides[DENOMINATOR].total
            if exact is None:
                return not under or not len(self.sides[NUMERATOR].who)
            return bool(under) and over * self.formula.factor == Fraction(exact) * under
        return over == exact if exact is not None else not len(self.sides[NUMERATOR].who)


def break_down(
    source: Source,
    period: ExtractedPeriod,
    column: int,
    made: Formula,
    cell: Cell | None,
    checkpoint: Checkpoint,
) -> Breakdown:
    """What is behind a figure in a bucket.

    The ledger is asked for the entries of the bucket only; who is active and what everyone
    holds comes from what the report was made of. Raises what `run` raises, and SourceError.
    """
    named = {NUMERATOR: made.numerator, DENOMINATOR: made.denominator, COMPANION: made.companion}
    sides = {name: side for name, side in named.items() if side is not None}
    found: dict[str, Contributions] = {}
    with source.reading(checkpoint) as snapshot:
        for where in dict.fromkeys(side.where for side in sides.values()):
            held, place = period.under(where).holding(snapshot, column)
            own = {name: side for name, side in sides.items() if side.where == where}
            found |= _Collector(snapshot, held, place, checkpoint).behind(own)
    return Breakdown(cell, made, {name: found[name] for name in sides})


class _Collector:
    """Collects the rows of terms, for one bucket."""

    def __init__(
        self, snapshot: Snapshot, period: ExtractedPeriod, column: int, checkpoint: Checkpoint
    ) -> None:
        self._snapshot, self._period, self._column = snapshot, period, column
        self._between = checkpoint
        self._conversion: Conversion = period.conversion(snapshot)
        every = period.span.balance_days
        self._edges = (every[column], every[column + 1])
        self._pieces = period.pieces((period.buckets[column],), self._conversion.rates)
        cuts = [*(piece.start for piece in self._pieces), period.buckets[column].end, period.until]
        snapshot.cut_at(cuts, period.as_of)  # what is there may have grown since
        self._days: list[date] = [*self._edges, *(piece.day for piece in self._pieces)]
        self._codes: Numbers = period.who.clients["currency"].to_numpy(object)

    def behind(self, sides: Mapping[str, Measure]) -> dict[str, Contributions]:
        """The sides of a figure, client by client."""
        terms = list(dict.fromkeys(term for side in sides.values() for term in side.terms))
        held, among = self._held(terms)
        rows = held | self._moved(terms, among)
        scope = Scope(self._period, self._column, self._pieces, among)
        days, codes, conversion = tuple(self._days), self._codes, self._conversion
        found = {}
        for name, side in sides.items():
            own = Amounts.joined([_signed(rows[plain(term)], term.sign) for term in side.terms])
            found[name] = Contributions(side, own, days, codes, conversion, scope)
        return found

    def _held(self, terms: Sequence[Term]) -> tuple[dict[Term, Amounts], dict[Term, Flags | None]]:
        """Rows of what is held, and for every term the flags of the clients that it is of."""
        period = self._period
        marks = period.edges[: self._column + 2]
        found: dict[BalanceTerm, list[Amounts]] = {
            plain(one): [] for one in terms if isinstance(one, BalanceTerm)
        }
        groups: dict[str, Flags] = {
            one.client_set: np.zeros(len(self._codes), np.bool_)
            for one in terms
            if isinstance(one, FlowTerm) and one.client_set is not None
        }
        walked = (
            client_states(
                period.who.clients, period.who.changes, edges=marks, checkpoint=self._between
            )
            if found or groups
            else ()
        )
        flags: dict[Term, Flags | None] = {}
        for positions, pairs in walked:
            *_, (now, before) = pairs
            for name, chosen in groups.items():
                chosen[positions] = CLIENT_SETS[name].members(now, before)
            for term, listed in found.items():
                then = before if term.when == "before" else now
                members = CLIENT_SETS[term.client_set].members(then, before)
                was, day = edge_of(term)
                balance = (before if was else now).balance
                if term.having:
                    members = members & self._has(term.having)[positions]
                if term.keep != "any":
                    members = members & (balance > 0 if term.keep == "positive" else balance < 0)
                at = np.flatnonzero(members)
                days = np.full(len(at), day, np.int64)
                listed.append(Amounts(positions[at], days, balance[at], np.ones(len(at), np.int64)))
        held: dict[Term, Amounts] = {term: Amounts.joined(listed) for term, listed in found.items()}
        for one in terms:
            if isinstance(one, FlowTerm):
                flags[plain(one)] = None if one.client_set is None else groups[one.client_set]
            else:
                own = np.zeros(len(self._codes), np.bool_)
                own[held[plain(one)].client] = True
                flags[plain(one)] = own
        return held, flags

    def _moved(
        self, terms: Sequence[Term], among: Mapping[Term, Flags | None]
    ) -> dict[Term, Amounts]:
        wanted = [plain(term) for term in terms if isinstance(term, FlowTerm)]
        if not wanted:
            return {}
        flows, names = self._flows
        made: dict[Term, Amounts] = {}
        for term in dict.fromkeys(wanted):
            kept = flows.in_flow(term.flow, term.package, names)
            flags = among[term]
            if flags is not None:
                kept &= flags[flows.client]
            at = np.flatnonzero(kept)
            days = flows.segment[at] + Breakdown.first_piece
            made[term] = Amounts(flows.client[at], days, flows.amount[at], flows.entries[at])
        return made

    def _has(self, having: tuple[str, ...]) -> Flags:
        """The clients that have an entry of one of some flows within the bucket."""
        flows, names = self._flows
        has = np.zeros(len(self._codes), np.bool_)
        has[flows.client[np.isin(names, having)]] = True
        return has

    @cached_property
    def _flows(self) -> tuple[ClientFlows, Numbers]:
        """The flows of each client within the bucket, and what they are called."""
        period, snapshot = self._period, self._snapshot
        bucket = period.buckets[self._column]
        table = flows_by_client(
            snapshot.tables,
            snapshot.fetch,
            period.filters(snapshot),
            segments=self._pieces,
            inside=(bucket.start, bucket.end),
            end=period.until,
            as_of=period.as_of,
        )
        names = package_names(snapshot.tables, snapshot.fetch)
        flows = ClientFlows.of(table, period.who.ids, names).known()
        return flows, flows.named(period.counted)


def plain(term: SomeTerm) -> SomeTerm:
    """A term without its sign: its rows are collected once."""
    return replace(term, sign=1)


def _signed(rows: Amounts, sign: int) -> Amounts:
    return rows if sign > 0 else replace(rows, amount=-rows.amount)
