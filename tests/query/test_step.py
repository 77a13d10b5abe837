"""The period before, the one after, and the one up to today."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from custdyn_widgets import Query
from custdyn_widgets.errors import QueryError
from custdyn_widgets.query.step import stepped, to_date

NOW = datetime(2026, 3, 15, 12, tzinfo=UTC)


def moved(period: object, by: int) -> object:
    """The period of a query that was moved, JSON-shaped."""
    return stepped(Query.model_validate({"period": period}), by, NOW).to_dict()["period"]


@pytest.mark.parametrize(
    ("period", "before", "after"),
    [
        ("this_month", "last_month", {"from": "2026-04-01T00:00:00", "to": "2026-04-30T23:59:59"}),
        ("last_year", {"from": "2024-01-01T00:00:00", "to": "2024-12-31T23:59:59"}, "this_year"),
        ("today", "yesterday", {"from": "2026-03-16T00:00:00", "to": "2026-03-16T23:59:59"}),
        (
            {"from": "2024-01-01", "to": "2024-02-29"},
            {"from": "2023-11-01T00:00:00", "to": "2023-12-31T23:59:59"},
            {"from": "2024-03-01T00:00:00", "to": "2024-04-30T23:59:59"},
        ),
        (
            {"from": "2024-02-10", "to": "2024-02-19"},
            {"from": "2024-01-31T00:00:00", "to": "2024-02-09T23:59:59"},
            {"from": "2024-02-20T00:00:00", "to": "2024-02-29T23:59:59"},
        ),
    ],
)
def test_a_period_moves_by_its_own_length(period: object, before: object, after: object) -> None:
    assert moved(period, -1) == before
    assert moved(period, 1) == after


def test_there_and_back_is_where_one_was() -> None:
    for period in ("this_year", "last_quarter", "last_7_days", "last_12_months"):
        query = Query.model_validate({"period": period})
        there = stepped(stepped(query, 1, NOW), -1, NOW)
        assert there.interval(NOW) == query.interval(NOW)


@pytest.mark.parametrize(
    ("period", "by"),
    [
        ({"from": "1900-01-01", "to": "1900-12-31"}, -1),
        ({"from": "2999-01-01", "to": "2999-12-31"}, 1),
    ],
)
def test_no_step_leaves_the_years_that_a_period_may_have(period: object, by: int) -> None:
    with pytest.raises(QueryError, match="1900"):
        moved(period, by)


def test_to_date_ends_with_today_on_the_clock_of_the_query() -> None:
    year = Query(period="this_year", timezone="Pacific/Auckland")
    cut = to_date(year, NOW)
    assert cut is not None
    assert str(cut.interval(NOW)[1]) == "2026-03-16 23:59:59"  # there it is tomorrow already
    assert to_date(Query(period="last_year"), NOW) is None
    assert to_date(Query(period="today"), NOW) is None
