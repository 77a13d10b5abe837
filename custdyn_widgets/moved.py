"""What moved of each client, bucket by bucket, as columns: from whatever the engine answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from .arrow import microseconds_or, positions, unscaled
from .groups import NEVER, SAFE, Ints, Numbers

MOST_SPARSE = 8
"""Cells for each row up to which a dense array is faster than sorting."""


@dataclass(frozen=True)
class Moved:
    """Changes of balances, one row a client and bucket in which it has an entry, in any order.

    `client` is the client's position among others, -1 where it is not among them; `bucket` is 0
    for everything before the period, then 1 …; `amount` is unscaled, with `scale` decimals; `paid`
    is the last paid use, in µs since 1970 (NEVER: none).
    """

    client: Ints
    bucket: Ints
    amount: Numbers
    paid: Ints
    scale: int

    def __len__(self) -> int:
        return len(self.client)

    @property
    def nbytes(self) -> int:
        """What the columns take, in bytes."""
        return sum(one.nbytes for one in (self.client, self.bucket, self.amount, self.paid))

    @classmethod
    def of(cls, table: pa.Table, clients: pa.ChunkedArray, bucket: int | None = None) -> Moved:
        """From rows `client_id`, `bucket` (or all of one bucket), `amount`, `paid_at`.

        `clients` are distinct ids.
        """
        if bucket is None:
            buckets = np.asarray(table["bucket"].to_numpy(), np.int64)
        else:
            buckets = np.full(table.num_rows, bucket, np.int64)
        return cls(
            positions(table["client_id"], clients),
            buckets,
            unscaled(table["amount"]),
            microseconds_or(table["paid_at"], NEVER),
            table["amount"].type.scale,
        )

    def gathered(self) -> Moved:
        """The rows of near clients together: what is done with them then stays in the cache."""
        near = (self.client >> max(int(self.client.max(initial=0)).bit_length() - 16, 0)) + 1
        order = np.argsort(near.astype(np.uint16), kind="stable")  # by its digits, in linear time
        return Moved(
            self.client[order], self.bucket[order], self.amount[order], self.paid[order], self.scale
        )

    def merged(self, buckets: Ints, clients: int) -> Moved:
        """By coarser buckets: `buckets` says for each bucket which it becomes.

        `clients` is how many there are; what is not of one of them is not kept apart.
        """
        width = int(buckets.max(initial=0)) + 1
        place = (self.client + 1) * width + buckets[self.bucket]  # who is not there comes first
        cells = (clients + 1) * width
        if cells <= MOST_SPARSE * len(place):
            touched = np.zeros(cells, np.bool_)
            touched[place] = True
            rows = np.flatnonzero(touched)
        else:
            rows, place = np.unique(place, return_inverse=True)
            cells = len(rows)
        moved = self.amount
        if float(np.abs(moved.astype(float)).sum()) >= SAFE:
            moved = moved.astype(object)  # int64 might not hold a sum
        amount, paid = np.zeros(cells, moved.dtype), np.full(cells, NEVER, np.int64)
        np.add.at(amount, place, moved)
        np.maximum.at(paid, place, self.paid)
        if cells != len(rows):
            amount, paid = amount[rows], paid[rows]
        client, bucket = np.divmod(rows, width)
        return Moved(client - 1, bucket, amount, paid, self.scale)


def joined(parts: Iterable[Moved]) -> Moved:
    """Parts of one scale that share no client and bucket, as one."""
    listed = list(parts)
    return Moved(
        np.concatenate([one.client for one in listed]),
        np.concatenate([one.bucket for one in listed]),
        np.concatenate([one.amount for one in listed]),
        np.concatenate([one.paid for one in listed]),
        listed[0].scale,
    )
