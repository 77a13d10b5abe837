"""Parsing a column: its canonical value, and where it has none."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from custdyn_widgets.model.schema import MAX_DECIMALS, MAX_INTEGER_DIGITS, Column, Reads, Table
from custdyn_widgets.sources.instants import read_date, read_instant
from custdyn_widgets.sources.reading import (
    DECIMALS,
    DIGITS,
    FLOATS,
    INSTANT_TYPE,
    MAX_DIGITS,
    MAX_FAST_DIGITS,
    Numbers,
    Reading,
    UnreadableType,
    shaped,
)

NUMBER_TYPE = "decimal(38, 24)"
"""A rate or a quantity in an engine that does not tell the scale of its numbers."""
EXACT_FLOAT = 2**53
"""Below it, a binary float tells every integer from its neighbours."""
_SHORT = rf"^[+-]?[0-9]{{1,{DIGITS}}}(\.[0-9]{{0,{DECIMALS}}})?$"
_PLAIN = rf"^[+-]?[0-9]{{1,{MAX_INTEGER_DIGITS}}}(\.[0-9]{{0,{MAX_DECIMALS}}})?$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,3})?$"
_INTEGER, _LEADING = r"^[+-]?0*([0-9]*)", r"^[+-]?0*\.(0*)[1-9]"
_ZERO = r"^[+-]?[0.]*([eE].*)?$"
_FRACTION = r"^[+-]?[0-9]*\.?([0-9]*?)0*([eE].*)?$"
_EXPONENT = r"^[^eE]*[eE]([+-]?[0-9]+)$"
_WHOLE = r"^[+-]?[0-9]{1,18}$"
WHOLE = (Reads.ID, Reads.TEXT, Reads.WHOLE)


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
    if kind.is_string() or kind.is_uuid() or (kind.is_decimal() and kind.scale == 0):
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
    if kind.is_string() or kind.is_integer() or kind.is_uuid() or kind.is_json():
        return Reading(raw.cast("string"))
    if kind.is_floating():
        whole = _whole_float(raw)
        return Reading(whole.value.cast("string"), whole.faults)
    raise UnreadableType(str(kind))


def _read_whole(raw: ir.Value) -> Reading:
    kind = raw.type()
    if kind.is_integer() or (kind.is_decimal() and kind.scale == 0):
        return Reading(raw.cast("int64"))
    if kind.is_floating():
        return _whole_float(raw)
    if kind.is_string():
        return shaped(raw, _WHOLE, "int64", "not a whole number")
    raise UnreadableType(str(kind))


def _read_number(raw: ir.Value) -> Reading:
    """A rate or a quantity, as exact as it is stored. What is a number never becomes text."""
    kind = raw.type()
    narrow = kind.is_decimal() and (kind.scale or 0) <= MAX_DECIMALS
    if kind == dt.dtype(NUMBER_TYPE) or (narrow and kind.precision):
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
        signed = text.startswith("-") | text.startswith("+")
        raw, length, point = text, text.length() - signed.cast("int64"), text.find(".")
        point = ibis.ifelse(signed & (point >= 0), point - 1, point)
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
        numbers=Numbers(raw, known[0][0], tuple(floats), needs[0], needs[1], (digits, decimals)),
        approximate=kind.is_floating(),
    )


def _length(text: ir.StringValue, part: str) -> ir.IntegerValue:
    return text.re_extract(part, 1).length().cast("int64")


def _too_long() -> str:
    return f"more than {MAX_DECIMALS} decimals or {MAX_INTEGER_DIGITS} integer digits"


_READERS = {
    Reads.ID: _read_id,
    Reads.TEXT: _read_text,
    Reads.INSTANT: read_instant,
    Reads.DATE: read_date,
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
