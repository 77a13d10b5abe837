"""The balance changes per client and bucket, as columns."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from custdyn_widgets.extract.arrays import (
    NEVER,
    Ints,
    Numbers,
    is_safe,
    microseconds_or,
    positions,
    unscaled,
)

MAX = int(np.iinfo(np.int64).max)
MAX_SPARSE = 3
"""Cells for each row up to which a dense array is faster than sorting."""


@dataclass(frozen=True)
class ChangeTable:
    """Changes of balances, in any order: one row a client and bucket in which it has an entry.

    (Or one an entry, until they are `added_up`.)

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
    def of(
        cls, table: pa.Table, clients: pa.ChunkedArray, bucket: int | None = None
    ) -> ChangeTable:
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

    def merged(self, buckets: Ints, clients: int) -> ChangeTable:
        """By coarser buckets: `buckets` says for each bucket which it becomes."""
        return replace(self, bucket=buckets[self.bucket]).added_up(clients)

    def added_up(self, clients: int) -> ChangeTable:
        """Rows of the same client and bucket as one; by bucket, then client.

        `clients` is how many there are; what is not of one of them is not kept apart.
        """
        if not len(self):
            return self
        low, width = int(self.bucket.min()), clients + 1
        place = (self.bucket - low) * width + (self.client + 1)  # who is not there comes first
        cells = (int(self.bucket.max()) - low + 1) * width
        amount = self.amount if is_safe(self.amount) else self.amount.astype(object)
        if cells <= MAX_SPARSE * len(self):
            rows, amount, paid = _by_table(place, amount, self.paid, cells)
        else:
            rows, amount, paid = _by_order(place, amount, self.paid)
        if amount.dtype == object and not any(abs(one) > MAX for one in amount):
            amount = amount.astype(np.int64)
        bucket, client = np.divmod(rows, width)
        return ChangeTable(client - 1, bucket + low, amount, paid, self.scale)


def _by_table(place: Ints, amount: Numbers, paid: Ints, cells: int) -> tuple[Ints, Numbers, Ints]:
    """The cells that are there, in their order, with their sum and their last use."""
    touched = np.zeros(cells, np.bool_)
    sums, last = np.zeros(cells, amount.dtype), np.full(cells, NEVER, np.int64)
    touched[place] = True
    np.add.at(sums, place, amount)
    np.maximum.at(last, place, paid)
    rows = np.flatnonzero(touched)
    return (rows, sums, last) if len(rows) == cells else (rows, sums[rows], last[rows])


def _by_order(place: Ints, amount: Numbers, paid: Ints) -> tuple[Ints, Numbers, Ints]:
    """As `_by_table`, for few rows in many cells."""
    bits = len(place).bit_length()
    if int(place.max()) >> (62 - bits):
        rows = np.argsort(place)
        place = place[rows]
    else:  # sorted with its number behind it, it need not be fetched again
        numbered = (place << bits) | np.arange(len(place))
        numbered.sort()
        place, rows = numbered >> bits, numbered & ((1 << bits) - 1)
    first = np.flatnonzero(np.diff(place, prepend=-1))
    sums = np.add.reduceat(amount[rows], first)
    return place[first], sums, np.maximum.reduceat(paid[rows], first)


class ChangeTableBuilder:
    """Parts that become one while they arrive; no two of them share a client and bucket.

    There is room for about `rest` rows, and for `first` of the last part, which come before them:
    so little is left to do when the last has arrived.
    """

    def __init__(self, first: int, rest: int) -> None:
        self._first, self._end = first, first
        self._columns: list[Numbers] = [np.empty(first + rest, np.int64) for _ in range(4)]
        self._scales = set[int]()

    def add(self, part: ChangeTable) -> None:
        """Takes the next part."""
        self._put(self._end, part)
        self._end += len(part)

    def whole(self, last: ChangeTable) -> ChangeTable:
        """All of them, the last one first; raises ValueError unless they are of one scale."""
        if len(last) > self._first:
            more = len(last) - self._first
            self._columns = [np.pad(one[: self._end], (more, 0)) for one in self._columns]
            self._first, self._end = self._first + more, self._end + more
        start = self._first - len(last)
        self._put(start, last)
        (scale,) = self._scales
        client, bucket, amount, paid = (one[start : self._end] for one in self._columns)
        return ChangeTable(client, bucket, amount, paid, scale)

    def _put(self, at: int, part: ChangeTable) -> None:
        """Writes a part; room is made for it."""
        self._scales.add(part.scale)
        end = at + len(part)
        for place, own in enumerate((part.client, part.bucket, part.amount, part.paid)):
            if (missing := end - len(self._columns[place])) > 0:
                more = max(missing, len(self._columns[place]))  # so that it is seldom copied
                self._columns[place] = np.pad(self._columns[place], (0, more))
            if own.dtype == object:
                self._columns[place] = self._columns[place].astype(object)
            self._columns[place][at:end] = own
