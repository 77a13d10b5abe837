"""Schedules: when a saved query runs, in its time zone."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Annotated, ClassVar

from cronsim import CronSim, CronSimError
from pydantic import AfterValidator, BeforeValidator, StrictBool, StrictStr

from custdyn_widgets.errors import FieldFault
from custdyn_widgets.model.time_zones import zone
from custdyn_widgets.query.base import Explained
from custdyn_widgets.query.validators import MAX_CHARACTERS, one_of
from custdyn_widgets.words import tr

EVERY = {"day": tr("Daily"), "week": tr("Weekly"), "month": tr("Monthly"), "cron": tr("Cron text")}
WEEKDAYS = {
    "monday": tr("Monday"),
    "tuesday": tr("Tuesday"),
    "wednesday": tr("Wednesday"),
    "thursday": tr("Thursday"),
    "friday": tr("Friday"),
    "saturday": tr("Saturday"),
    "sunday": tr("Sunday"),
}
LAST_DAY = "last"
DAYS = {**{str(day): str(day) for day in range(1, 29)}, LAST_DAY: tr("Last day")}
PREVIEW = 5
"""Runs that are shown beforehand."""
_CLOCK = re.compile("([01][0-9]|2[0-3]):[0-5][0-9]")
_SOME_DAY = datetime(2000, 1, 1, tzinfo=UTC)


def _clock(text: str) -> str:
    if not _CLOCK.fullmatch(text):
        raise ValueError("is not a time of day such as 07:00")
    return text


def _cron(text: str) -> str:
    text = " ".join(text.split())
    if not text:
        return text
    if len(text) > MAX_CHARACTERS or len(text.split()) != 5:
        raise ValueError("is not five fields: minute, hour, day, month, weekday")
    try:
        next(CronSim(text, _SOME_DAY))
    except (CronSimError, StopIteration, ValueError) as error:
        raise ValueError(f"is not a cron text that ever comes due ({error})") from None
    return text


class Schedule(Explained):
    """When a template is run: daily, weekly, monthly, or by a cron text of five fields.

    `at` is wall-clock time in the time zone of the template's query; `weekday` counts for weekly,
    `day` of the month for monthly (`last`: its last day), `cron` for cron. A clock that springs
    forward does not skip a run of the day, one that falls back does not repeat it (Debian's cron).
    `paused`: it is kept, but nothing is run.
    """

    names: ClassVar[Iterable[str]] = ("every", "at", "weekday", "day", "cron", "paused")

    every: Annotated[StrictStr, BeforeValidator(one_of(EVERY))]
    at: Annotated[StrictStr, AfterValidator(_clock)] = "07:00"
    weekday: Annotated[StrictStr, BeforeValidator(one_of(WEEKDAYS))] = "monday"
    day: Annotated[StrictStr, BeforeValidator(one_of(DAYS))] = "1"
    cron: Annotated[StrictStr, AfterValidator(_cron)] = ""
    paused: StrictBool = False

    def contradictions(self) -> Iterator[FieldFault]:
        """A schedule by cron text needs one."""
        if self.every == "cron" and not self.cron:
            yield FieldFault("cron", None, "is empty; give five fields, such as 0 7 * * 1-5")

    @property
    def text(self) -> str:
        """The schedule as a cron text."""
        hour, minute = (int(part) for part in self.at.split(":"))
        clock = f"{minute} {hour}"
        day = "L" if self.day == LAST_DAY else self.day
        weekday = (list(WEEKDAYS).index(self.weekday) + 1) % 7
        return {
            "day": f"{clock} * * *",
            "week": f"{clock} * * {weekday}",
            "month": f"{clock} {day} * *",
            "cron": self.cron,
        }[self.every]

    @property
    def words(self) -> str:
        """The schedule in words."""
        said = {
            "day": tr("daily at {at}", at=self.at),
            "week": tr("weekly, {day} at {at}", day=WEEKDAYS[self.weekday], at=self.at),
            "month": tr("monthly, day {day} at {at}", day=self.day, at=self.at),
            "cron": tr("cron {cron}", cron=self.cron),
        }[self.every]
        return f"{said} (paused)" if self.paused else said


def next_runs(
    schedule: Schedule, timezone: str, after: datetime, count: int = PREVIEW
) -> tuple[datetime, ...]:
    """The next runs after an instant (aware), in UTC; fewer where the schedule comes to an end."""
    runs = islice(CronSim(schedule.text, after.astimezone(zone(timezone))), count)
    return tuple(run.astimezone(UTC) for run in runs)


def last_run(schedule: Schedule, timezone: str, until: datetime) -> datetime | None:
    """The newest run at or before an instant (aware), in UTC."""
    second = until.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    before = CronSim(schedule.text, second.astimezone(zone(timezone)), reverse=True)
    run = next(before, None)
    return None if run is None else run.astimezone(UTC)
