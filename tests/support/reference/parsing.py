"""Parsing a column: its canonical value, and where it has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from custdyn_widgets.model.schema import MAX_DECIMALS, MAX_INTEGER_DIGITS, Column, Reads, Table

INSTANT_TYPE = "timestamp(6)"
NUMBER_TYPE = "decimal(38, 24)"
MAX_FLOAT = 1e14
"""What is as large does not fit NUMBER_TYPE."""
WHOLE_NUMBER_TYPE = "decimal(38, 0)"
SHORT_TYPE = "decimal(15, 6)"
WIDEST = f"decimal({MAX_DECIMALS + MAX_INTEGER_DIGITS}, {MAX_DECIMALS})"
EXACT_FLOAT = 2**53
"""Below it, a binary float tells every integer from its neighbours."""
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_FRACTION = r"^[+-]?[0-9]*\.?([0-9]*?)0*([eE].*)?$"
_EXPONENT = r"^[^eE]*[eE]([+-]?[0-9]+)$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_INSTANT = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]+)?)?"
    r"(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)?)?$"
)
_WHOLE = r"^[+-]?[0-9]{1,18}$"
WHOLE = (Reads.ID, Reads.TEXT, Reads.WHOLE)


@dataclass(frozen=True)
class Reading:
    """A column as it is read: the value, the faults by what is wrong, and remarks.

    `decimals` counts the decimals that each amount needs, where its type does not tell;
    `approximate` says that the amounts came as binary floats.
    """

    value: ir.Value
    faults: tuple[tuple[str, ir.BooleanValue], ...] = ()
    decimals: ir.IntegerValue | None = None
    approximate: bool = False


class UnreadableType(Exception):
    """A column has a type that nothing can be read from as its table asks."""


def read(raw: ir.Value, column: Column) -> Reading:
    """Reads a raw column as its table says. Raises UnreadableType, naming the type."""
    return _READERS[column.reads](raw)


def empty(column: Column) -> ir.Value:
    """The canonical value of a column that a source does not have."""
    kinds = {Reads.INSTANT: INSTANT_TYPE, Reads.DATE: "date", Reads.WHOLE: "int64"}
    kinds |= {Reads.AMOUNT: WIDEST, Reads.NUMBER: NUMBER_TYPE}
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
        return Reading(raw if kind == dt.dtype(INSTANT_TYPE) else raw.cast(INSTANT_TYPE))
    if kind.is_string():
        return _parsed(raw, _INSTANT, "timestamp('UTC')", "not an instant", INSTANT_TYPE)
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
        return _parsed(raw, _DATE, "date", "not a date")
    raise UnreadableType(str(kind))


def _read_whole(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_integer():
        return Reading(raw.cast("int64"))
    if kind.is_floating():
        return _whole_float(raw)
    if kind.is_string():
        return _parsed(raw, _WHOLE, "int64", "not a whole number")
    raise UnreadableType(str(kind))


def _read_number(raw: ir.Value) -> Reading:
    """A rate or a quantity, as exact as it is stored. What is a number never becomes text."""
    kind = raw.type()
    if kind.is_decimal() and kind.precision:
        return Reading(raw)
    if kind.is_integer():
        return Reading(raw.cast(WHOLE_NUMBER_TYPE))
    if kind.is_floating():
        fits = (raw.abs() < MAX_FLOAT).fill_null(False)
        return Reading(_shortest(raw, kind), (("not a number", raw.notnull() & ~fits),))
    if kind.is_decimal() or kind.is_string():
        text = raw.cast("string")
        value = text.try_cast(NUMBER_TYPE)
        good = text.re_search(_NUMBER) & value.notnull()
        return Reading(
            ibis.ifelse(good, value, ibis.null(NUMBER_TYPE)),
            (("not a number", raw.notnull() & ~good),),
        )
    raise UnreadableType(str(kind))


def _shortest(raw: ir.Value, kind: dt.DataType) -> ir.Value:
    """A float as its shortest decimal: up to 15 digits that lead back to it are that one.

    Only what has more digits, or is of 32 bits, takes the way through text.
    """
    through_text = raw.cast("string").try_cast(NUMBER_TYPE)
    if not isinstance(kind, dt.Float64):
        return through_text
    short = raw.try_cast(SHORT_TYPE)
    return ibis.ifelse(short.cast("float64") == raw, short.cast(NUMBER_TYPE), through_text)


def _read_amount(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_decimal():
        return _narrowed(raw, kind)
    if kind.is_integer():
        return Reading(raw.cast(f"decimal({MAX_INTEGER_DIGITS + MAX_DECIMALS}, 0)"))
    if kind.is_floating():
        reading = _number(raw.cast("string"))
        return Reading(reading.value, reading.faults, reading.decimals, approximate=True)
    if kind.is_string():
        return _number(raw)
    raise UnreadableType(str(kind))


def _narrowed(raw: ir.Value, kind: dt.DataType) -> Reading:
    digits, scale = kind.precision or 38, kind.scale or 0
    if digits - scale <= MAX_INTEGER_DIGITS and scale <= MAX_DECIMALS:
        return Reading(raw)
    value = raw.try_cast(WIDEST)
    again = value.try_cast(kind)
    lost = raw.notnull() & (value.isnull() | again.isnull() | (again != raw))
    return Reading(value, ((_too_long(), lost),))


def _number(text: ir.StringValue) -> Reading:
    shaped = text.re_search(_NUMBER)
    exponent = ibis.ifelse(
        text.re_search(_EXPONENT), text.re_extract(_EXPONENT, 1).try_cast("int64"), 0
    )
    decimals = text.re_extract(_FRACTION, 1).length().cast("int64") - exponent
    value = text.try_cast(WIDEST)
    infinite = text.lower().re_search(r"^[+-]?(nan|inf|infinity)$")
    too_long = (decimals > MAX_DECIMALS) | value.isnull()
    return Reading(
        ibis.ifelse(shaped, value, ibis.null(WIDEST)),
        (
            ("not finite", infinite.fill_null(False)),
            ("not a number", (~shaped & ~infinite).fill_null(False)),
            (_too_long(), (shaped & too_long).fill_null(False)),
        ),
        decimals=ibis.ifelse(shaped, decimals, 0),
    )


def _parsed(
    raw: ir.StringValue, shape: str, first: str, fault: str, then: str | None = None
) -> Reading:
    value = raw.try_cast(first)
    value = value.cast(then) if then else value
    good = raw.re_search(shape) & value.notnull()
    return Reading(
        ibis.ifelse(good, value, ibis.null(value.type())), ((fault, raw.notnull() & ~good),)
    )


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


def column_of(values: Iterable[object], column: Column) -> tuple[pa.Array, bool]:
    """A column of text, and whether amounts among it came as binary floats.

    Raises UnicodeDecodeError for bytes that are not UTF-8.
    """
    listed = list(values)
    floats = column.reads is Reads.AMOUNT and any(
        isinstance(value, float) and not pd.isna(value) for value in listed
    )
    return pa.array([_text(value, column) for value in listed], pa.string()), floats


def float_note(table: Table | str, column: str) -> str:
    """What a report says of amounts that came as binary floats."""
    name = table if isinstance(table, str) else table.name
    return (
        f"{name}.{column}: amounts came as binary floats and were taken at their shortest decimal"
    )


def _text(value: object, column: Column) -> str | None:
    if value is None or (not isinstance(value, str | bytes) and pd.isna(value)):  # type: ignore[call-overload]
        return None
    if isinstance(value, float):
        # integers with gaps are often held as floats: 3.0 is the id 3
        whole = column.reads in WHOLE and float(value).is_integer()
        return str(int(value)) if whole else repr(float(value))
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return value.decode("utf-8") if isinstance(value, bytes) else str(value)
