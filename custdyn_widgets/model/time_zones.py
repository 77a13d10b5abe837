"""Time zones: the IANA zones of the tzdata package, the wall clock and UTC."""

from __future__ import annotations

import importlib.resources
from datetime import UTC, date, datetime, tzinfo
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo


class Zone(ZoneInfo):
    """A time zone of ours, which can be pickled, and copied, by its name."""

    def __reduce__(self) -> tuple[Any, ...]:
        return zone, (self.key,)


@cache
def zone(name: str) -> ZoneInfo:
    """The time zone of an IANA name, from the `tzdata` package: the same on every machine.

    Raises KeyError for a name that is not an IANA zone.
    """
    if name not in zone_names():
        raise KeyError(name)
    *folders, last = name.split("/")
    package = ".".join(["tzdata.zoneinfo", *folders])
    with importlib.resources.files(package).joinpath(last).open("rb") as stored:
        return Zone.from_file(stored, key=name)


@cache
def zone_names() -> tuple[str, ...]:
    """Every IANA zone that a report can be made in, by name."""
    listed = importlib.resources.files("tzdata").joinpath("zones").read_text("utf-8").split()
    return tuple(sorted(set(listed) - {"Factory"}))


def to_utc(local: datetime, tz: ZoneInfo) -> datetime:
    """The UTC instant of a wall-clock instant; skipped and repeated ones read with fold=0."""
    return local.replace(tzinfo=tz, fold=0).astimezone(UTC)


def local_date(instant: datetime, tz: ZoneInfo) -> date:
    """The calendar date of an instant in a zone."""
    return instant.astimezone(tz).date()


def in_zone(instant: datetime, tz: tzinfo) -> datetime:
    """An aware instant on the clock of a zone; in UTC where that leaves the years 1 to 9999."""
    try:
        return instant.astimezone(tz)
    except OverflowError:
        return instant.astimezone(UTC)


def clock_text(instant: datetime) -> str:
    """An instant to the second, on its own clock: `0001-01-01 00:00:00`."""
    return instant.replace(tzinfo=None, microsecond=0).isoformat(" ")
