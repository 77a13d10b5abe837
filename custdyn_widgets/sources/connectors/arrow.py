"""Columns of Arrow in types that the engine can hold, exact."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAX_DIGITS = 38


def held(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """The same values in a type that the engine holds.

    A decimal of more than 38 digits becomes one of 38 where its values fit, else text, of which
    every number that does not fit is named. What is finer than a microsecond is cut downwards.
    """
    kind = values.type
    if isinstance(kind, pa.BaseExtensionType) and kind.extension_name != "arrow.uuid":
        return held(pa.chunked_array([one.storage for one in values.chunks], kind.storage_type))
    if pa.types.is_dictionary(kind) and not pa.types.is_string_view(kind.value_type):
        return held(values.cast(kind.value_type))
    if pa.types.is_run_end_encoded(kind):
        return held(pa.chunked_array([pc.run_end_decode(one) for one in values.chunks]))
    if pa.types.is_decimal256(kind):
        try:
            return values.cast(pa.decimal128(MAX_DIGITS, min(kind.scale, MAX_DIGITS)))
        except pa.ArrowInvalid:
            return values.cast(pa.string())
    if pa.types.is_float16(kind):
        return values.cast(pa.float32())
    if pa.types.is_timestamp(kind) and kind.unit == "ns":
        cut = [_microseconds(one) for one in values.chunks]
        return pa.chunked_array(cut, pa.int64()).cast(pa.timestamp("us", kind.tz))
    return values


def _microseconds(nanoseconds: pa.Array) -> pa.Array:
    whole = nanoseconds.cast(pa.int64())
    floors = np.floor_divide(pc.fill_null(whole, 0).to_numpy(), 1_000)
    return pa.array(floors, mask=nanoseconds.is_null().to_numpy(zero_copy_only=False))
