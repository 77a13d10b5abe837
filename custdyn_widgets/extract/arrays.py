"""Integer arrays: types, overflow, order in linear time, conversion from Arrow."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]  # int64, or Python integers where those do not suffice
SAFE = 2.0**62
"""Below it, a float's error cannot hide that int64 overflows."""
_DIGITS = 1 << 16
NEVER = int(np.iinfo(np.int64).min)
"""The instant of what never happened."""
Checksum = tuple[int, ...]


def is_safe(numbers: Numbers) -> bool:
    """Whether int64 holds the sum of any of these."""
    if numbers.dtype == object:
        return False
    most = max(-int(numbers.min(initial=0)), int(numbers.max(initial=0)))
    return most * len(numbers) < SAFE or float(np.abs(numbers.astype(float)).sum()) < SAFE


def order(numbers: Ints) -> Ints:
    """The places of numbers from 0 on in their order, equal ones as they stand."""
    small = numbers.astype(np.uint16) if numbers.max(initial=0) < _DIGITS else numbers
    return np.argsort(small, kind="stable")  # a small one is sorted by its digits


def unscaled(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """The integers behind a decimal column, amount × 10**scale.

    int64, or Python integers where one of them is wider. No value may be null.
    """
    if not pa.types.is_decimal128(column.type):
        column = column.cast(pa.decimal128(38, column.type.scale))
    parts = [_integers(chunk) for chunk in column.chunks if len(chunk)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def _integers(array: pa.Array) -> npt.NDArray[Any]:
    halves = np.frombuffer(array.buffers()[1], np.int64)
    halves = halves[2 * array.offset : 2 * (array.offset + len(array))]
    low, high = halves[0::2], halves[1::2]
    if np.array_equal(low >> 63, high):  # the upper half only repeats the sign
        return low
    wide: npt.NDArray[Any] = (high.astype(object) << 64) + low.view(np.uint64).astype(object)
    return wide


def microseconds_or(column: pa.ChunkedArray, missing: int) -> npt.NDArray[np.int64]:
    """Instants as microseconds since 1970; `missing` where there is none."""
    whole = column.cast(pa.timestamp("us")).cast(pa.int64())
    return np.asarray(pc.fill_null(whole, missing).to_numpy(), np.int64)


def positions(column: pa.ChunkedArray, among: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    """Where each value stands in `among`, whose values are distinct; -1 where it does not."""
    if pa.types.is_integer(among.type) and len(among):
        low, high = (bound.as_py() for bound in pc.min_max(among).values())
        if high - low < 8 * len(among):  # nearly dense numbers: a table is faster than hashing
            table = np.full(high - low + 3, -1, np.int64)
            table[among.to_numpy() - low + 1] = np.arange(len(among))
            place = np.clip(column.to_numpy(), low - 1, high + 1) - low + 1
            return np.asarray(table[place], np.int64)
    values = among.combine_chunks() if isinstance(among, pa.ChunkedArray) else among
    found = pc.index_in(column, value_set=values)
    return np.asarray(pc.fill_null(found, -1).to_numpy(), np.int64)
