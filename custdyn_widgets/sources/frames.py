"""pandas DataFrames as a source."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from ..errors import DataError, DataFault, SourceError
from ..tables import TABLES
from .engine import Engine
from .source import Raw, Source


def open_frames(frames: Mapping[str, pd.DataFrame], name: str = "DataFrames") -> Source:
    """The source in DataFrames, by table name. They are copied: later changes do not matter."""
    if strange := sorted(set(frames) - set(TABLES)):
        right = ", ".join(TABLES)
        raise SourceError(name, f"{', '.join(strange)}: no such table", f"the tables are {right}")
    arrow = {table: _arrow(table, frame) for table, frame in frames.items()}

    def load(engine: Engine) -> Raw:
        kept = {table: engine.keep(f"raw_{table}", rows) for table, rows in arrow.items()}
        return Raw(kept, copied=True)

    return Source(name, load)


def _arrow(table: str, frame: pd.DataFrame) -> pa.Table:
    known = [column for column in TABLES[table].columns if column.name in frame.columns]
    if double := [column.name for column in known if frame[column.name].ndim > 1]:
        raise DataError(
            [DataFault(table, column, 0, "the column is there more than once") for column in double]
        )
    return pa.table({column.name: _values(frame[column.name]) for column in known})


def _values(values: pd.Series[Any]) -> pa.Array:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(values.dtype.categories.dtype)
    if values.dtype == object:
        return pa.array([_text(value) for value in values], pa.string())
    array = pa.array(values, from_pandas=True)  # pandas means a gap by "not a number"
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        return array.cast(pa.timestamp("us", array.type.tz), safe=False)
    return array


def _text(value: object) -> str | None:
    """A Python object as the text that a column is read from; nothing is rounded."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return None if math.isnan(value) else repr(value)
    if isinstance(value, Decimal):
        return format(value, "f") if value.is_finite() else str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)
