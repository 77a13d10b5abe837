"""jsonschema without the two seconds that its check of IRIs takes to be imported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from types import ModuleType

IRIS = "rfc3987_syntax"
"""Compiles a grammar when it is imported, and jsonschema imports it at once. Jupyter needs
jsonschema, so it is there, and Altair and Voilà wait for it: jsonschema's issue 1428."""


@contextmanager
def quick_jsonschema() -> Iterator[None]:
    """What is imported meanwhile gets jsonschema as it is, but that check when it is first used."""
    if IRIS in sys.modules or "jsonschema" in sys.modules or find_spec(IRIS) is None:
        yield
        return
    later = ModuleType(IRIS)
    later.is_valid_syntax = _is_valid_syntax  # type: ignore[attr-defined]
    sys.modules[IRIS] = later
    try:
        yield
    finally:
        del sys.modules[IRIS]


def _is_valid_syntax(term: str, value: str) -> bool:
    from rfc3987_syntax import is_valid_syntax

    valid: bool = is_valid_syntax(term, value)
    return valid
