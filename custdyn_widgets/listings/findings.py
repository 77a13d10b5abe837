"""The entries of a finding, as a list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from custdyn_widgets.errors import DataError
from custdyn_widgets.exports.listing import Filed, write
from custdyn_widgets.model.cells import Column, Value
from custdyn_widgets.model.definitions import FINDINGS
from custdyn_widgets.report.report import Note
from custdyn_widgets.sources import Source
from custdyn_widgets.sources.quality import COLUMNS, Finding
from custdyn_widgets.views.facts import Fact
from custdyn_widgets.words import tr

AT_ONCE = 10_000


@dataclass(frozen=True)
class Findings:
    """The entries of a finding of a source, by client and time."""

    source: Source
    finding: Finding

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each entry."""
        return COLUMNS

    @property
    def notes(self) -> tuple[Note, ...]:
        """There is nothing to be said of the list."""
        return ()

    def __len__(self) -> int:
        return self.finding.count

    def lines(self, first: int = 0, count: int | None = None) -> Iterator[tuple[Value, ...]]:
        """Lines in the order of `columns`: `count` of them from the `first` on."""
        last = len(self) if count is None else min(first + count, len(self))
        for start in range(first, last, AT_ONCE):
            most = min(AT_ONCE, last - start)
            yield from self.source.finding_lines(self.finding.key, start, most)

    def to_file(self, kind: str, file: str | Path | BinaryIO) -> None:
        """Every line to `csv` or `xlsx`: a path, or a binary file that is open."""
        said = [(tr("Found"), self.finding.words), (tr("Source"), self.source.name)]
        facts = [Fact("", label, text) for label, text in said]
        name = FINDINGS[self.finding.key]
        write(kind, Filed(name, COLUMNS, self.lines(), facts, datetime.now(UTC)), file)


def listed(source: Source, key: str) -> Findings:
    """What `check` finds under a key of FINDINGS; nothing where all is well.

    Raises DataError where the data breaks the rules, and SourceError.
    """
    with source.reading():
        known = source.findings
    if known is None:  # it has not been looked at yet
        faults = source.check().faults
        if faults:
            raise DataError(faults)
        known = source.findings or ()
    found = {one.key: one for one in known}
    return Findings(source, found.get(key, Finding(key, 0, tr("Nothing is odd."))))
