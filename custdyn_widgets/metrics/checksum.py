"""Checksum of clients and balance changes; checksums of disjoint parts add up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from custdyn_widgets.extract.arrays import NEVER, Checksum, Ints, Numbers, microseconds_or
from custdyn_widgets.extract.clients import ClientData

Words = npt.NDArray[np.uint64]
KEYS = ("custdyn-data-2-a", "custdyn-data-2-b")
"""One for each word of a mark; together they have 128 bits."""
NOTHING: Checksum = (0,) * (len(KEYS) + 2)
AT_ONCE = 1 << 15
_WORD = 1 << 64
_ODD = np.uint64(0x9E3779B97F4A7C15)
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def checksum(client_data: ClientData) -> Checksum:
    """How many clients pass, how many changes they have, and the sums of the hashes of all these.

    Equal data gives equal marks, in any order and in any parts: neither the type of ids nor the
    decimals that amounts are stored with make a difference. They tell whether data has changed;
    they are no seal against forgery.
    """
    passing = client_data.clients["passes"].to_numpy()
    clients = client_data.clients.filter(client_data.clients["passes"])
    number = np.append(np.where(passing, np.cumsum(passing) - 1, -1), -1)
    client = number[client_data.changes.client]
    kept = np.flatnonzero(client >= 0)
    moved = client_data.changes
    lives = [microseconds_or(clients[name], NEVER) for name in ("created_at", "closed_at")]
    ids, currencies = clients["client_id"].cast(pa.string()), clients["currency"]
    who = [_hashed(ids, key) for key in KEYS]
    words = [
        int(_mixed([own, _hashed(currencies, key), *(one.view(np.uint64) for one in lives)]).sum())
        for key, own in zip(KEYS, who, strict=True)
    ]
    for at in range(0, len(kept), AT_ONCE):
        rows = kept[at : at + AT_ONCE]
        mantissa, decimals = _plain(moved.amount[rows], moved.scale)
        columns = [
            moved.bucket[rows].view(np.uint64),
            mantissa,
            decimals.view(np.uint64),
            moved.paid[rows].view(np.uint64),
        ]
        for place, own in enumerate(who):
            words[place] += int(_mixed([own[client[rows]], *columns]).sum())
    return (clients.num_rows, len(kept), *(word % _WORD for word in words))


def added(one: Checksum, other: Checksum) -> Checksum:
    """The marks of two disjoint parts together."""
    counts = (mine + theirs for mine, theirs in zip(one[:2], other[:2], strict=True))
    words = ((mine + theirs) % _WORD for mine, theirs in zip(one[2:], other[2:], strict=True))
    return (*counts, *words)


def _hashed(column: pa.ChunkedArray, key: str) -> Words:
    values = np.asarray(column.to_numpy(), object)
    return np.asarray(pd.util.hash_array(values, hash_key=key, categorize=False), np.uint64)


def _mixed(columns: Sequence[Words]) -> Words:
    """One word of each row's words, in their order."""
    made = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        made = _scattered((made ^ column) + _ODD)
    return made


def _scattered(word: Words) -> Words:
    """Every bit of a word to all of its bits (the finish of splitmix64)."""
    word = (word ^ (word >> np.uint64(30))) * _FIRST
    word = (word ^ (word >> np.uint64(27))) * _SECOND
    return word ^ (word >> np.uint64(31))


def _plain(amount: Numbers, scale: int) -> tuple[Words, Ints]:
    """Amounts without the zeros they end in, as words, and how many decimals stay."""
    amount = amount.copy()
    decimals = np.full(len(amount), scale, np.int64)
    decimals[amount == 0] = 0
    open_ = np.flatnonzero(amount != 0)
    for _ in range(scale):
        tenth = amount[open_] // 10
        ends = tenth * 10 == amount[open_]
        open_ = open_[ends]
        if not len(open_):
            break
        amount[open_] = tenth[ends]
        decimals[open_] -= 1
    return _words(amount), decimals


def _words(values: Numbers) -> Words:
    """Integers of up to 128 bits as words; equal ones are equal, whatever holds them."""
    if values.dtype == object:
        low: list[Any] = [int(value) % _WORD for value in values]
        high: list[Any] = [(int(value) >> 64) % _WORD for value in values]
        upper = np.array(high, np.uint64)
        lower = np.array(low, np.uint64)
    else:
        lower, upper = values.view(np.uint64), (values >> 63).view(np.uint64)
    return lower ^ _scattered(upper)
