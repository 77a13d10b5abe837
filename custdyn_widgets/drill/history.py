"""Changes of a figure since the bucket before: clients that entered, left and stayed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from custdyn_widgets.drill.breakdown import NUMERATOR, Breakdown, Checkpoint
from custdyn_widgets.drill.contributions import Contributions
from custdyn_widgets.drill.period import ExtractedPeriod
from custdyn_widgets.drill.proof import number
from custdyn_widgets.extract.arrays import Ints
from custdyn_widgets.model.cells import many
from custdyn_widgets.model.definitions import ENTERED, LEFT
from custdyn_widgets.sources import Source

STAYED = "Stayed"


@dataclass(frozen=True)
class Change:
    """Clients that came, went or stayed, and what that changed in the figure's numerator.

    `found` is the bucket in which they are listed, by their `places` in its numerator's `who`:
    this one, or the one before of those who left.
    """

    name: str
    found: Breakdown
    places: Ints
    change: Fraction | int

    @property
    def words(self) -> str:
        """It in words: `3 clients, +12.50 EUR`."""
        sign = "+" if self.change > 0 else ""
        changed = number(self.found.sides[NUMERATOR], self.change)
        return f"{many(len(self.places), 'client', 'clients')}, {sign}{changed}"


def changes(now: Breakdown, before: Breakdown) -> tuple[Change, ...]:
    """Entered, left and stayed since another bucket; together they are the whole change."""
    own, earlier = now.sides[NUMERATOR], before.sides[NUMERATOR]
    both = np.intersect1d(own.who, earlier.who)
    new, gone = ~np.isin(own.who, both), ~np.isin(earlier.who, both)
    came, kept = _sum(own, new), _sum(own, ~new)
    went, was = _sum(earlier, gone), _sum(earlier, ~gone)
    return (
        Change(ENTERED, now, np.flatnonzero(new), came),
        Change(LEFT, before, np.flatnonzero(gone), -went),
        Change(STAYED, now, np.flatnonzero(~new), kept - was),
    )


def _sum(side: Contributions, flags: np.ndarray) -> Fraction | int:
    places = np.flatnonzero(flags)
    return side.total_of(places) if side.counts == "money" else int(side.entries[places].sum())


def from_earlier(
    period: ExtractedPeriod, source: Source, checkpoint: Checkpoint
) -> ExtractedPeriod | None:
    """The bucket before the first of a period as one of its own; None where that is empty.

    The clients are those of the report: those who pass its filters at its end. Raises what `run`
    raises, and SourceError.
    """
    before = period.span.before
    if before is None:
        return None

    def earlier(one: ExtractedPeriod) -> ExtractedPeriod:
        extract = replace(one.extract, client_data=None)
        alone = replace(one, span=before, extract=extract)
        return alone.holding(snapshot, 0)[0]

    with source.reading(checkpoint) as snapshot:
        others = {where: earlier(one) for where, one in period.others.items()}
        return replace(earlier(period), others=others)
