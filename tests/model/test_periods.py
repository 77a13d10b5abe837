"""Periods: presets, buckets and windows, in zones that skip and repeat hours and days."""

from __future__ import annotations

import calendar
import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from dateutil import tz as dateutil_tz
from dateutil.relativedelta import relativedelta
from hypothesis import given
from hypothesis import strategies as st

from custdyn_widgets.model.periods import (
    Period,
    State,
    months_back,
    segments,
)
from custdyn_widgets.model.presets import PRESETS, resolve_preset
from custdyn_widgets.model.time_zones import local_date, to_utc, zone, zone_names
from tests.support.counts import some

LATER = datetime(2040, 1, 1, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


DATES = {
    "today": ("2024-02-29", "2024-02-29"),
    "yesterday": ("2024-02-28", "2024-02-28"),
    "this_week": ("2024-02-26", "2024-03-03"),
    "last_week": ("2024-02-19", "2024-02-25"),
    "this_month": ("2024-02-01", "2024-02-29"),
    "last_month": ("2024-01-01", "2024-01-31"),
    "this_quarter": ("2024-01-01", "2024-03-31"),
    "last_quarter": ("2023-10-01", "2023-12-31"),
    "this_year": ("2024-01-01", "2024-12-31"),
    "last_year": ("2023-01-01", "2023-12-31"),
    "last_7_days": ("2024-02-23", "2024-02-29"),
    "last_30_days": ("2024-01-31", "2024-02-29"),
    "last_12_months": ("2023-03-01", "2024-02-29"),
}
"""Of each preset the first and the last day, seen on 29 February 2024."""


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_resolve_against_as_of_in_the_zone(preset: str) -> None:
    # 20:00 in UTC is still the 29th in New York and Vienna, but not in Auckland
    seen = datetime(2024, 2, 29, 20, tzinfo=UTC)
    first, last = DATES[preset]
    resolved = resolve_preset(preset, as_of=seen, timezone="Europe/Vienna")
    assert resolved == (at(first), at(f"{last}T23:59:59"))


def test_a_preset_follows_the_zone() -> None:
    seen = datetime(2024, 2, 29, 20, tzinfo=UTC)
    assert resolve_preset("today", as_of=seen, timezone="Pacific/Auckland")[0] == at("2024-03-01")


def test_days_of_a_clock_change_have_23_and_25_hours() -> None:
    days = Period.of(
        at("2017-03-26"),
        at("2017-03-26T23:59:59"),
        units=("date",),
        timezone="Europe/Vienna",
        as_of=LATER,
    ).buckets
    assert days[0].end - days[0].start == timedelta(hours=23)
    days = Period.of(
        at("2017-10-29"),
        at("2017-10-29T23:59:59"),
        units=("date",),
        timezone="Europe/Vienna",
        as_of=LATER,
    ).buckets
    assert days[0].end - days[0].start == timedelta(hours=25)


def test_a_day_that_samoa_skipped_makes_no_column() -> None:
    days = Period.of(
        at("2011-12-28"),
        at("2012-01-01T23:59:59"),
        units=("date",),
        timezone="Pacific/Apia",
        as_of=LATER,
    ).buckets
    assert [day.label for day in days] == ["2011-12-28", "2011-12-29", "2011-12-31", "2012-01-01"]
    whole = Period.of(
        at("2011-12-30"), at("2011-12-30T23:59:59"), units=(), timezone="Pacific/Apia", as_of=LATER
    ).buckets
    assert whole == ()


def test_labels_and_parents() -> None:
    (bucket,) = Period.of(
        at("2017-01-15"),
        at("2017-01-15T23:59:59"),
        units=("year", "month", "date"),
        timezone="UTC",
        as_of=LATER,
    ).buckets
    assert (bucket.parents, bucket.label) == (("2017", "01/2017"), "2017-01-15")
    (total,) = Period.of(
        at("2017-01-15"), at("2018-01-15"), units=(), timezone="UTC", as_of=LATER
    ).buckets
    assert (total.parents, total.label) == ((), "Total")


def test_states_and_balance_dates_around_as_of() -> None:
    seen = datetime(2017, 2, 1, tzinfo=UTC)
    buckets = Period.of(
        at("2017-01-01"), at("2017-03-31T23:59:59"), units=("month",), timezone="UTC", as_of=seen
    ).buckets
    assert [bucket.state for bucket in buckets] == [State.PAST, State.RUNNING, State.FUTURE]
    assert [bucket.last_date for bucket in buckets] == [
        date(2017, 1, 31),
        date(2017, 2, 1),
        date(2017, 2, 1),
    ]


def test_the_activity_window_starts_calendar_months_before_with_the_day_clamped() -> None:
    cut = Period.of(
        at("2017-05-31T12:00:00"),
        at("2017-06-30T23:59:59"),
        units=("month",),
        timezone="UTC",
        as_of=LATER,
    )
    starts = cut.activity_starts(3)[1:]
    assert starts == (datetime(2017, 2, 28, 12, tzinfo=UTC), datetime(2017, 3, 1, tzinfo=UTC))


ODD = ("Pacific/Apia", "Pacific/Fakaofo", "Australia/Lord_Howe", "Africa/Casablanca")
"""Zones that left out a day, move by half an hour, or have two changes in some months."""
ZONES = [*ODD, *some((name for name in zone_names() if name not in ODD), 36)]


@given(st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1)), st.integers(0, 120))
def test_months_back_equals_a_second_implementation(local: datetime, months: int) -> None:
    assert months_back(local, months) == local - relativedelta(months=months)


