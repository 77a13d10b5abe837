"""Sums by client set where few clients change in a bucket."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from custdyn_widgets.extract.arrays import NEVER, Flags, Ints
from custdyn_widgets.metrics.aggregates import ClientSetSums, Rows, Sums, Total, figures
from custdyn_widgets.metrics.client_sets import CLIENT_SETS, ClientSet, ClientState
from custdyn_widgets.metrics.edges import Edge

Figures = tuple[int, ...]
Runs = Sequence[tuple[str, int, int]]
"""Stretches of clients of one currency, in the order of the clients: from the first to the end."""


def incremental_sums(
    clients: pd.DataFrame,
    rows: Rows,
    runs: Runs,
    *,
    edges: Sequence[Edge],
    groups: Sequence[str],
    checkpoint: Callable[[], None],
) -> Sums:
    """The figures of groups of clients; `clients` come by currency, the rest as `client_set_sums`.

    `rows` come bucket by bucket, numbered as the clients, and int64 holds their sums. A client is
    due in a bucket where it has an entry, is created or closed, or where its last paid use grows
    too old. Every other one is where it was: what those add is carried on.
    """
    asked = {name: CLIENT_SETS[name] for name in groups}
    walked = _Walk(clients, rows, edges, asked.values()).steps(checkpoint)
    who, _, first = next(walked)
    cuts = _cuts(who, runs)
    held = {name: _figures(group, first, first, cuts) for name, group in asked.items()}
    before, found = dict(held), {name: list[list[Figures]]() for name in groups}
    for due, then, now in walked:
        cuts = _cuts(due, runs)
        for name, group in asked.items():
            stay = _minus(held[name], _figures(group, then, then, cuts))
            settled = _figures(group, now, now, cuts)
            seen = _figures(group, now, then, cuts) if group.by_move else settled
            found[name].append(_plus(stay, seen))
            held[name] = _plus(stay, settled)
    return {
        (name, currency): ClientSetSums(
            tuple(map(list, zip(*(one[place] for one in listed), strict=True))),
            before[name][place],
        )
        for name, listed in found.items()
        for place, (currency, _, _) in enumerate(runs)
    }


class Calendar:
    """What happens to clients bucket by bucket: their entries, creation and closing.

    `rows` come bucket by bucket, numbered as the clients.
    """

    def __init__(self, clients: pd.DataFrame, rows: Rows, buckets: int) -> None:
        self._rows = rows
        self._ends = np.searchsorted(rows.bucket, np.arange(buckets + 1))
        self._lives = clients["created"].to_numpy(np.int64), clients["closed"].to_numpy(np.int64)
        self._ordered = [(one, np.argsort(one)) for one in self._lives]

    def rows(self, number: int) -> slice:
        """Where the changes of a bucket are."""
        return slice(self._ends[number], self._ends[number + 1])

    def lives(self, who: Ints) -> tuple[Ints, Ints]:
        """When these clients are created and closed."""
        created, closed = self._lives
        return created[who], closed[who]

    def due(self, number: int, before: int, end: int) -> Flags:
        """Who has an entry in a bucket, or is created or closed, from `before` on until `end`."""
        due = self.turns(before, end)
        due[self._rows.column[self.rows(number)]] = True
        return due

    def others(self, number: int, before: int, end: int) -> Ints:
        """Those of them that have no entry."""
        others = self.turns(before, end)
        others[self._rows.column[self.rows(number)]] = False
        return np.flatnonzero(others)

    def turns(self, before: int, end: int) -> Flags:
        """Who is created or closed, from `before` on until `end`."""
        turns = np.zeros(len(self._lives[0]), np.bool_)
        for instants, order in self._ordered:
            low, high = np.searchsorted(instants, (before, end), sorter=order)
            turns[order[low:high]] = True
        return turns


class _Walk:
    """Clients from bucket to bucket: what they hold, and their last paid use, so far."""

    def __init__(
        self, clients: pd.DataFrame, rows: Rows, edges: Sequence[Edge], groups: Iterable[ClientSet]
    ) -> None:
        self._edges, self._rows, self._groups = edges, rows, list(groups)
        self._calendar = Calendar(clients, rows, len(edges))
        self._balance = np.zeros(len(clients), np.int64)
        self._paid = np.full(len(clients), NEVER, np.int64)
        self._entered = np.zeros(len(clients), np.bool_)

    def steps(
        self, checkpoint: Callable[[], None]
    ) -> Iterator[tuple[Ints, ClientState, ClientState]]:
        """For each edge who is due, how they stood at the edge before, and how they stand.

        All of them at the first, which has none before.
        """
        self._move(0)
        everyone = np.arange(len(self._balance))
        then = self._standing(self._edges[0], everyone, self._calendar.lives(everyone))
        yield everyone, then, then
        for number, edge in enumerate(self._edges[1:], start=1):
            checkpoint()
            before = self._edges[number - 1]
            due = np.flatnonzero(self._due(number, before, edge))
            lives = self._calendar.lives(due)
            then = self._standing(before, due, lives)
            self._move(number)
            yield due, then, self._standing(edge, due, lives)

    def _move(self, number: int) -> None:
        own = self._calendar.rows(number)
        column = self._rows.column[own]
        self._balance[column] += self._rows.amount[own]
        self._paid[column] = np.maximum(self._paid[column], self._rows.paid[own])
        self._entered[column] = True

    def _standing(self, edge: Edge, who: Ints, lives: tuple[Ints, Ints]) -> ClientState:
        return ClientState.at(edge, lives, self._balance[who], self._paid[who], self._entered[who])

    def _due(self, number: int, before: Edge, edge: Edge) -> Flags:
        due = self._calendar.due(number, before.end, edge.end)
        for low, high in self._aged(before, edge):
            due |= (self._paid >= low) & (self._paid < high)
        return due

    def _aged(self, before: Edge, edge: Edge) -> Iterator[tuple[int, int]]:
        """Paid uses between these make a client active at one of the edges only."""
        ends = set[tuple[int, int]]()
        if any(one.by_duration for one in self._groups):
            ends.add((before.active_from, edge.active_from))
        if any(one.by_windows for one in self._groups):
            ends.update(zip(before.windows, edge.windows, strict=True))
        for one in ends:
            yield min(one), max(one)


def _cuts(who: Ints, runs: Runs) -> list[slice]:
    """Where the clients of each currency are among these."""
    ends = np.searchsorted(who, [last for _, _, last in runs])
    return [slice(first, last) for first, last in itertools.pairwise((0, *ends))]


def _figures(
    group: ClientSet, now: ClientState, before: ClientState, cuts: Sequence[slice]
) -> list[Figures]:
    """The figures of a group, currency by currency."""
    flags, balance = group.held(now, before)
    return [figures(flags[cut], balance[cut], Total(split=False)) for cut in cuts]


def _plus(one: list[Figures], other: list[Figures]) -> list[Figures]:
    return _each(operator.add, one, other)


def _minus(one: list[Figures], other: list[Figures]) -> list[Figures]:
    return _each(operator.sub, one, other)


def _each(
    made: Callable[[int, int], int], one: list[Figures], other: list[Figures]
) -> list[Figures]:
    pairs = zip(one, other, strict=True)
    return [tuple(map(made, mine, theirs)) for mine, theirs in pairs]
