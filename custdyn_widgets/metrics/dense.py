"""Sums by client set, currency and bucket, with dense arrays (pandas)."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from custdyn_widgets.extract.arrays import NEVER, SAFE, Flags, Ints, Numbers
from custdyn_widgets.metrics.aggregates import ClientSetSums, Rows, Sums, Total, figures, merged
from custdyn_widgets.metrics.client_sets import CLIENT_SETS, ClientState
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.metrics.incremental import incremental_sums
from custdyn_widgets.metrics.recency import MAX_BYTES, Cuts, Recency, recency

FEW = 3
"""Cells (clients × buckets) for each change from which on only clients that are due are seen."""
MAX_CELLS = 1 << 24
"""Clients × buckets that are worked on at once: 17 bytes each."""
MAX_CLIENTS = 1 << 16
"""Clients that are added up at once: their vectors stay in a processor's cache."""


def client_set_sums(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    edges: Sequence[Edge],
    groups: Sequence[str],
    checkpoint: Callable[[], None] = lambda: None,
) -> Sums:
    """Quantities and balances of groups of clients, bucket by bucket.

    `clients`: one row a client that passes the filters, numbered 0 … n-1 by position, with
    `currency`, `created` and `closed` (int64 µs since 1970; `closed` is the largest int64 where
    it is open). `changes`: `client` (its position), `bucket` (0 = all before the period, then
    1 …), `amount` (unscaled integers) and `paid` (µs of the last paid use, `NEVER` if none), at
    most one row a client and bucket, in any order. `edges` begin with that of the bucket before
    the first; `groups` are names of GROUPS. `checkpoint` is called now and then: what it raises
    stops the work.
    """
    sums: Sums = {}
    by_currency, rows = _arranged(clients, changes)
    if _few_move(clients, changes, edges) and rows.is_safe:
        runs = [*_runs(by_currency["currency"], len(clients))]
        return incremental_sums(
            by_currency, rows.by_bucket(), runs, edges=edges, groups=groups, checkpoint=checkpoint
        )
    for members, block in _blocks(by_currency, rows, len(edges), checkpoint):
        for currency, first, last in _runs(members["currency"], MAX_CLIENTS):
            checkpoint()
            part = block.sums(members.iloc[first:last], slice(first, last), edges, groups)
            sums = merged(sums, {(name, currency): one for name, one in part.items()})
    return sums


def recent(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    edges: Sequence[Edge],
    cuts: Cuts,
    most: int = MAX_BYTES,
    checkpoint: Callable[[], None] = lambda: None,
) -> Recency | None:
    """The clients by their last paid use, cut at `cuts`: see `Cuts`.

    None where many move in a bucket, where it would take more than `most` bytes, or where int64
    might not hold the sums. The rest as for `client_set_sums`.
    """
    if not _few_move(clients, changes, edges):
        return None
    by_currency, rows = _arranged(clients, changes)
    if not rows.is_safe:
        return None
    runs = [*_runs(by_currency["currency"], len(clients))]
    ends = [edge.end for edge in edges]
    return recency(
        by_currency, rows.by_bucket(), runs, ends=ends, cuts=cuts, most=most, checkpoint=checkpoint
    )


def _few_move(clients: pd.DataFrame, changes: pd.DataFrame, edges: Sequence[Edge]) -> bool:
    return len(changes) * FEW <= len(clients) * len(edges)


def client_states(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    edges: Sequence[Edge],
    checkpoint: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Ints, Iterator[tuple[ClientState, ClientState]]]]:
    """The clients in slices: their positions, and how they stand from bucket to bucket.

    For each of `edges`: now, and at the end of the bucket before (see `_Block.pairs`). The rest
    as for `client_set_sums`; changes after the last of `edges` are left out.
    """
    inside = changes[changes["bucket"] < len(edges)]
    for members, block in _blocks(*_arranged(clients, inside), len(edges), checkpoint):
        pairs = block.pairs(members, slice(0, len(members)), edges)
        yield members.index.to_numpy(np.int64), pairs


