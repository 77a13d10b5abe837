"""The period before or after that of a query, and the period up to today."""

from __future__ import annotations

from datetime import datetime, timedelta

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.periods import EARLIEST, LATEST, SECOND, begins_month, months_back
from custdyn_widgets.model.presets import PRESETS, resolve_preset
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.query.query import Query

NO_TIME = datetime.min.time()


def stepped(query: Query, by: int, as_of: datetime) -> Query:
    """The query with the period `by` lengths later, or earlier where that is negative.

    A period of whole calendar months moves by as many months, any other by its length on the
    wall clock; a preset's period is that preset again. Raises QueryError where it would leave the
    years that a period may have.
    """
    first, last = query.interval(as_of)
    end = last + SECOND
    if begins_month(first) and begins_month(end):
        months = (end.year - first.year) * 12 + end.month - first.month
        first, end = (months_back(one, -by * months) for one in (first, end))
    else:
        length = end - first
        first, end = first + by * length, end + by * length
    if first < EARLIEST or end - SECOND > LATEST:
        what = f"would leave the years {EARLIEST:%Y} to {LATEST:%Y}"
        raise QueryError([FieldFault("period", query.to_dict()["period"], what)])
    return _with_period(query, first, end - SECOND, as_of)


def to_date(query: Query, as_of: datetime) -> Query | None:
    """The query with its period cut at the end of today; None where today is not within it."""
    first, last = query.interval(as_of)
    today = datetime.combine(in_zone(as_of, zone(query.timezone)).date(), NO_TIME)
    end = today + timedelta(days=1) - SECOND
    return _with_period(query, first, end, as_of) if first <= end < last else None


def _with_period(query: Query, first: datetime, last: datetime, as_of: datetime) -> Query:
    for preset in PRESETS:
        if resolve_preset(preset, as_of=as_of, timezone=query.timezone) == (first, last):
            return query.with_fields({"period": preset})
    return query.with_fields({"period": {"from": str(first), "to": str(last)}})
