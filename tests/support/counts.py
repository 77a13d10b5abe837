"""How many of the cases of a test are of `make test`; the others are of the long suite."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def some(cases: Iterable[Any], kept: int) -> list[Any]:
    """The cases of a test: `kept` of them, evenly spread, are of `make test`, the others long."""
    each = [case if isinstance(case, tuple) else (case,) for case in cases]
    short = {place * len(each) // kept for place in range(kept)}
    return [
        pytest.param(*case, marks=[] if place in short else pytest.mark.long)
        for place, case in enumerate(each)
    ]
