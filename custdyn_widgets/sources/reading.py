"""A column as it is read: its value, what is wrong with it, and what its numbers need."""

from __future__ import annotations

from dataclasses import dataclass

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

INSTANT_TYPE = "timestamp(6)"
MAX_DIGITS = 38
MAX_FAST_DIGITS = 18
"""A decimal of up to 18 digits is held in 8 bytes."""
DIGITS, DECIMALS = 9, 6
"""A number of up to that many integer digits and decimals is short: it needs no closer look."""
FLOATS = tuple(dt.Decimal(15, scale) for scale in (DECIMALS, 9, 12))
"""Every decimal of up to 15 digits leads to a binary float of its own, and back."""


@dataclass(frozen=True)
class Numbers:
    """Numbers that came as text or binary floats: what one decimal type for all of them needs.

    `short`: which have at most DIGITS and DECIMALS; `floats`: which are exactly one of FLOATS.
    `digits` before and `decimals` after the point that each needs at most, null for what is no
    number; `exactly`: what it needs, which takes longer to find.
    """

    raw: ir.Value
    short: ir.BooleanValue
    floats: tuple[ir.BooleanValue, ...]
    digits: ir.IntegerValue
    decimals: ir.IntegerValue
    exactly: tuple[ir.IntegerValue, ir.IntegerValue]

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


def shaped(raw: ir.StringValue, shape: str, kind: str, fault: str) -> Reading:
    """Text of a shape, cast to a kind; other text is a fault."""
    value = ibis.ifelse(raw.re_search(shape), raw.try_cast(kind), ibis.null(kind))
    return parsed(raw, value, fault)


def parsed(raw: ir.StringValue, value: ir.Value, fault: str) -> Reading:
    """A value that is null where the text could not be read."""
    return Reading(value, ((fault, raw.notnull() & value.isnull()),))
