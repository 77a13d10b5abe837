"""Whole numbers in arrays: their types, sums that int64 holds, their order in linear time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Numbers = npt.NDArray[Any]  # int64, or Python integers where those do not suffice
SAFE = 2.0**62
"""Below it, a float's error cannot hide that int64 overflows."""
_DIGITS = 1 << 16


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
