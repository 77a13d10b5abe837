"""Parsing a column: its canonical value, and where it has none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from custdyn_widgets.model.schema import MAX_DECIMALS, MAX_INTEGER_DIGITS, Column, Reads, Table

INSTANT_TYPE = "timestamp(6)"
NANOSECONDS = 9
"""Digits of a second that an engine may hold; those after the sixth are cut, downwards."""
NUMBER_TYPE = "decimal(38, 24)"
"""A rate or a quantity in an engine that does not tell the scale of its numbers."""
MAX_DIGITS = 38
MAX_FAST_DIGITS = 18
"""A decimal of up to 18 digits is held in 8 bytes."""
DIGITS, DECIMALS = 9, 6
"""A number of up to that many integer digits and decimals is short: it needs no closer look."""
FLOATS = tuple(dt.Decimal(15, scale) for scale in (DECIMALS, 9, 12))
"""Every decimal of up to 15 digits leads to a binary float of its own, and back."""
EXACT_FLOAT = 2**53
"""Below it, a binary float tells every integer from its neighbours."""
FIRST, LAST = datetime.min, datetime.max  # noqa: DTZ901 compared without a zone
"""The instants (UTC) that Python, pandas and a calendar know."""
_SHORT = rf"^[+-]?[0-9]{{1,{DIGITS}}}(\.[0-9]{{0,{DECIMALS}}})?$"
_PLAIN = rf"^[+-]?[0-9]{{1,{MAX_INTEGER_DIGITS}}}(\.[0-9]{{0,{MAX_DECIMALS}}})?$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_INTEGER, _LEADING = r"^[+-]?0*([0-9]*)", r"^[+-]?0*\.(0*)[1-9]"
_ZERO = r"^[+-]?[0.]*([eE].*)?$"
_FRACTION = r"^[+-]?[0-9]*\.?([0-9]*?)0*([eE].*)?$"
_EXPONENT = r"^[^eE]*[eE]([+-]?[0-9]+)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_DAY = r"^(000[1-9]|00[1-9][0-9]|0[1-9][0-9]{2}|[1-9][0-9]{3})-[0-9]{2}-[0-9]{2}"
_TIME = r"[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
_UTC = rf"{_DAY}({_TIME}Z?)?$"
_OFFSET = rf"{_DAY}{_TIME}[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?$"
_WHOLE = r"^[+-]?[0-9]{1,18}$"
WHOLE = (Reads.ID, Reads.TEXT, Reads.WHOLE)


@dataclass(frozen=True)
class Numbers:
    """Numbers that came as text or binary floats: what one decimal type for all of them needs.

    `short`: which have at most DIGITS and DECIMALS; `floats`: which are exactly one of FLOATS.
    `digits` before and `decimals` after the point that each needs, null for what is no number.
    """

    raw: ir.Value
    short: ir.BooleanValue
    floats: tuple[ir.BooleanValue, ...]
    digits: ir.IntegerValue
    decimals: ir.IntegerValue

    def typed(self, digits: int, decimals: int, *, all_short: bool) -> ir.Value:
        """All of them as decimals of one type."""
        width = MAX_FAST_DIGITS if digits + decimals <= MAX_FAST_DIGITS else MAX_DIGITS
        kind = dt.Decimal(width, decimals)
        if not self.floats:
            return self.raw.cast(kind)
        if all_short:
            return self.raw.cast(FLOATS[0])
        exactly = self.raw.cast("string").cast(kind)
        near = [self.raw.try_cast(one).cast(kind) for one in FLOATS]
        return ibis.cases(*zip(self.floats, near, strict=True), else_=exactly)


@dataclass(frozen=True)
class Reading:
    """A column as it is read: the value, the faults by what is wrong, and remarks.

    `ranges` are faults that the statistics of a file can exclude. `numbers`: the value has a type
    when all of them are known; `approximate` says that they came as binary floats.
    """

    value: ir.Value
    faults: tuple[tuple[str, ir.BooleanValue], ...] = ()
    ranges: tuple[tuple[str, ir.BooleanValue], ...] = ()
    numbers: Numbers | None = None
    approximate: bool = False


class UnreadableType(Exception):
    """A column has a type that nothing can be read from as its table asks."""


def read(raw: ir.Value, column: Column) -> Reading:
    """Reads a raw column as its table says. Raises UnreadableType, naming the type."""
    return _READERS[column.reads](raw)


def empty(column: Column) -> ir.Value:
    """The canonical value of a column that a source does not have."""
    kinds = {Reads.INSTANT: INSTANT_TYPE, Reads.DATE: "date", Reads.WHOLE: "int64"}
    kinds |= dict.fromkeys((Reads.AMOUNT, Reads.NUMBER), f"decimal({MAX_FAST_DIGITS}, 0)")
    return ibis.null(kinds.get(column.reads, "string"))


def _read_id(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_integer():
        return Reading(raw if isinstance(kind, dt.Int64) else _whole_id(raw, kind))
    if kind.is_string() or kind.is_uuid():
        return Reading(raw.cast("string"))
    if kind.is_floating():
        return _whole_float(raw)
    raise UnreadableType(str(kind))


def _whole_float(raw: ir.Value) -> Reading:
    """Integers with gaps, which pandas holds as floats: exact as long as they are whole."""
    whole = (raw.abs() < EXACT_FLOAT) & (raw % 1 == 0)
    value = raw.try_cast("int64")
    return Reading(
        ibis.ifelse(whole, value, ibis.null("int64")),
        (("not a whole number", raw.notnull() & ~whole),),
    )


def _whole_id(raw: ir.Value, kind: dt.DataType) -> ir.Value:
    return raw.cast("string" if isinstance(kind, dt.UInt64) else "int64")


def _read_text(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_string() or kind.is_integer() or kind.is_uuid():
        return Reading(raw.cast("string"))
    if kind.is_floating():
        whole = _whole_float(raw)
        return Reading(whole.value.cast("string"), whole.faults)
    raise UnreadableType(str(kind))


def _read_instant(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_timestamp() or kind.is_date():
        # an engine's session runs in UTC: an aware instant loses its zone, not its time
        value = raw if kind == dt.dtype(INSTANT_TYPE) else raw.cast(INSTANT_TYPE)
        if isinstance(kind, dt.Timestamp) and kind.scale == NANOSECONDS:
            # a cast cuts towards 1970: before it that is upwards
            late = value.cast(kind) > raw
            value = ibis.ifelse(late, value - ibis.interval(microseconds=1), value)
        what = "not an instant of the years 1 to 9999"
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
        return _parsed(raw, value, "not an instant")
    raise UnreadableType(str(kind))


def _read_date(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_date():
        return Reading(raw)
    if kind.is_timestamp():
        day = raw.cast("date")
        instant = raw.cast(INSTANT_TYPE)
        return Reading(day, (("not a date but an instant", instant != day.cast(INSTANT_TYPE)),))
    if kind.is_string():
        return _shaped(raw, _DATE, "date", "not a date")
    raise UnreadableType(str(kind))


def _read_whole(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_integer():
        return Reading(raw.cast("int64"))
    if kind.is_floating():
        return _whole_float(raw)
    if kind.is_string():
        return _shaped(raw, _WHOLE, "int64", "not a whole number")
    raise UnreadableType(str(kind))


def _read_number(raw: ir.Value) -> Reading:
    """A rate or a quantity, as exact as it is stored. What is a number never becomes text."""
    kind = raw.type()
    if kind.is_decimal() and kind.precision:
        return Reading(raw)
    if kind.is_integer():
        return Reading(raw.cast(dt.Decimal(MAX_DIGITS, 0)))
    if kind.is_floating() or kind.is_decimal() or kind.is_string():
        return _numbers(raw, MAX_DIGITS, MAX_DIGITS, f"more than {MAX_DIGITS} digits")
    raise UnreadableType(str(kind))


def _read_amount(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_decimal():
        return _narrowed(raw, kind)
    if kind.is_integer():
        return Reading(raw.cast(dt.Decimal(MAX_DIGITS, 0)))
    if kind.is_floating() or kind.is_string():
        return _numbers(raw, MAX_INTEGER_DIGITS, MAX_DECIMALS, _too_long())
    raise UnreadableType(str(kind))


def _narrowed(raw: ir.Value, kind: dt.DataType) -> Reading:
    digits, scale = kind.precision or 38, kind.scale or 0
    if digits - scale <= MAX_INTEGER_DIGITS and scale <= MAX_DECIMALS:
        return Reading(raw)
    value = raw.try_cast(dt.Decimal(MAX_DIGITS, MAX_DECIMALS))
    again = value.try_cast(kind)
    lost = raw.notnull() & (value.isnull() | again.isnull() | (again != raw))
    return Reading(value, ((_too_long(), lost),))


def _numbers(raw: ir.Value, most: int, most_decimals: int, too_long: str) -> Reading:
    """Numbers of text or binary floats: exact, or a fault."""
    kind, text = raw.type(), raw.cast("string")
    known: list[tuple[ir.BooleanValue, Any, Any]]
    floats: list[ir.BooleanValue] = []
    if isinstance(kind, dt.Float64):
        size = raw.abs()
        whole = ibis.cases((size < 1e3, 3), (size < 1e6, 6), else_=DIGITS)
        floats = [(raw.try_cast(one).cast(kind) == raw).fill_null(False) for one in FLOATS]
        known = [(where, whole, one.scale) for where, one in zip(floats, FLOATS, strict=True)]
    else:
        raw, length, point = text, text.length(), text.find(".")
        whole, after = (
            ibis.ifelse(point < 0, *sizes) for sizes in ((length, point), (0, length - point - 1))
        )
        known = [(text.re_search(_SHORT), DIGITS, DECIMALS), (text.re_search(_PLAIN), whole, after)]
    shaped = text.re_search(_NUMBER)
    exponent = text.re_extract(_EXPONENT, 1).try_cast("int64").fill_null(0)
    decimals = _length(text, _FRACTION) - exponent
    digits = _length(text, _INTEGER) - _length(text, _LEADING) + exponent
    digits = ibis.ifelse(text.re_search(_ZERO), 0, digits)
    infinite = text.lower().re_search(r"^[+-]?(nan|inf|infinity)$")
    long = (decimals > most_decimals) | (digits > most) | (digits + decimals > MAX_DIGITS)

    def otherwise(fault: ir.BooleanValue) -> ir.BooleanValue:
        return ibis.cases(*((one, False) for one, *_ in known), else_=fault).fill_null(False)

    needs = [
        ibis.cases(*((one, need[at]) for one, *need in known), (shaped, closer), else_=None)
        for at, closer in enumerate((digits, decimals))
    ]
    return Reading(
        raw,
        (
            ("not finite", otherwise(infinite)),
            ("not a number", otherwise(~shaped & ~infinite)),
            (too_long, otherwise(shaped & long)),
        ),
        numbers=Numbers(raw, known[0][0], tuple(floats), *needs),
        approximate=kind.is_floating(),
    )


def _length(text: ir.StringValue, part: str) -> ir.IntegerValue:
    return text.re_extract(part, 1).length().cast("int64")


def _shaped(raw: ir.StringValue, shape: str, kind: str, fault: str) -> Reading:
    value = ibis.ifelse(raw.re_search(shape), raw.try_cast(kind), ibis.null(kind))
    return _parsed(raw, value, fault)


def _parsed(raw: ir.StringValue, value: ir.Value, fault: str) -> Reading:
    return Reading(value, ((fault, raw.notnull() & value.isnull()),))


def _too_long() -> str:
    return f"more than {MAX_DECIMALS} decimals or {MAX_INTEGER_DIGITS} integer digits"


_READERS = {
    Reads.ID: _read_id,
    Reads.TEXT: _read_text,
    Reads.INSTANT: _read_instant,
    Reads.DATE: _read_date,
    Reads.WHOLE: _read_whole,
    Reads.AMOUNT: _read_amount,
    Reads.NUMBER: _read_number,
}


def float_note(table: Table | str, column: str) -> str:
    """What a report says of amounts that came as binary floats."""
    name = table if isinstance(table, str) else table.name
    return (
        f"{name}.{column}: amounts came as binary floats and were taken at their shortest decimal"
    )