@pytest.mark.parametrize("name", ZONES)
def test_every_zone_cuts_years_into_contiguous_days_and_months(name: str) -> None:
    for year in (2000, 2011, 2018, 2024, 2037):
        first, last = datetime(year, 1, 1), datetime(year, 12, 31, 23, 59, 59)
        for unit, most in (("date", 366), ("month", 12), ("year", 1)):
            cut = Period.of(first, last, units=(unit,), timezone=name, as_of=LATER)
            buckets = cut.buckets
            assert all(a.end == b.start for a, b in itertools.pairwise(buckets))
            assert buckets[0].start == to_utc(first, zone(name))
            assert buckets[-1].end == to_utc(last + timedelta(seconds=1), zone(name))
            days = 366 if calendar.isleap(year) else 365
            assert len(buckets) == (days if unit == "date" else most) or name in (
                "Pacific/Apia",
                "Pacific/Fakaofo",
            )
            windows = cut.activity_starts(3)
            assert list(windows) == sorted(windows)


@pytest.mark.parametrize("name", ["Europe/Vienna", "America/New_York", "Australia/Lord_Howe"])
def test_edges_equal_a_second_implementation(name: str) -> None:
    other = dateutil_tz.gettz(name)
    for bucket in Period.of(
        datetime(2016, 1, 1),
        datetime(2018, 12, 31, 23, 59, 59),
        units=("date",),
        timezone=name,
        as_of=LATER,
    ).buckets:
        expected = bucket.local_start.replace(tzinfo=other).astimezone(UTC)
        assert bucket.start == expected


@pytest.mark.parametrize("name", ZONES)
def test_a_segment_has_one_local_date_for_its_rates(name: str) -> None:
    tz = zone(name)
    for start in (
        datetime(2010, 11, 1),
        datetime(2011, 12, 26),
        datetime(2018, 10, 28),
        datetime(2018, 2, 14),
    ):
        last = start + timedelta(days=12)
        buckets = Period.of(start, last, units=("month",), timezone=name, as_of=LATER).buckets
        dates = tuple((start + timedelta(days=n)).date() for n in range(-1, 14))
        pieces = segments(buckets, dates, timezone=name)
        assert pieces[0].start == buckets[0].start
        ends = [piece.start for piece in pieces[1:]] + [buckets[-1].end]
        for piece, end in zip(pieces, ends, strict=True):
            assert buckets[piece.bucket].start <= piece.start < end <= buckets[piece.bucket].end
            for instant in (
                piece.start,
                piece.start + (end - piece.start) / 2,
                end - timedelta(microseconds=1),
            ):
                assert local_date(instant, tz) == piece.day


def test_an_unknown_zone_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        zone("../../etc/passwd")
