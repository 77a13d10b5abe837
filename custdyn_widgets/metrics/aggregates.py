"""Sums over sets of clients by bucket; sums of disjoint sets add up."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from custdyn_widgets.extract.arrays import Flags, Ints, Numbers, is_safe, order

FIGURES = ("quantity", "positives", "negatives", "positive", "negative", "balance")


@dataclass(frozen=True)
class ClientSetSums:
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

    def __add__(self, other: ClientSetSums) -> ClientSetSums:
        added = (
            [one + another for one, another in zip(mine, theirs, strict=True)]
            for mine, theirs in zip(self.figures, other.figures, strict=True)
        )
        before = (one + another for one, another in zip(self.before, other.before, strict=True))
        return ClientSetSums(tuple(added), tuple(before))


Sums = dict[tuple[str, str], ClientSetSums]
"""(group, currency) → its sums. Sums of disjoint sets of clients add up with `merged`."""


def merged(one: Sums, other: Sums) -> Sums:
    """The sums over two disjoint sets of clients together."""
    both = dict(one)
    for key, sums in other.items():
        both[key] = both[key] + sums if key in both else sums
    return both


@dataclass(frozen=True)
class Rows:
    """Changes, as columns: the client's place among others, and what moved in a bucket."""

    column: Ints
    bucket: Ints
    amount: Numbers
    paid: Ints

    def __len__(self) -> int:
        return len(self.column)

    @property
    def size(self) -> npt.NDArray[np.float64]:
        """How far each change is from nothing."""
        size: npt.NDArray[np.float64] = np.abs(self.amount.astype(float))
        return size

    @cached_property
    def is_safe(self) -> bool:
        """Whether int64 holds every sum of them."""
        return is_safe(self.amount)

    def by_bucket(self) -> Rows:
        """The same, bucket by bucket."""
        if not (self.bucket[1:] < self.bucket[:-1]).any():
            return self
        return self._kept(order(self.bucket))

    def sliced(self, width: int, slices: int) -> Iterator[Rows]:
        """Those of the first `width` clients, of the next ones …, numbered within each slice."""
        if slices <= 1:
            yield from [self] * slices
            return
        number = self.column // width
        ends = np.cumsum(np.bincount(number, minlength=slices))
        for place, kept in enumerate(np.split(order(number), ends[:-1])):
            own = self._kept(kept)
            yield replace(own, column=own.column - place * width)

    def _kept(self, rows: Ints) -> Rows:
        return Rows(self.column[rows], self.bucket[rows], self.amount[rows], self.paid[rows])


def figures(flags: Flags, balance: Numbers, total: Total) -> tuple[int, ...]:
    """FIGURES of the clients that are flagged."""
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
class Total:
    """Sums integers exactly; `split` where int64 might not hold the sum."""

    split: bool

    def __call__(self, values: Numbers) -> int:
        """The sum."""
        if not self.split:
            return int(values.sum())
        return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())
