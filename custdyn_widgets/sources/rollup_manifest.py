"""The manifest of a rollup: its entries, its grain, which queries it can answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from custdyn_widgets.errors import SourceError, TooFine
from custdyn_widgets.model.definitions import GRAINS
from custdyn_widgets.model.periods import EPOCH
from custdyn_widgets.sources.place import MANIFEST

VERSION = 1
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Rollup:
    """What a rollup is of: written beside its files, and read first.

    `raw`: the source with the entries, in words (None: it has no name). `grain` in minutes.
    `until` (UTC): everything that was recorded before is in it; None where the ledger does not
    say when. `extends`: every entry says when it was recorded. `amount` is
    the sum of all. `newest` is the last entry's
    instant (UTC, None: there is none). `tables` and `ledger` are names of files beside this one.
    """

    raw: str | None
    grain: int
    until: datetime | None
    extends: bool
    newest: datetime | None
    entries: int
    amount: str
    rows: int
    tables: dict[str, str]
    ledger: tuple[str, ...]
    notes: tuple[str, ...] = ()

    def to_json(self) -> bytes:
        """As it is written."""
        said = {"version": VERSION, **asdict(self)}
        return json.dumps(said, default=str, indent=1, ensure_ascii=False).encode()

    @classmethod
    def read(cls, folder: Path) -> Rollup:
        """The rollup in a folder. Raises SourceError where it is none that can be read."""
        try:
            said = json.loads((folder / MANIFEST).read_bytes())
            if said.pop("version") != VERSION:
                what = "the rollup was made by a newer version"
                raise SourceError(str(folder), what, "update custdyn-widgets, or rebuild it")
            for name in ("until", "newest"):
                said[name] = said[name] and datetime.fromisoformat(said[name])
            for name in ("ledger", "notes"):
                said[name] = tuple(said[name])
            return cls(**said)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            what = f"{MANIFEST} cannot be read: {error}"
            raise SourceError(str(folder), what, "rebuild the rollup") from None

    @property
    def words(self) -> str:
        """What a report says of it."""
        of = self.raw or "entries that have no name"
        by = "hour" if self.grain == GRAINS[0] else f"{self.grain} minutes"
        known = f", with what was recorded before {_utc(self.until)}" if self.until else ""
        return f"made from a rollup of {of} by {by}{known}"

    def fits(self, edges: Iterable[datetime]) -> bool:
        """Whether edges (aware) lie between its stretches, or behind its last entry."""
        return all(self._fits(edge) for edge in edges)

    def _fits(self, edge: datetime) -> bool:
        behind = self.newest is None or edge > self.newest
        return behind or not (edge - EPOCH) % (self.grain * MINUTE)

    def check(self, edges: Iterable[datetime], as_of: datetime) -> None:
        """Raises TooFine unless it answers exactly for these edges, as of an instant (aware)."""
        if self.until is not None and as_of < self.until:
            raise TooFine(
                f"as of {_utc(as_of)}: the rollup holds what was recorded before "
                f"{_utc(self.until)}, so it cannot tell what was known earlier; {self._ask()}"
            )
        if not self._fits(as_of):
            raise TooFine(
                f"as of {_utc(as_of)}: the rollup has entries after it, and cannot cut within a "
                f"stretch; give an instant on {self._whole}, or {self._ask()}"
            )
        if wrong := [edge for edge in edges if not self._fits(edge)]:
            finer = ", or make the rollup with --grain 15" if self.grain > GRAINS[1] else ""
            raise TooFine(
                f"the edge {_utc(min(wrong))} of the query is not on {self._whole}, as those of "
                f"the rollup are; {self._ask()}{finer}"
            )

    @property
    def _whole(self) -> str:
        return "a whole UTC hour" if self.grain == GRAINS[0] else "a whole quarter of an hour"

    def entries_are_elsewhere(self) -> TooFine:
        """The error for whatever needs the entries one by one."""
        return TooFine(f"a rollup has no single entries; {self._ask()}")

    def _ask(self) -> str:
        return f"ask its raw source: {self.raw or 'it has no name'}"


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
