"""Fields of a saved query's delivery: file type, recipients, schedule."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from html import escape
from typing import Any

import ipywidgets as w

from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.time_zones import zone, zone_names
from custdyn_widgets.query.fields import FIELDS, OUTPUT_TYPES
from custdyn_widgets.query.query import Output
from custdyn_widgets.query.schedule import DAYS, EVERY, WEEKDAYS, Schedule, next_runs
from custdyn_widgets.query.validators import address
from custdyn_widgets.sources.catalog import Choices
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import show
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.words import tr

NEVER = ""


class DeliveryFields:
    """`box` holds the fields, with the next five runs of the schedule under them.

    `timezone` gives the time zone of the form, in which the schedule runs.
    """

    def __init__(self, *, timezone: Callable[[], str], on_error: Callable[[str], None]) -> None:
        self._timezone = timezone
        self._paused = False
        self.type = _choice(OUTPUT_TYPES, tr("File type"), FIELDS["output.type"].description)
        self.send_to = Picker(
            lambda: Choices(()),
            changed=lambda: None,
            on_error=on_error,
            mode="free",
            multiple=True,
            check=address,
            label=tr("Send the file to"),
            placeholder="name@example.org",
        )
        self.every = _choice({NEVER: tr("Off"), **EVERY}, tr("Schedule"))
        self.at = basic.text_field(description=tr("Time of day"), placeholder="07:00")
        self.weekday = _choice(WEEKDAYS, tr("Weekday"))
        self.day = _choice(DAYS, tr("Day of the month"))
        self.cron = basic.text_field(description=tr("Cron text"), placeholder="0 7 * * 1-5")
        self.skip = basic.checkbox(tr("Skip when nothing has changed"))
        self._preview = basic.html("", "custdyn-said")
        self._timed = (self.every, self.at, self.weekday, self.day, self.cron)
        for field in self._timed:
            field.observe(lambda _change: self._suit(), "value")
        self.box = basic.column(
            [
                basic.row(
                    [self.type, self.send_to, *self._timed, self.skip], "custdyn-template-fields"
                ),
                self._preview,
            ],
            "custdyn-sending",
        )

    @property
    def paused(self) -> bool:
        """Whether the schedule is kept, but not run."""
        return self._paused

    def fill(
        self, output: Output, schedule: Schedule | None, *, skip_unchanged: bool = False
    ) -> None:
        """Shows how a template is sent."""
        shown = schedule or Schedule(every="day")
        self._paused = shown.paused
        self.type.value = output.type
        self.send_to.fill(output.send_to)
        self.at.value, self.cron.value = shown.at, shown.cron
        self.weekday.value, self.day.value = shown.weekday, shown.day
        self.every.value = schedule.every if schedule else NEVER
        self.skip.value = skip_unchanged
        self._suit()

    def output(self) -> dict[str, Any]:
        """What becomes of the report, JSON-shaped."""
        return {"type": self.type.value, "send_to": self.send_to.values}

    def schedule(self) -> Schedule | None:
        """When it is run by itself. Raises QueryError for a time that is none."""
        every = self.every.value
        if every == NEVER:
            return None
        given = {"every": every, "at": self.at.value.strip(), "paused": self._paused}
        given |= {"weekday": self.weekday.value} if every == "week" else {}
        given |= {"day": self.day.value} if every == "month" else {}
        given |= {"cron": self.cron.value} if every == "cron" else {}
        return Schedule.model_validate(given)

    def _suit(self) -> None:
        every = self.every.value
        show(self.at, every in ("day", "week", "month"))
        show(self.weekday, every == "week")
        show(self.day, every == "month")
        show(self.cron, every == "cron")
        show(self.skip, every != NEVER)
        self._preview.value = self._next()

    def _next(self) -> str:
        """The next runs in words, or what is wrong with the schedule."""
        timezone = self._timezone()
        try:
            schedule = self.schedule()
        except QueryError as error:
            return f'<span role="alert">{escape("; ".join(map(str, error.faults)))}</span>'
        if schedule is None or timezone not in zone_names():
            return ""
        runs = next_runs(schedule, timezone, datetime.now(UTC))
        items = " · ".join(f"{run.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M}" for run in runs)
        state = tr("Paused. Otherwise the next runs") if schedule.paused else tr("Next runs")
        return f'<span role="status">{state} ({escape(timezone)}): {items}</span>'


def _choice(options: dict[str, str], label: str, words: str = "") -> w.Dropdown:
    return basic.dropdown(
        [(shown, key) for key, shown in options.items()],
        description=label,
        tooltip=words or None,
    )
