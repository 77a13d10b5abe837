"""Clients by how long ago they last paid: one walk answers for every active duration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .due import Calendar, Runs
from .exact import Ints
from .groups import ABSENT_TOO, GROUPS, NEVER, Edge, is_there
from .sums import FIGURES, GroupSums, Rows

KEPT = FIGURES[:-1]
"""What is kept of clients: their balance is what those above and below zero add up to."""
MOST_BYTES = 64 << 20
"""That are kept at the most."""
BESIDE = 3
"""Slots beside those of the cuts."""
LATEST = np.iinfo(np.int64).max
Cuts = Callable[[int, int], Ints]
"""Ascending instants after a first one; if need be, more than that many."""


@dataclass(frozen=True)
class Recency:
    """Figures of clients at the `ends` of buckets, apart by their last paid use (µs since 1970).

    `table` has KEPT by end, currency and slot. Slots are cut at `cuts`: the first holds clients
    that never paid, the next those that did before all cuts, then one for each cut; the last those
    that were not yet, or no longer, there. No last paid use is before `first`, so no cut is.
    """

    ends: tuple[int, ...]
    first: int
    cuts: Ints
    currencies: tuple[str, ...]
    table: Ints

    def sums(self, name: str, edges: Sequence[Edge]) -> dict[str, GroupSums] | None:
        """The figures of a group by currency, as `client_sums`; None where this does not tell."""
        since = GROUPS[name].since
        places = {end: place for place, end in enumerate(self.ends)}
        if since is None or any(edge.end not in places for edge in edges):
            return None
        slots = [self._slots(since(edge)) for edge in edges]
        found: dict[str, GroupSums] = {}
        for number, currency in enumerate(self.currencies):
            listed = []
            for edge, slot in zip(edges, slots, strict=True):
                if slot is None:
                    return None
                kept = [int(one) for one in self.table[places[edge.end], number, slot].sum(axis=0)]
                listed.append((*kept, kept[-1] + kept[-2]))
            before, *figures = listed
            found[currency] = GroupSums(tuple(map(list, zip(*figures, strict=True))), before)
        return found

    def _slots(self, since: int) -> slice | None:
        """Those of clients whose last paid use was at an instant or later."""
        if since <= NEVER + 1:
            return slice(max(since - NEVER, 0), None if since == ABSENT_TOO else -1)
        if since <= self.first:
            return slice(1, -1)
        place = int(np.searchsorted(self.cuts, since))
        known = place < len(self.cuts) and self.cuts[place] == since
        return slice(place + 2, -1) if known else None


def recency(
    clients: pd.DataFrame,
    rows: Rows,
    runs: Runs,
    *,
    ends: Sequence[int],
    cuts: Cuts,
    most: int,
    between: Callable[[], None],
) -> Recency | None:
    """The clients by their last paid use, at each end.

    None where that takes more than `most` bytes. `clients`, `rows` and `runs` as for `due_sums`.
    """
    first = int(rows.paid.min(where=rows.paid != NEVER, initial=LATEST))
    a_slot = np.int64().nbytes * len(KEPT) * len(ends) * max(len(runs), 1)
    room = min(most, MOST_BYTES) // a_slot - BESIDE
    own = cuts(first, room)
    if len(own) > room:
        return None
    table = np.zeros((len(ends), len(runs), len(own) + BESIDE, len(KEPT)), np.int64)
    for number, held in enumerate(_walked(clients, rows, runs, ends, own, between)):
        table[number] = held.reshape(table.shape[1:])
    return Recency(tuple(ends), first, own, tuple(currency for currency, *_ in runs), table)


def _walked(
    clients: pd.DataFrame,
    rows: Rows,
    runs: Runs,
    ends: Sequence[int],
    cuts: Ints,
    between: Callable[[], None],
) -> Iterator[Ints]:
    """What all clients hold at each end, by currency and slot: only those that move are moved."""
    calendar, width = Calendar(clients, rows, len(ends)), len(cuts) + BESIDE
    first = np.repeat(np.arange(len(runs)) * width, [last - start for _, start, last in runs])
    balance, slot = np.zeros(len(clients), np.int64), np.zeros(len(clients), np.int64)
    entered = np.zeros(len(clients), np.bool_)
    cell = first + width - 1  # nobody is there yet
    held = np.zeros((len(runs) * width, len(KEPT)), np.int64)
    _add(held, cell, balance, 1)
    for number, end in enumerate(ends):
        between()
        own = calendar.rows(number)
        column = rows.column[own]
        others = calendar.others(number, ends[number - 1] if number else NEVER, end)
        due, nothing = np.append(column, others), np.zeros(len(others), np.int64)
        held_before = balance[due]
        _add(held, cell[due], held_before, -1)
        balance[due] = held_now = held_before + np.append(rows.amount[own], nothing)
        used = np.append(_slots_of(rows.paid[own], cuts), nothing)
        slot[due] = used = np.maximum(slot[due], used)
        entered[column] = True
        there = is_there(end, calendar.lives(due), entered[due])
        cell[due] = now = first[due] + np.where(there, used, width - 1)
        _add(held, now, held_now, 1)
        yield held


def _slots_of(paid: Ints, cuts: Ints) -> Ints:
    """The slot of each last paid use."""
    used = paid != NEVER
    low, high = paid.min(where=used, initial=LATEST), paid.max(initial=NEVER)
    from_, to = np.searchsorted(cuts, (low, high), "right")  # few of them: those of one bucket
    found = np.searchsorted(cuts[from_:to], paid, "right") + from_ + 1
    return np.where(used, found, 0)


def _add(held: Ints, cell: Ints, balance: Ints, sign: int) -> None:
    """Adds clients with their balances to their cells, or takes them away."""
    held[:, 0] += sign * np.bincount(cell, minlength=len(held))
    for place, which in enumerate((balance > 0, balance < 0), start=1):
        some = cell[which]
        held[:, place] += sign * np.bincount(some, minlength=len(held))
        np.add.at(held[:, place + 2], some, sign * balance[which])
