"""Two archived runs of a report: the cells that changed afterwards, old → new."""

from __future__ import annotations

import json
from typing import Any

from custdyn_widgets.model.periods import State
from custdyn_widgets.report.difference import Difference, diff, json_cells
from custdyn_widgets.store import Archive, Run, StoreError

WHEN = ("period", "compare", "output")
"""Fields of a query that do not change what a cell of a bucket says."""


def restated(archive: Archive, first: Run, second: Run) -> list[Difference]:
    """What the later of two runs says differently of the buckets that were over in the earlier.

    Only buckets that both have, from the same instant to the same instant, are compared; a bucket
    that was still running goes on, which is no restatement. A row that only one of them has says
    `absent` in the other. Raises StoreError where they did not ask the same but for the period.
    """
    older, newer = sorted((first, second), key=lambda run: (run.as_of, run.made_at))
    old, new = (json.loads(archive.contents(run).report) for run in (older, newer))
    if other := [name for name in old["query"] if _asked(old, name) != _asked(new, name)]:
        raise StoreError(f"these runs asked different things: {', '.join(other)} is not the same")
    over = _intervals(old, only_past=True) & _intervals(new)
    labels = {label for label, *_ in over}
    return diff(json_cells(old), json_cells(new), labels)


def _asked(report: dict[str, Any], name: str) -> Any:
    return None if name in WHEN else report["query"].get(name)


def _intervals(report: dict[str, Any], *, only_past: bool = False) -> set[tuple[str, str, str]]:
    return {
        (bucket["label"], bucket["start"], bucket["end"])
        for bucket in report["buckets"]
        if not only_past or bucket["state"] == State.PAST
    }
