"""The named periods: a label, and the first day and the day after the last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from custdyn_widgets.model.periods import DAY, SECOND, midnight, months_back
from custdyn_widgets.model.time_zones import local_date, zone
from custdyn_widgets.words import tr


@dataclass(frozen=True)
class Today:
    """Midnight of today, and of the first days of the week, month, quarter and year it is in."""

    day: datetime
    week: datetime
    month: datetime
    quarter: datetime
    year: datetime


@dataclass(frozen=True)
class Preset:
    """A named period: `begin`, and `end`, which is the midnight after its last day."""

    label: str
    begin: Callable[[Today], datetime]
    end: Callable[[Today], datetime]


def _tomorrow(now: Today) -> datetime:
    return now.day + DAY


PRESETS = {
    "today": Preset(tr("Today"), lambda now: now.day, _tomorrow),
    "yesterday": Preset(tr("Yesterday"), lambda now: now.day - DAY, lambda now: now.day),
    "this_week": Preset(tr("This Week"), lambda now: now.week, lambda now: now.week + 7 * DAY),
    "last_week": Preset(tr("Last Week"), lambda now: now.week - 7 * DAY, lambda now: now.week),
    "this_month": Preset(
        tr("This Month"), lambda now: now.month, lambda now: months_back(now.month, -1)
    ),
    "last_month": Preset(
        tr("Last Month"), lambda now: months_back(now.month, 1), lambda now: now.month
    ),
    "this_quarter": Preset(
        tr("This Quarter"), lambda now: now.quarter, lambda now: months_back(now.quarter, -3)
    ),
    "last_quarter": Preset(
        tr("Last Quarter"), lambda now: months_back(now.quarter, 3), lambda now: now.quarter
    ),
    "this_year": Preset(
        tr("This Year"), lambda now: now.year, lambda now: months_back(now.year, -12)
    ),
    "last_year": Preset(
        tr("Last Year"), lambda now: months_back(now.year, 12), lambda now: now.year
    ),
    "last_7_days": Preset(tr("Last 7 Days"), lambda now: now.day - 6 * DAY, _tomorrow),
    "last_30_days": Preset(tr("Last 30 Days"), lambda now: now.day - 29 * DAY, _tomorrow),
    "last_12_months": Preset(
        tr("Last 12 Months"), lambda now: months_back(now.day, 12) + DAY, _tomorrow
    ),
}
"""By the names that a query has for them, in the order of the form."""


def resolve_preset(preset: str, *, as_of: datetime, timezone: str) -> tuple[datetime, datetime]:
    """First and last wall-clock second of a preset, as seen at `as_of` (aware) in a zone."""
    day = midnight(local_date(as_of, zone(timezone)))
    month = day.replace(day=1)
    now = Today(
        day,
        week=day - day.weekday() * DAY,
        month=month,
        quarter=month.replace(month=(month.month - 1) // 3 * 3 + 1),
        year=month.replace(month=1),
    )
    asked = PRESETS[preset]
    return asked.begin(now), asked.end(now) - SECOND
