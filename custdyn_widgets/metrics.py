"""The pandas core: reduced frames → exact sums per class, currency and bucket; additive, pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .definitions import ACTIVE, ALL, OVERALL_ACTIVE

Ints = npt.NDArray[np.int64]
Numbers = npt.NDArray[Any]  # int64, or Python integers where those do not suffice
MICROSECOND = timedelta(microseconds=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = np.iinfo(np.int64).min
CLASSES = (ACTIVE, OVERALL_ACTIVE, ALL)
EVERYONE = "everyone"
"""All clients that pass the filters, closed or not: to check that opening + flows = closing."""


@dataclass(frozen=True)
class ClassSums:
    """Sums over the clients of one class and currency, one value a bucket, amounts unscaled."""

    quantity: Numbers
    positives: Numbers
    negatives: Numbers
    positive: Numbers
    negative: Numbers
    balance: Numbers

    def __add__(self, other: ClassSums) -> ClassSums:
        return ClassSums(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))

    def __iter__(self) -> Any:
        return iter(vars(self).values())


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
) -> Sums:
    """Quantities and balances of the three classes of clients, bucket by bucket.

    `clients`: one row a client that passes the filters, numbered 0 … n-1 by position, with
    `currency`, `created` and `closed` (int64 µs since 1970; `closed` is the largest int64 where
    it is open). `changes`: `client` (its position), `bucket` (0 = all before the period, then
    1 …), `amount` (unscaled integers) and `paid` (µs of the last paid use, `NEVER` if none), at
    most one row a client and bucket, in any order. `ends` are the ends of the buckets, and
    `active_from` the starts of their activity windows; both never go back.
    """
    buckets = len(ends)
    end_marks = _marks(ends)
    currencies, currency = np.unique(clients["currency"].to_numpy(object), return_inverse=True)
    grid = _Grid(list(currencies), buckets)
    created = np.searchsorted(end_marks, clients["created"].to_numpy(np.int64), "right")
    closed = np.searchsorted(end_marks, clients["closed"].to_numpy(np.int64), "right")

    client, starts, stops, balance, paid = _runs(changes, len(clients), buckets)
    # before its first entry, and without any, a client holds 0 from its creation on
    entered = np.full(len(clients), buckets, np.int64)
    np.minimum.at(entered, client, starts)
    exists = np.minimum(created, entered)
    open_until = np.minimum(stops, closed[client])
    used = paid != NEVER
    window_ends = np.searchsorted(_marks(active_from), paid, "right")
    owner = currency[client]
    shut = np.maximum(starts, open_until)  # a closed client's balance is there, but shown no more
    idle = np.zeros(len(clients), np.int64)
    overall = grid.spread(owner, starts, np.where(used, open_until, 0), balance)
    everybody = _added(
        overall,
        grid.spread(owner, starts, np.where(used, 0, open_until), balance),
        grid.spread(currency, exists, np.minimum(entered, closed), idle),
    )
    active = grid.spread(
        owner, starts, np.where(used, np.minimum(open_until, window_ends), 0), balance
    )
    return {
        **_named(ACTIVE, active),
        **_named(OVERALL_ACTIVE, overall),
        **_named(ALL, everybody),
        **_named(EVERYONE, _added(everybody, grid.spread(owner, shut, stops, balance))),
    }


def _named(name: str, by_currency: dict[str, ClassSums]) -> Sums:
    return {(name, currency): sums for currency, sums in by_currency.items()}


def _added(*parts: dict[str, ClassSums]) -> dict[str, ClassSums]:
    return {
        currency: sum((part[currency] for part in parts[1:]), parts[0][currency])
        for currency in parts[0]
    }


def exact_sums(keys: Ints, values: Numbers, size: int) -> Numbers:
    """Sums of integers by key (0 … size-1), as Python integers: never rounded, never wrapped."""
    totals = np.zeros(size, object)
    if values.dtype == object:
        np.add.at(totals, keys, values)
        return totals
    if not len(values):
        return totals
    # floats count exactly up to 2**53: sum pieces of the values that are small enough for that
    width = 52 - len(values).bit_length()
    largest = max(int(values.max()), -int(values.min()))
    shift = 0
    rest = values
    while True:
        last = largest >> shift < 1 << width
        piece = rest if last else rest & ((1 << width) - 1)
        part = np.bincount(keys, weights=piece, minlength=size)
        totals += part.astype(np.int64).astype(object) << shift
        if last:
            return totals
        rest = rest >> width
        shift += width


def _runs(
    changes: pd.DataFrame, clients: int, buckets: int
) -> tuple[Ints, Ints, Ints, Numbers, Ints]:
    """For each change the buckets `[start, stop)` until the next: client, balance, last paid."""
    key = changes["client"].to_numpy(np.int64) * (buckets + 1)
    key += changes["bucket"].to_numpy(np.int64)
    order = _order(key, clients * (buckets + 1))
    client = changes["client"].to_numpy(np.int64)[order]
    column = changes["bucket"].to_numpy(np.int64)[order]
    if not len(order):
        nothing = np.zeros(0, np.int64)
        return client, nothing, nothing, nothing, nothing
    first = np.flatnonzero(np.concatenate(([True], client[1:] != client[:-1])))
    sizes = np.diff(np.append(first, len(client)))
    balance = _running(changes["amount"].to_numpy()[order], first, sizes)
    paid = changes["paid"].to_numpy(np.int64)[order]
    # uses are later in later buckets: the last one so far is the last row that has one
    latest = np.maximum.accumulate(np.where(paid == NEVER, -1, np.arange(len(paid))))
    paid = np.where(latest >= np.repeat(first, sizes), paid[latest], NEVER)
    starts = np.maximum(column - 1, 0)
    stops = np.append(starts[1:], buckets)
    stops[np.append(first[1:], len(client)) - 1] = buckets
    return client, starts, stops, balance, paid


def _running(amounts: Numbers, first: Ints, sizes: Ints) -> Numbers:
    """Running sums that start anew at each client, in wider integers where int64 may not do."""
    if amounts.dtype != object:
        bound = np.add.reduceat(np.abs(amounts.astype(float)), first).max()
        if bound >= 2.0**62:
            amounts = amounts.astype(object)
    total = np.cumsum(amounts)  # may wrap in int64: differences within a client are right again
    before = total[first] - amounts[first]
    running: Numbers = total - np.repeat(before, sizes)
    return running


def _order(key: Ints, size: int) -> Ints:
    """The order that sorts distinct keys below `size`: by place where they are dense."""
    if len(key) * 8 < size:
        return np.argsort(key)
    place: Ints = np.full(size, -1, np.int64)
    place[key] = np.arange(len(key))
    return place[place >= 0]


def _marks(instants: Sequence[datetime]) -> Ints:
    return np.array([microseconds(instant) for instant in instants], np.int64)


class _Grid:
    """Adds runs of buckets up by currency: at a run's start its value enters, at its end leaves."""

    def __init__(self, currencies: list[str], buckets: int) -> None:
        self.currencies = currencies
        self.buckets = buckets

    def spread(
        self, currency: Ints, starts: Ints, stops: Ints, balance: Numbers
    ) -> dict[str, ClassSums]:
        kept = np.flatnonzero(starts < stops)
        currency, starts, stops, balance = (
            values[kept] for values in (currency, starts, stops, balance)
        )
        enter = currency * (self.buckets + 1) + starts
        leave = currency * (self.buckets + 1) + stops
        above, below = balance > 0, balance < 0
        every = self._summed(enter, leave, np.ones(len(kept), np.int64))
        figures = (
            every,
            self._summed(enter[above], leave[above], np.ones(np.count_nonzero(above), np.int64)),
            self._summed(enter[below], leave[below], np.ones(np.count_nonzero(below), np.int64)),
            self._summed(enter[above], leave[above], balance[above]),
            self._summed(enter[below], leave[below], balance[below]),
            self._summed(enter, leave, balance),
        )
        return {
            code: ClassSums(*(figure[position] for figure in figures))
            for position, code in enumerate(self.currencies)
        }

    def _summed(self, enter: Ints, leave: Ints, values: Numbers) -> Numbers:
        size = len(self.currencies) * (self.buckets + 1)
        steps = exact_sums(enter, values, size) - exact_sums(leave, values, size)
        return np.cumsum(steps.reshape(-1, self.buckets + 1), axis=1)[:, :-1]
