"""Python values → the text a column is read from; nothing is rounded, nothing guessed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

import pandas as pd
import pyarrow as pa

from custdyn_widgets.model.schema import Column, Reads, Table

WHOLE = (Reads.ID, Reads.TEXT, Reads.WHOLE)


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
