"""Reading instants and dates: of text, and of the types of an engine."""

from __future__ import annotations

from datetime import datetime

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from custdyn_widgets.sources.reading import (
    INSTANT_TYPE,
    Reading,
    UnreadableType,
    parsed,
    shaped,
)

NANOSECONDS = 9
"""Digits of a second that an engine may hold; those after the sixth are cut, downwards."""
NANOSECOND_ENDS = (
    datetime(1677, 9, 21, 0, 12, 43, 145224),
    datetime(2262, 4, 11, 23, 47, 16, 854775),
)
"""The first and the last instant that 64 bits of nanoseconds hold."""
FIRST, LAST = datetime.min, datetime.max  # noqa: DTZ901 compared without a zone
"""The instants (UTC) that Python, pandas and a calendar know."""
_DAY = r"^(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
_DATE = rf"{_DAY}$"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_UTC = rf"{_DAY}({_TIME}Z?)?$"
_OFFSET = rf"{_DAY}{_TIME}[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?$"


def read_instant(raw: ir.Value) -> Reading:
    """An instant to the microsecond, UTC. Raises UnreadableType."""
    kind = raw.type()
    if kind.is_timestamp() or kind.is_date():
        # an engine's session runs in UTC: an aware instant loses its zone, not its time
        value = raw if kind == dt.dtype(INSTANT_TYPE) else raw.cast(INSTANT_TYPE)
        what = "not an instant of the years 1 to 9999"
        if isinstance(kind, dt.Timestamp) and kind.scale in (0, 3):
            value = raw.try_cast(INSTANT_TYPE)
            return Reading(value, ((what, raw.notnull() & value.isnull()),))
        if isinstance(kind, dt.Timestamp) and kind.scale == NANOSECONDS:
            value = _of_nanoseconds(raw, value)
        return Reading(value, ranges=((what, value < FIRST), (what, value > LAST)))
    if kind.is_string():
        # an engine drops the offset of a text that it takes for a plain timestamp
        in_utc, last_day = raw.re_search(_UTC), raw.startswith("9999-12-31")
        aware = raw.try_cast("timestamp('UTC')").cast(INSTANT_TYPE)
        value = ibis.cases(
            (in_utc & ~last_day, raw.try_cast(INSTANT_TYPE)),
            ((in_utc | raw.re_search(_OFFSET)) & aware.between(FIRST, LAST), aware),
            else_=ibis.null(INSTANT_TYPE),
        )
        return parsed(raw, value, "not an instant")
    raise UnreadableType(str(kind))


def _of_nanoseconds(raw: ir.Value, value: ir.Value) -> ir.Value:
    """Cut downwards: a cast cuts towards 1970. The ends are infinite for an engine, not for us."""
    late = value.cast(raw.type()) > raw
    cut = ibis.ifelse(late, value - ibis.interval(microseconds=1), value)
    first, last = (ibis.literal(one, type=INSTANT_TYPE) for one in NANOSECOND_ENDS)
    return ibis.cases((value > LAST, last), (value < FIRST, first), else_=cut)


def read_date(raw: ir.Value) -> Reading:
    """A date. Raises UnreadableType."""
    kind = raw.type()
    what = "not a date of the years 1 to 9999"
    if kind.is_date():
        return Reading(raw, ranges=((what, raw < FIRST.date()), (what, raw > LAST.date())))
    if kind.is_timestamp():
        day = raw.cast("date")
        instant = raw.cast(INSTANT_TYPE)
        return Reading(day, (("not a date but an instant", instant != day.cast(INSTANT_TYPE)),))
    if kind.is_string():
        return shaped(raw, _DATE, "date", "not a date")
    raise UnreadableType(str(kind))