def _arranged(clients: pd.DataFrame, changes: pd.DataFrame) -> tuple[pd.DataFrame, Rows]:
    """The clients by currency, and the changes with the column of each client."""
    by_currency = clients.sort_values("currency", kind="stable")
    place, client = by_currency.index.to_numpy(), changes["client"].to_numpy(np.int64)
    if (place[1:] < place[:-1]).any():  # else they come so already
        column = np.empty(len(clients), np.int64)
        column[place] = np.arange(len(clients))
        client = column[client]
    rows = Rows(
        client,
        changes["bucket"].to_numpy(np.int64),
        changes["amount"].to_numpy(),
        changes["paid"].to_numpy(np.int64),
    )
    return by_currency, rows


def _blocks(
    clients: pd.DataFrame, rows: Rows, edges: int, checkpoint: Callable[[], None]
) -> Iterator[tuple[pd.DataFrame, _Block]]:
    """Slices of the clients, each with its dense arrays."""
    width = max(MAX_CELLS // edges, 1)
    starts = range(0, len(clients), width)
    for low, own in zip(starts, rows.sliced(width, len(starts)), strict=True):
        checkpoint()
        members = clients.iloc[low : low + width]
        yield members, _Block.of(own, len(members), edges)


def _runs(currency: pd.Series[str], most: int) -> Iterator[tuple[str, int, int]]:
    """Stretches of one currency, of at most that many clients."""
    coded = currency.astype("category").cat
    edges = [*np.flatnonzero(np.diff(coded.codes, prepend=-1)), len(currency)]
    for first, last in itertools.pairwise(edges):
        for start in range(first, last, most):
            yield str(currency.iloc[first]), start, min(start + most, last)


@dataclass(frozen=True)
class _Block:
    """Dense arrays, bucket × client: what moved, the last paid use, whether there is an entry.

    `split` says that int64 may not hold a sum over clients.
    """

    moved: Numbers
    paid: Ints
    touched: Flags
    split: bool

    @classmethod
    def of(cls, rows: Rows, clients: int, edges: int) -> _Block:
        amount = rows.amount
        split = not rows.is_safe
        if split and np.bincount(rows.column, weights=rows.size).max(initial=0) >= SAFE:
            amount = amount.astype(object)  # nor a single client's balance
        shape = (edges, clients)
        moved, touched = np.zeros(shape, amount.dtype), np.zeros(shape, np.bool_)
        paid = np.full(shape, NEVER, np.int64)
        place = rows.bucket * clients + rows.column
        moved.ravel()[place] = amount
        paid.ravel()[place] = rows.paid
        touched.ravel()[place] = True
        return cls(moved, paid, touched, split and amount.dtype != object)

    def pairs(
        self, clients: pd.DataFrame, at: slice, edges: Sequence[Edge]
    ) -> Iterator[tuple[ClientState, ClientState]]:
        """How the clients stand at the end of each bucket, and stood at that of the one before.

        Balance and last paid use are carried from bucket to bucket. The first pair is that of
        the bucket before the first, twice.
        """
        lives = clients["created"].to_numpy(np.int64), clients["closed"].to_numpy(np.int64)
        now: ClientState | None = None
        for number, edge in enumerate(edges):
            balance, paid = self.moved[number, at], self.paid[number, at]
            entered = self.touched[number, at]
            before = now
            if before is not None:
                balance = before.balance + balance
                paid = np.maximum(before.paid, paid)
                entered = before.entered | entered
            now = ClientState.at(edge, lives, balance, paid, entered)
            yield now, before or now

    def sums(
        self, clients: pd.DataFrame, at: slice, edges: Sequence[Edge], groups: Sequence[str]
    ) -> dict[str, ClientSetSums]:
        """The figures of each group."""
        total = Total(self.split)
        found: dict[str, list[tuple[int, ...]]] = {name: [] for name in groups}
        for now, before in self.pairs(clients, at, edges):
            for name, listed in found.items():
                listed.append(figures(*CLIENT_SETS[name].held(now, before), total))
        return {
            name: ClientSetSums(tuple(map(list, zip(*listed, strict=True))), first)
            for name, (first, *listed) in found.items()
        }
