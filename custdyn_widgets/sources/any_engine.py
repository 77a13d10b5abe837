"""What a source needs of the engine that its data is in."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Protocol

import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import Cancelled


@dataclass
class FileRead:
    """How much of a file is read: `size` bytes in some `passes`, of which some are `past`."""

    name: str
    size: int
    passes: int = 2
    past: int = 0
    own: float | None = None
    """The share of a pass before these that is not made by the engine."""

    def share(self, of_this_pass: float | None) -> float:
        """How much is done, 0 to 1."""
        done = self.past + (of_this_pass or 0)
        if self.own is None:
            return min(done / self.passes, 1)
        return min((done + self.own) / (self.passes + 1), 1)

    def words(self, share: float) -> str:
        """`reading ledger.csv: 120 of 310 MB`."""
        return f"reading {self.name}: {share * self.size / 1e6:.0f} of {self.size / 1e6:.0f} MB"


class AnyEngine(Protocol):
    """What a source needs of the engine that its data is in.

    `caches`: what is slow to read is kept for other processes. `file`: what is being read first.
    """

    caches: bool
    file: FileRead | None

    @property
    def token(self) -> tuple[object, ...]:
        """What it sees, where it tells: for a server."""

    @property
    def done(self) -> float | None:
        """How much of what runs is done, 0 to 1; None where it is not known."""

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression; an Arrow table with exact decimals."""

    def nothing(self) -> ir.Table:
        """A table without rows."""

    def keep(self, name: str, rows: ir.Table | pa.Table) -> ir.Table:
        """A copy of the rows inside the engine."""

    def shut(self) -> None:
        """From here on nothing else can be read."""

    def interrupt(self) -> None:
        """Stops what runs, from another thread, and whatever would run next until `resume`."""

    def resume(self) -> None:
        """Lets work begin again after `interrupt`."""

    def check(self) -> None:
        """Raises Cancelled where work was stopped."""

    def close(self) -> None:
        """Frees what it holds."""


class Stoppable:
    """Work that another thread may stop."""

    caches = False
    file: FileRead | None = None

    def __init__(self) -> None:
        self._stopped = threading.Event()

    def resume(self) -> None:
        """Lets work begin again after `interrupt`."""
        self._stopped.clear()

    def check(self) -> None:
        """Raises Cancelled where work was stopped: for long work outside the engine."""
        if self._stopped.is_set():
            raise Cancelled
