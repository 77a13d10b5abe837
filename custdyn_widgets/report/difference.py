"""Cells that differ between two reports: two sources, two runs, or a file and a run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from custdyn_widgets.model.cells import NOT_AVAILABLE, plain
from custdyn_widgets.model.definitions import CHANGES, LINES

if TYPE_CHECKING:
    from custdyn_widgets.report.report import Report

ABSENT = "absent"
Key = tuple[str, str, str]
"""Title of the block, name of the row, label of the bucket."""


@dataclass(frozen=True)
class Difference:
    """A cell with two values, as text; ABSENT where one report does not have it."""

    block: str
    row: str
    bucket: str
    old: str
    new: str

    def __str__(self) -> str:
        return self.text("→")

    def text(self, sign: str) -> str:
        """The cell and its two values with a sign between them."""
        return f"{self.block} · {self.row} · {self.bucket}: {self.old} {sign} {self.new}"


def diff(
    old: Mapping[Key, str], new: Mapping[Key, str], buckets: Collection[str] | None = None
) -> list[Difference]:
    """The cells that differ, in the order of `old`, then `new`; only of these bucket labels."""
    return [
        Difference(*key, old.get(key, ABSENT), new.get(key, ABSENT))
        for key in dict.fromkeys((*old, *new))
        if (buckets is None or key[2] in buckets) and old.get(key) != new.get(key)
    ]


def cells_of(report: Report, *, changes: bool = True) -> dict[Key, str]:
    """The cells of a report as a file states them, with or without the changes of a comparison."""
    return {
        (row.title, line.name, bucket.label): _text(plain(cell.value))
        for row in report.rows
        for line in row.lines
        if changes or line.key not in CHANGES
        for bucket, cell in zip(report.buckets, line.cells, strict=True)
    }


def json_cells(report: dict[str, Any]) -> dict[Key, str]:
    """The cells of a report as its JSON states them."""
    labels = [bucket["label"] for bucket in report["buckets"]]
    cells = {}
    for row in report["rows"]:
        title = row["block"] if row["package"] is None else f'{row["block"]} "{row["package"]}"'
        lines = {row["row"]: row["values"]}
        if "compare" in row:
            lines[f"{row['row']} ({LINES['other'].label})"] = row["compare"]
        for name, values in lines.items():
            for label, value in zip(labels, values, strict=True):
                cells[title, name, label] = _text(value)
    return cells


def _text(value: int | str | None) -> str:
    return NOT_AVAILABLE if value is None else str(value)
