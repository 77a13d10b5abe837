"""The pandas core: reduced frames → exact sums per group, currency and bucket; additive, pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .groups import GROUPS, NEVER, SAFE, Edge, Flags, Ints, Numbers, Standing

MOST_CELLS = 1 << 24
"""Clients × buckets that are worked on at once: 17 bytes each."""
MOST_CLIENTS = 1 << 16
"""Clients that are added up at once: their vectors stay in a processor's cache."""


FIGURES = ("quantity", "positives", "negatives", "positive", "negative", "balance")


@dataclass(frozen=True)
class GroupSums:
    """Sums over the clients of one group and currency: for each of FIGURES one integer a bucket.

    `quantity` counts the clients, `positives` and `negatives` those with such a balance;
    `positive`, `negative` and `balance` are sums of balances, unscaled. `before` are the figures
    at the end of the bucket before the first.
    """

    figures: tuple[list[int], ...]
    before: tuple[int, ...] = (0,) * len(FIGURES)

    def __getitem__(self, figure: str) -> list[int]:
        return self.figures[FIGURES.index(figure)]

    def opening(self, figure: str) -> int:
        """A figure at the end of the bucket before the first."""
        return self.before[FIGURES.index(figure)]

    def through(self, figure: str) -> list[int]:
        """A figure at the end of the bucket before the first, then of each bucket."""
        return [self.opening(figure), *self[figure]]

    def __add__(self, other: GroupSums) -> GroupSums:
        added = (
            [one + another for one, another in zip(mine, theirs, strict=True)]
            for mine, theirs in zip(self.figures, other.figures, strict=True)
        )
        before = (one + another for one, another in zip(self.before, other.before, strict=True))
        return GroupSums(tuple(added), tuple(before))


Sums = dict[tuple[str, str], GroupSums]
"""(group, currency) → its sums. Sums of disjoint sets of clients add up with `merged`."""


def merged(one: Sums, other: Sums) -> Sums:
    """The sums over two disjoint sets of clients together."""
    both = dict(one)
    for key, sums in other.items():
        both[key] = both[key] + sums if key in both else sums
    return both


def client_sums(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    edges: Sequence[Edge],
    groups: Sequence[str],
    between: Callable[[], None] = lambda: None,
) -> Sums:
    """Quantities and balances of groups of clients, bucket by bucket.

    `clients`: one row a client that passes the filters, numbered 0 … n-1 by position, with
    `currency`, `created` and `closed` (int64 µs since 1970; `closed` is the largest int64 where
    it is open). `changes`: `client` (its position), `bucket` (0 = all before the period, then
    1 …), `amount` (unscaled integers) and `paid` (µs of the last paid use, `NEVER` if none), at
    most one row a client and bucket, in any order. `edges` begin with that of the bucket before
    the first; `groups` are names of GROUPS. `between` is called now and then: what it raises
    stops the work.
    """
    sums: Sums = {}
    for members, block in _blocks(clients, changes, len(edges), between):
        for currency, first, last in _runs(members["currency"]):
            between()
            part = block.sums(members.iloc[first:last], slice(first, last), edges, groups)
            sums = merged(sums, {(name, currency): one for name, one in part.items()})
    return sums


def walk(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    edges: Sequence[Edge],
    between: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Ints, Iterator[tuple[Standing, Standing]]]]:
    """The clients in slices: their positions, and how they stand from bucket to bucket.

    For each of `edges`: now, and at the end of the bucket before (see `_Block.pairs`). The rest
    as for `client_sums`; changes after the last of `edges` are left out.
    """
    told = changes[changes["bucket"] < len(edges)]
    for members, block in _blocks(clients, told, len(edges), between):
        pairs = block.pairs(members, slice(0, len(members)), edges)
        yield members.index.to_numpy(np.int64), pairs


