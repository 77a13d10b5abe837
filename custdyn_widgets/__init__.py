"""Customer dynamics: who is a customer, who is active, what they hold and spend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import CustdynError
from .listings import Cdrs, OrigTerm, run_cdrs, run_orig_term
from .query import Query
from .result import Result, run
from .rollup import make_rollup
from .sources import open_source

if TYPE_CHECKING:
    from .ui.app import CustomerDynamics

__all__ = [
    "Cdrs",
    "CustdynError",
    "CustomerDynamics",
    "OrigTerm",
    "Query",
    "Result",
    "make_rollup",
    "open_source",
    "run",
    "run_cdrs",
    "run_orig_term",
]


def __getattr__(name: str) -> Any:
    """The widgets come only when they are asked for: the command line does without."""
    if name == "CustomerDynamics":
        from .ui.app import CustomerDynamics

        return CustomerDynamics
    raise AttributeError(name)
