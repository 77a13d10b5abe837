"""The pandas core: reduced frames → exact sums per class, currency and bucket; additive, pure."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .definitions import ACTIVE, ALL, OVERALL_ACTIVE

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]  # int64, or Python integers where those do not suffice
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = int(np.iinfo(np.int64).min)
CLASSES = (ACTIVE, OVERALL_ACTIVE, ALL)
EVERYONE = "everyone"
"""All clients that pass the filters, closed or not: to check that opening + flows = closing."""
MOST_CELLS = 1 << 24
"""Clients × buckets that are worked on at once: 17 bytes each."""
MOST_CLIENTS = 1 << 16
"""Clients that are added up at once: their vectors stay in a processor's cache."""
SAFE = 2.0**62
"""Below it, a float's error cannot hide that int64 overflows."""


FIGURES = ("quantity", "positives", "negatives", "positive", "negative", "balance")


@dataclass(frozen=True)
class ClassSums:
    """Sums over the clients of one class and currency: for each of FIGURES one integer a bucket.

    `quantity` counts the clients, `positives` and `negatives` those with such a balance;
    `positive`, `negative` and `balance` are sums of balances, unscaled. `opening` is the balance
    before the first bucket, for EVERYONE only.
    """

    figures: tuple[list[int], ...]
    opening: int = 0

    def __getitem__(self, figure: str) -> list[int]:
        return self.figures[FIGURES.index(figure)]

    def __add__(self, other: ClassSums) -> ClassSums:
        added = (
            [one + another for one, another in zip(mine, theirs, strict=True)]
            for mine, theirs in zip(self.figures, other.figures, strict=True)
        )
        return ClassSums(tuple(added), self.opening + other.opening)


Sums = dict[tuple[str, str], ClassSums]
"""(class, currency) → its sums. Sums of disjoint sets of clients add up with `merged`."""


def merged(one: Sums, other: Sums) -> Sums:
    """The sums over two disjoint sets of clients together."""
    both = dict(one)
    for key, sums in other.items():
        both[key] = both[key] + sums if key in both else sums
    return both


def microseconds(instant: datetime) -> int:
    """Microseconds since 1970 of an aware instant."""
    return (instant - EPOCH) // MICROSECOND


def client_sums(
    clients: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    ends: Sequence[datetime],
    active_from: Sequence[datetime],
    between: Callable[[], None] = lambda: None,
) -> Sums:
    """Quantities and balances of the three classes of clients, bucket by bucket.

    `clients`: one row a client that passes the filters, numbered 0 … n-1 by position, with
    `currency`, `created` and `closed` (int64 µs since 1970; `closed` is the largest int64 where
    it is open). `changes`: `client` (its position), `bucket` (0 = all before the period, then
    1 …), `amount` (unscaled integers) and `paid` (µs of the last paid use, `NEVER` if none), at
    most one row a client and bucket, in any order. `ends` are the ends of the buckets, and
    `active_from` the starts of their activity windows. `between` is called now and then: what it
    raises stops the work.
    """
    by_currency = clients.sort_values("currency", kind="stable")
    column = np.empty(len(clients), np.int64)
    column[by_currency.index.to_numpy()] = np.arange(len(clients))
    rows = _Rows(
        column[changes["client"].to_numpy(np.int64)],
        changes["bucket"].to_numpy(np.int64),
        changes["amount"].to_numpy(),
        changes["paid"].to_numpy(np.int64),
    )
    sums: Sums = {}
    width = max(MOST_CELLS // (len(ends) + 1), 1)
    for low in range(0, len(clients), width):
        between()
        members = by_currency.iloc[low : low + width]
        block = _Block.of(rows.among(low, low + width, len(clients)), len(members), len(ends))
        for currency, first, last in _runs(members["currency"]):
            between()
            part = block.sums(members.iloc[first:last], slice(first, last), ends, active_from)
            sums = merged(sums, {(name, currency): one for name, one in part.items()})
    return sums


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

    def among(self, low: int, high: int, clients: int) -> _Rows:
        if low == 0 and high >= clients:
            return self
        kept = np.flatnonzero((self.column >= low) & (self.column < high))
        return _Rows(self.column[kept] - low, self.bucket[kept], self.amount[kept], self.paid[kept])


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
    def of(cls, rows: _Rows, clients: int, buckets: int) -> _Block:
        amount = rows.amount
        size = np.abs(amount.astype(float))
        split = float(size.sum()) >= SAFE
        if split and np.bincount(rows.column, weights=size).max() >= SAFE:
            amount = amount.astype(object)  # nor a single client's balance
        shape = (buckets + 1, clients)
        moved, touched = np.zeros(shape, amount.dtype), np.zeros(shape, np.bool_)
        paid = np.full(shape, NEVER, np.int64)
        place = rows.bucket * clients + rows.column
        moved.ravel()[place] = amount
        paid.ravel()[place] = rows.paid
        touched.ravel()[place] = True
        return cls(moved, paid, touched, split and amount.dtype != object)

    def sums(
        self,
        clients: pd.DataFrame,
        at: slice,
        ends: Sequence[datetime],
        active_from: Sequence[datetime],
    ) -> dict[str, ClassSums]:
        """Carries balance and last paid use from bucket to bucket, and adds up.

        A client exists from its creation, or its first entry if that is earlier, until closed.
        """
        total = _Total(self.split)
        sums = {name: _empty() for name in (*CLASSES, EVERYONE)}
        created, closed = (clients[name].to_numpy(np.int64) for name in ("created", "closed"))
        everyone = np.ones(len(clients), np.bool_)
        balance, last_paid, entered = self.moved[0, at], self.paid[0, at], self.touched[0, at]
        opening = total(balance)
        for number, (end, start) in enumerate(zip(_marks(ends), _marks(active_from), strict=True)):
            balance = balance + self.moved[number + 1, at]
            last_paid = np.maximum(last_paid, self.paid[number + 1, at])
            entered = entered | self.touched[number + 1, at]
            there = (entered | (created < end)) & (closed >= end)
            used = there & (last_paid != NEVER)
            active = used & (last_paid >= start)
            for name, flags in zip(sums, (active, used, there, everyone), strict=True):
                _append(sums[name], flags, balance, total)
        return {
            name: ClassSums(tuple(lists), opening=opening if name == EVERYONE else 0)
            for name, lists in sums.items()
        }


def _empty() -> list[list[int]]:
    return [[] for _ in FIGURES]


def _append(lists: list[list[int]], flags: Flags, balance: Numbers, total: _Total) -> None:
    held = np.where(flags, balance, 0)
    figures = (
        int(np.count_nonzero(flags)),
        int(np.count_nonzero(held > 0)),
        int(np.count_nonzero(held < 0)),
        total(np.maximum(held, 0)),
        total(np.minimum(held, 0)),
        total(held),
    )
    for figure, listed in zip(figures, lists, strict=True):
        listed.append(figure)


@dataclass(frozen=True)
class _Total:
    """Sums integers exactly; `split` where int64 might not hold the sum."""

    split: bool

    def __call__(self, values: Numbers) -> int:
        if not self.split:
            return int(values.sum())
        return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def _marks(instants: Sequence[datetime]) -> Ints:
    return np.array([microseconds(instant) for instant in instants], np.int64)
