"""Schedules: their times in every zone, what is due, what was missed, what is paused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from custdyn_widgets.delivery.jobs import queue_due
from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.time_zones import zone
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.schedule import DAYS, WEEKDAYS, Schedule, last_run, next_runs
from custdyn_widgets.store import QueryTemplate, Store, TemplateFile

CSV = {"type": "csv", "send_to": ["ana@example.org"]}
SOME = datetime(2026, 11, 25, 12, tzinfo=UTC)
ZONES = ("UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")


def template(timezone: str = "UTC", **schedule: Any) -> QueryTemplate:
    query = Query.model_validate({"timezone": timezone, "output": CSV})
    return QueryTemplate(query=query, schedule=Schedule.model_validate(schedule))


@pytest.mark.parametrize(
    ("schedule", "text", "first"),
    [
        ({"every": "day", "at": "07:30"}, "30 7 * * *", "2026-11-26 07:30"),
        ({"every": "week", "weekday": "sunday"}, "0 7 * * 0", "2026-11-29 07:00"),
        ({"every": "week", "weekday": "monday"}, "0 7 * * 1", "2026-11-30 07:00"),
        ({"every": "month"}, "0 7 1 * *", "2026-12-01 07:00"),
        ({"every": "month", "day": "last", "at": "23:59"}, "59 23 L * *", "2026-11-30 23:59"),
        ({"every": "cron", "cron": "*/15  9-17 * * MON-FRI"}, "*/15 9-17 * * MON-FRI",
         "2026-11-25 13:15"),
    ],
)  # fmt: skip
def test_a_schedule_is_a_cron_text_in_the_zone_of_its_query(
    schedule: dict[str, str], text: str, first: str
) -> None:
    made = Schedule.model_validate(schedule)
    assert made.text == text
    (run,) = next_runs(made, "Europe/Vienna", SOME, 1)
    assert f"{run.astimezone(zone('Europe/Vienna')):%Y-%m-%d %H:%M}" == first
    assert run.utcoffset() == timedelta()


schedules = st.one_of(
    st.builds(
        lambda every, hour, minute, weekday, day: Schedule(
            every=every, at=f"{hour:02}:{minute:02}", weekday=weekday, day=day
        ),
        st.sampled_from(["day", "week", "month"]),
        st.integers(0, 23),
        st.integers(0, 59),
        st.sampled_from(list(WEEKDAYS)),
        st.sampled_from(list(DAYS)),
    ),
    st.builds(
        lambda text: Schedule(every="cron", cron=text),
        st.sampled_from(
            ["*/20 * * * *", "30 1,2,3 * * *", "15 2 * * *", "0 0 29 2 *", "5 4 L * *"]
        ),
    ),
)


@given(
    schedule=schedules,
    zone_name=st.sampled_from(ZONES),
    at=st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1)),
)
def test_the_last_run_is_the_newest_of_the_next_ones(
    schedule: Schedule, zone_name: str, at: datetime
) -> None:
    """Forwards and backwards agree, over every change of a clock."""
    at = at.replace(tzinfo=UTC)
    runs = next_runs(schedule, zone_name, at, 4)
    assert list(runs) == sorted(set(runs)) and runs[0] > at.replace(microsecond=0)
    for earlier, later in pairwise(runs):
        assert last_run(schedule, zone_name, earlier) == earlier
        assert last_run(schedule, zone_name, later - timedelta(microseconds=1)) == earlier
        assert next_runs(schedule, zone_name, earlier, 1) == (later,)


def test_a_clock_that_changes_neither_skips_nor_repeats_a_day() -> None:
    for clock in ("01:30", "02:15", "02:30", "03:00"):
        runs = next_runs(
            Schedule(every="day", at=clock), "Europe/Vienna", datetime(2026, 1, 1, tzinfo=UTC), 365
        )
        days = [run.astimezone(zone("Europe/Vienna")).date() for run in runs]
        assert days == sorted(set(days)) and (days[-1] - days[0]).days == 364


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"every": "weekly"}, "did you mean week?"),
        ({"every": "day", "at": "7:00"}, "is not a time of day"),
        ({"every": "day", "at": "24:00"}, "is not a time of day"),
        ({"every": "month", "day": "31"}, "is not one of 29 known names"),
        ({"every": "cron"}, "is empty"),
        ({"every": "cron", "cron": "0 7 * *"}, "is not five fields"),
        ({"every": "cron", "cron": "0 0 7 * * *"}, "is not five fields"),
        ({"every": "cron", "cron": "61 * * * *"}, "is not a cron text"),
        ({"every": "cron", "cron": "0 0 30 2 *"}, "is not a cron text that ever comes due"),
        ({"every": "day", "zone": "UTC"}, "is not a field"),
    ],
)
def test_a_schedule_that_is_none_says_why(values: dict[str, str], said: str) -> None:
    with pytest.raises(QueryError, match=said.replace("?", r"\?")):
        Schedule.model_validate(values)


def test_a_schedule_needs_a_file_and_an_address() -> None:
    daily = Schedule(every="day")
    with pytest.raises(QueryError, match="a page cannot be sent"):
        QueryTemplate(query=Query(), schedule=daily)
    nobody = Query.model_validate({"output": {"type": "csv"}})
    with pytest.raises(QueryError, match="whom does the schedule send"):
        QueryTemplate(query=nobody, schedule=daily)


def test_a_template_with_a_schedule_is_a_file_and_back(tmp_path: Path) -> None:
    kept = template(every="week", weekday="friday", at="18:00", paused=True)
    kept = kept.model_copy(update={"skip_unchanged": True})
    file = TemplateFile(
        title="X", **{name: getattr(kept, name) for name in type(kept).model_fields}
    )
    (tmp_path / "x.toml").write_text(file.to_toml(), "utf-8")
    assert TemplateFile.read(tmp_path / "x.toml") == file
    assert file.template == kept
    (tmp_path / "x.toml").write_text('title = "x"\n[query]\n[schedule]\nevry = "day"\n')
    with pytest.raises(QueryError, match="did you mean every"):
        TemplateFile.read(tmp_path / "x.toml")


def test_what_is_due_is_claimed_once_and_what_was_missed_is_made_once(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store.sqlite"), "ann")
    other = Store(str(tmp_path / "store.sqlite"), "bob")
    saved = store.queries.add("Hourly", template(every="cron", cron="0 * * * *"), shared=False)
    other.queries.add("Paused", template(every="day", paused=True), shared=False)
    other.queries.add("No schedule", QueryTemplate(query=Query()), shared=True)
    hour = saved.changed_at.replace(minute=0, second=0) + timedelta(hours=1)
    assert queue_due(store, "sample", hour - timedelta(seconds=1)) == []  # none from before
    (first,) = queue_due(other, "sample", hour)  # whoever asks: it runs for its owner
    assert (first.owner, first.title, first.window, first.late) == ("ann", "Hourly", hour, False)
    assert first.as_of == hour
    assert queue_due(store, "sample", hour + timedelta(minutes=59)) == []
    (missed,) = queue_due(store, "sample", hour + timedelta(hours=5, minutes=20))
    assert (missed.window, missed.late) == (hour + timedelta(hours=5), True)


def test_what_is_paused_is_not_made_up_for_when_it_is_resumed(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "store.sqlite"), "ann")
    paused = template(every="cron", cron="* * * * *", paused=True)
    saved = store.queries.add("Each minute", paused, shared=False)
    later = saved.changed_at + timedelta(hours=3)
    assert queue_due(store, "sample", later) == []
    resumed = paused.model_copy(update={"schedule": Schedule(every="cron", cron="0 0 1 1 *")})
    again = store.queries.change(saved, kept=resumed)
    assert last_run(Schedule(every="cron", cron="0 0 1 1 *"), "UTC", later) is not None
    assert queue_due(store, "sample", again.changed_at + timedelta(minutes=1)) == []
