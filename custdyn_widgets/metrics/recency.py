"""Clients by recency of their last paid use: sums for every active duration."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from custdyn_widgets.extract.arrays import NEVER, Ints
from custdyn_widgets.metrics.aggregates import FIGURES, ClientSetSums, Rows
from custdyn_widgets.metrics.client_sets import ABSENT_TOO, CLIENT_SETS, exists
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.metrics.incremental import Calendar, Runs

KEPT = FIGURES[:-1]
"""What is kept of clients: their balance is what those above and below zero add up to."""
MAX_BYTES = 64 << 20
"""How many are kept at most."""
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

    def sums(self, name: str, edges: Sequence[Edge]) -> dict[str, ClientSetSums] | None:
        """The sums of a client set by currency, as `client_set_sums`; None where unknown here."""
        since = CLIENT_SETS[name].since
        places = {end: place for place, end in enumerate(self.ends)}
        if since is None or any(edge.end not in places for edge in edges):
            return None
        slots = [self._slots(since(edge)) for edge in edges]
        found: dict[str, ClientSetSums] = {}
        for number, currency in enumerate(self.currencies):
            listed = []
            for edge, slot in zip(edges, slots, strict=True):
                if slot is None:
                    return None
                kept = [int(one) for one in self.table[places[edge.end], number, slot].sum(axis=0)]
                listed.append((*kept, kept[-1] + kept[-2]))
            before, *figures = listed
            found[currency] = ClientSetSums(tuple(map(list, zip(*figures, strict=True))), before)
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
    checkpoint: Callable[[], None],
) -> Recency | None:
    """The clients by their last paid use, at each end.

    None where that takes more than `most` bytes. `clients`, `rows` and `runs` as for
    `incremental_sums`.
    """
    first = int(rows.paid.min(where=rows.paid != NEVER, initial=LATEST))
    a_slot = np.int64().nbytes * len(KEPT) * len(ends) * max(len(runs), 1)
    room = min(most, MAX_BYTES) // a_slot - BESIDE
    own = cuts(first, room)
    if len(own) > room:
        return None
    table = np.zeros((len(ends), len(runs), len(own) + BESIDE, len(KEPT)), np.int64)
    for number, held in enumerate(_walked(clients, rows, runs, ends, own, checkpoint)):
        table[number] = held.reshape(table.shape[1:])
    return Recency(tuple(ends), first, own, tuple(currency for currency, *_ in runs), table)


def _walked(
    clients: pd.DataFrame,
    rows: Rows,
    runs: Runs,
    ends: Sequence[int],
    cuts: Ints,
    checkpoint: Callable[[], None],
) -> Iterator[Ints]:
    """What all clients hold at each end, by currency and slot: only those that move are moved."""
    calendar, width = Calendar(clients, rows, len(ends)), len(cuts) + BESIDE
    first = np.repeat(np.arange(len(runs)) * width, [last - start for _, start, last in runs])
    balance, slot = np.zeros(len(clients), np.int64), np.zeros(len(clients), np.int64)
    entered, there = np.zeros(len(clients), np.bool_), np.zeros(len(clients), np.bool_)
    held = np.zeros((len(runs) * width, len(KEPT)), np.int64)
    _add(held, first + width - 1, balance, 1)  # nobody is there yet
    for number, end in enumerate(ends):
        checkpoint()
        own, since = calendar.rows(number), ends[number - 1] if number else NEVER
        column, amount, paid = rows.column[own], rows.amount[own], rows.paid[own]
        used, due = _slots_of(paid, cuts), column
        if len(others := calendar.others(number, since, end)):
            due, nothing = np.append(column, others), np.zeros(len(others), np.int64)
            amount, used = np.append(amount, nothing), np.append(used, nothing)
        mine = first[due] if len(runs) > 1 else 0
        held_before, used_before, there_before = balance[due], slot[due], there[due]
        _add(held, mine + np.where(there_before, used_before, width - 1), held_before, -1)
        balance[due] = held_now = held_before + amount
        slot[due] = used_now = np.maximum(used_before, used)
        # who is there stays until closed: only these may have come or gone
        turning = np.flatnonzero(~there_before | calendar.turns(since, end)[due])
        entered[due[turning[turning < len(column)]]] = True
        who, there_now = due[turning], there_before
        there[who] = there_now[turning] = exists(end, calendar.lives(who), entered[who])
        _add(held, mine + np.where(there_now, used_now, width - 1), held_now, 1)
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
    split = 3 * cell + np.sign(balance) + 1  # those below zero, at zero, above
    counts = np.bincount(split, minlength=3 * len(held)).reshape(-1, 3)
    sums = np.zeros(3 * len(held), np.int64)
    np.add.at(sums, split, balance)
    held[:, 0] += sign * counts.sum(axis=1)
    held[:, 1:3] += sign * counts[:, ::-2]
    held[:, 3:] += sign * sums.reshape(-1, 3)[:, ::-2]
