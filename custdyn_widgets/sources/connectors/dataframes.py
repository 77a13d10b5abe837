"""pandas DataFrames as a source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.model.schema import TABLES, Column, Reads
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import WHOLE, float_note
from custdyn_widgets.sources.snapshot import Raw
from custdyn_widgets.sources.source import Source


def open_frames(frames: Mapping[str, pd.DataFrame], name: str = "DataFrames") -> Source:
    """The source in DataFrames, by table name. They are copied: later changes do not matter."""
    if strange := sorted(set(frames) - set(TABLES)):
        right = ", ".join(TABLES)
        raise SourceError(name, f"{', '.join(strange)}: no such table", f"the tables are {right}")
    notes: list[str] = []
    arrow = {table: _arrow(table, frame, notes) for table, frame in frames.items()}

    def load(engine: Engine) -> Raw:
        kept = {table: engine.keep(f"raw_{table}", rows) for table, rows in arrow.items()}
        return Raw(kept, copied=True, notes=tuple(notes))

    return Source(name, load)


def _arrow(table: str, frame: pd.DataFrame, notes: list[str]) -> pa.Table:
    known = [column for column in TABLES[table].columns if column.name in frame.columns]
    if double := [column.name for column in known if frame[column.name].ndim > 1]:
        raise DataError(
            [DataFault(table, column, 0, "the column is there more than once") for column in double]
        )
    made = {}
    for column in known:
        made[column.name], floats = _values(table, frame[column.name], column)
        notes += [float_note(table, column.name)] if floats else []
    return pa.table(made)


def _values(table: str, values: pd.Series[Any], column: Column) -> tuple[pa.Array, bool]:
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if values.dtype == object:
        try:
            return column_of(values, column)
        except UnicodeDecodeError:
            fault = DataFault(table, column.name, 0, "it has bytes that are not text in UTF-8")
            raise DataError([fault]) from None
    array = pa.array(values, from_pandas=True)  # pandas means a gap by "not a number"
    if pa.types.is_timestamp(array.type) and array.type.unit == "ns":
        array = array.cast(pa.timestamp("us", array.type.tz), safe=False)
    return array, False


def column_of(values: Iterable[object], column: Column) -> tuple[pa.Array, bool]:
    """A column of text, and whether amounts among it came as binary floats.

    Raises UnicodeDecodeError for bytes that are not UTF-8.
    """
    listed = list(values)
    floats = column.reads is Reads.AMOUNT and any(
        isinstance(value, float) and not pd.isna(value) for value in listed
    )
    return pa.array([_text(value, column) for value in listed], pa.string()), floats


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