def _blocks(
    clients: pd.DataFrame, changes: pd.DataFrame, edges: int, between: Callable[[], None]
) -> Iterator[tuple[pd.DataFrame, _Block]]:
    """Slices of the clients, by currency, each with its dense arrays."""
    by_currency = clients.sort_values("currency", kind="stable")
    column = np.empty(len(clients), np.int64)
    column[by_currency.index.to_numpy()] = np.arange(len(clients))
    rows = _Rows(
        column[changes["client"].to_numpy(np.int64)],
        changes["bucket"].to_numpy(np.int64),
        changes["amount"].to_numpy(),
        changes["paid"].to_numpy(np.int64),
    )
    width = max(MOST_CELLS // edges, 1)
    starts = range(0, len(clients), width)
    for low, own in zip(starts, rows.sliced(width, len(starts)), strict=True):
        between()
        members = by_currency.iloc[low : low + width]
        yield members, _Block.of(own, len(members), edges)


def _runs(currency: pd.Series[str]) -> Iterator[tuple[str, int, int]]:
    """Stretches of one currency, of MOST_CLIENTS at the most."""
    coded = currency.astype("category").cat
    edges = [*np.flatnonzero(np.diff(coded.codes, prepend=-1)), len(currency)]
    for first, last in itertools.pairwise(edges):
        for start in range(first, last, MOST_CLIENTS):
            yield str(currency.iloc[first]), start, min(start + MOST_CLIENTS, last)


@dataclass(frozen=True)
class _Rows:
    """The changes, as columns: the client's column in a block, and what moved."""

    column: Ints
    bucket: Ints
    amount: Numbers
    paid: Ints

    def sliced(self, width: int, slices: int) -> Iterator[_Rows]:
        """Those of the first `width` clients, of the next ones …, numbered within each slice."""
        if slices <= 1:
            yield from [self] * slices
            return
        number = self.column // width
        small = number.astype(np.uint16) if slices <= 1 << 16 else number  # sorted by its digits
        order = np.argsort(small, kind="stable")
        ends = np.cumsum(np.bincount(number, minlength=slices))
        for place, kept in enumerate(np.split(order, ends[:-1])):
            column = self.column[kept] - place * width
            yield _Rows(column, self.bucket[kept], self.amount[kept], self.paid[kept])


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
    def of(cls, rows: _Rows, clients: int, edges: int) -> _Block:
        amount = rows.amount
        size = np.abs(amount.astype(float))
        split = float(size.sum()) >= SAFE
        if split and np.bincount(rows.column, weights=size).max() >= SAFE:
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
    ) -> Iterator[tuple[Standing, Standing]]:
        """How the clients stand at the end of each bucket, and stood at that of the one before.

        Balance and last paid use are carried from bucket to bucket. The first pair is that of
        the bucket before the first, twice.
        """
        lives = clients["created"].to_numpy(np.int64), clients["closed"].to_numpy(np.int64)
        now: Standing | None = None
        for number, edge in enumerate(edges):
            balance, paid = self.moved[number, at], self.paid[number, at]
            entered = self.touched[number, at]
            before = now
            if before is not None:
                balance = before.balance + balance
                paid = np.maximum(before.paid, paid)
                entered = before.entered | entered
            now = Standing.at(edge, lives, balance, paid, entered)
            yield now, before or now

    def sums(
        self, clients: pd.DataFrame, at: slice, edges: Sequence[Edge], groups: Sequence[str]
    ) -> dict[str, GroupSums]:
        """The figures of each group."""
        total = _Total(self.split)
        found: dict[str, list[tuple[int, ...]]] = {name: [] for name in groups}
        for now, before in self.pairs(clients, at, edges):
            for name, listed in found.items():
                group = GROUPS[name]
                balance = (before if group.before else now).balance
                listed.append(_figures(group.members(now, before), balance, total))
        return {
            name: GroupSums(tuple(map(list, zip(*listed, strict=True))), first)
            for name, (first, *listed) in found.items()
        }


def _figures(flags: Flags, balance: Numbers, total: _Total) -> tuple[int, ...]:
    held = np.where(flags, balance, 0)
    return (
        int(np.count_nonzero(flags)),
        int(np.count_nonzero(held > 0)),
        int(np.count_nonzero(held < 0)),
        total(np.maximum(held, 0)),
        total(np.minimum(held, 0)),
        total(held),
    )


@dataclass(frozen=True)
class _Total:
    """Sums integers exactly; `split` where int64 might not hold the sum."""

    split: bool

    def __call__(self, values: Numbers) -> int:
        if not self.split:
            return int(values.sum())
        return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
