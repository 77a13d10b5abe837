"""What `connect` has read and written, and how it is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from custdyn_widgets.connections.balances import Difference, number, plain
from custdyn_widgets.connections.history import Changes
from custdyn_widgets.connections.left_out import LeftOut
from custdyn_widgets.model.cells import many, shown
from custdyn_widgets.model.time_zones import clock_text

SHOWN = 1_000
"""Differences that the folder keeps for the page, the largest ones."""
NAMED = 5


@dataclass(frozen=True)
class ConnectResult:
    """What `connect` has read and written.

    `tables`: rows of each of the five tables. `read` and `used`: rows of each input, and those
    that came out in a table; `entries`: how many entries of the ledger they gave; `left_out`: the
    others, with reason, sum and keys. `balances`: clients that were compared; `differences`: those
    whose stored balance is not what is recorded, `furthest` the one that is off most of those that
    rounding may explain, if that is much; `digit`: the last digit of a stored balance, 0
    where it is not known. `changes` is None for a check, `written` False where there was nothing
    new. `moment`: the instant (aware, UTC) that it is of.
    """

    system: str
    origin: str
    moment: datetime
    folder: str | None
    tables: dict[str, int]
    read: dict[str, int]
    used: dict[str, int]
    left_out: tuple[LeftOut, ...]
    differences: tuple[Difference, ...]
    furthest: Difference | None
    balances: int
    changes: Changes | None
    written: bool
    notes: tuple[str, ...]
    entries: dict[str, int]
    digit: Decimal

    def lines(self, limit: int = 20) -> Iterator[str]:
        """What it says of itself, line by line; `limit`: differences that are named."""
        yield f"{self.system}, {self.origin}, {clock_text(self.moment.replace(tzinfo=None))} UTC"
        for name, rows in self.read.items():
            used = f", {shown(self.used[name])} used" if name in self.used else ""
            entries = self.entries.get(name)
            if name in self.used and entries not in (None, self.used[name]):
                used += f" in {many(entries or 0, 'entry', 'entries')}"
            yield f"  {name}: {_rows(rows)} read{used}"
        for one in self.left_out:
            keys = ", ".join(one.keys) + (", …" if one.rows > len(one.keys) else "")
            counted = f"{_rows(one.rows)} left out, {number(one.amount)}"
            yield f"  {one.input}: {counted}: {one.reason} ({keys})"
        if self.balances:
            count = len(self.differences)
            verdict = "all match what is recorded"
            if count:
                verdict = f"{shown(count)} differ{'s' if count == 1 else ''}"
            yield f"Balances of {many(self.balances, 'client', 'clients')}: {verdict}"
        if self.furthest is not None:
            far = self.furthest
            off = f"{number(abs(far.difference))} {far.currency} over {shown(far.entries)} entries"
            yield f"  rounding may explain up to {off} (client {far.client_id})"
        for difference in self.differences[:limit]:
            yield f"  {difference}"
        if len(self.differences) > limit:
            yield f"  and {shown(len(self.differences) - limit)} more: --output FILE lists them all"
        for note in self.notes:
            yield f"note: {note}"
        if self.changes is not None:
            yield from self._written()

    def _written(self) -> Iterator[str]:
        changes = self.changes
        assert changes is not None and self.folder is not None  # noqa: S101 it wrote
        if not self.written:
            yield f"{self.folder}: nothing new"
            return
        counts = ", ".join(f"{name} {shown(rows)}" for name, rows in self.tables.items())
        yield f"{self.folder}: {counts}"
        yield f"  {many(changes.added, 'entry', 'entries')} added"
        if changes.edited:
            total = sum((one.difference for one in changes.edited), Decimal(0))
            named = "; ".join(map(str, changes.edited[:NAMED]))
            more = "; …" if len(changes.edited) > NAMED else ""
            yield f"  {len(changes.edited)} edited at the source, {number(total)}: {named}{more}"
        if changes.gone:
            gone = f"{shown(changes.gone)}, {number(changes.gone_amount)}"
            ids = ", ".join(changes.gone_ids) + (", …" if changes.gone > 3 else "")
            yield f"  gone at the source: {gone} ({ids}); they stay"
        if changes.booked:
            yield (
                f"  {number(changes.booked_amount)} stored and not recorded, of "
                f"{many(changes.booked, 'client', 'clients')}, booked as {changes.booked_as}"
            )

    def to_manifest(self) -> dict[str, Any]:
        """What the folder keeps of it, for the page and for the next time."""
        changes = self.changes
        assert changes is not None  # noqa: S101 a check writes none
        return {
            "system": self.system,
            "origin": self.origin,
            "moment": self.moment.isoformat(),
            "tables": self.tables,
            "read": self.read,
            "used": self.used,
            "left_out": [
                [one.input, one.reason, one.rows, plain(one.amount), list(one.keys)]
                for one in self.left_out
            ],
            "balances": self.balances,
            "digit": plain(self.digit),
            "differing": len(self.differences),
            "differences": [one.line() for one in self.differences[:SHOWN]],
            "gone": [changes.gone, plain(changes.gone_amount)],
            "edits": [changes.edits, plain(changes.edits_amount)],
            "notes": list(self.notes),
        }


def _rows(count: int) -> str:
    return many(count, "row", "rows")
