"""CachedExtract as a source: of pandas, Polars, PyArrow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pandas as pd
import pyarrow as pa

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.model.schema import TABLES, Column, Reads
from custdyn_widgets.sources.connectors.arrow import held
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.parsing import WHOLE, float_note
from custdyn_widgets.sources.snapshot import Raw
from custdyn_widgets.sources.source import Source

GIVE = "give a DataFrame of pandas or Polars (of a lazy one, collect()), or a PyArrow"
Tables = Mapping[str, Any]
"""Frames by table name: of pandas or Polars, tables of PyArrow, or what else speaks Arrow."""


def open_frames(frames: Tables, name: str = "DataFrames") -> Source:
    """The source in frames, by table name. They are copied: later changes do not matter.

    Raises SourceError for what is no table, and for the name of none.
    """
    if strange := sorted(map(str, set(frames) - set(TABLES))):
        right = ", ".join(TABLES)
        raise SourceError(name, f"{', '.join(strange)}: no such table", f"the tables are {right}")
    notes: list[str] = []
    arrow = {table: _arrow(name, table, frame, notes) for table, frame in frames.items()}

    def load(engine: Engine) -> Raw:
        kept = {table: engine.keep(f"raw_{table}", rows) for table, rows in arrow.items()}
        return Raw(kept, copied=True, notes=tuple(notes))

    return Source(name, load)


def _arrow(name: str, table: str, frame: object, notes: list[str]) -> pa.Table:
    """The columns of a table in Arrow; of other columns only the names."""
    if not isinstance(frame, pd.DataFrame):
        try:
            given = pa.RecordBatchReader.from_stream(frame).read_all()
        except (TypeError, pa.ArrowException) as error:
            what, how = f"{table} is a {type(frame).__name__}", f"{GIVE} table"
            if hasattr(frame, "collect_schema") and hasattr(frame, "__arrow_c_stream__"):
                what, how = f"{table} cannot be taken as Arrow: {error}", "cast that column"
            raise SourceError(name, what, how) from None
        names, columns = given.column_names, list(given.columns)
    else:
        if frame.columns.nlevels > 1:
            what = f"{table} has columns of {frame.columns.nlevels} levels: {frame.columns[0]}"
            raise SourceError(name, what, "leave one: frame.columns.droplevel(0)")
        own = [one for one in frame.index.names if one is not None and one not in frame.columns]
        frame = frame.reset_index(own) if own else frame  # a name makes an index a column
        names, columns = list(frame.columns), [column for _, column in frame.items()]
    known = {column.name: column for column in TABLES[table].columns}
    if double := [one for one in known if names.count(one) > 1]:
        what = "the column is there more than once"
        raise DataError([DataFault(table, one, 0, what) for one in double])
    if not names:
        raise DataError([DataFault(table, None, 0, "the table has no columns")])
    made = {}
    for column, values in zip(names, columns, strict=True):
        if column not in known:
            made[str(column)] = pa.nulls(len(values))
        elif isinstance(values, pa.ChunkedArray):
            made[column] = held(values)
        else:
            try:
                made[column], floats = _values(table, values, known[column])
            except (ArithmeticError, UnicodeError) as error:
                what = f"a value cannot be read: {type(error).__name__}"
                raise DataError([DataFault(table, column, 0, what)]) from None
            except pa.ArrowException:
                what = f"its type {values.dtype} cannot be read as {known[column].reads.value}"
                raise DataError([DataFault(table, column, 0, what)]) from None
            notes += [float_note(table, column)] if floats else []
    folded = {column.casefold(): column for column in [*made, *known] if column in made}
    return pa.table({column: made[column] for column in folded.values()})  # DuckDB knows no case


def _values(table: str, values: pd.Series[Any], column: Column) -> tuple[Any, bool]:
    if isinstance(values.dtype, pd.SparseDtype):
        values = values.astype(values.dtype.subtype)
    if isinstance(values.dtype, pd.CategoricalDtype):
        values = values.astype(object)
    if values.dtype == object:
        try:
            return column_of(values, column)
        except UnicodeDecodeError:
            fault = DataFault(table, column.name, 0, "it has bytes that are not text in UTF-8")
            raise DataError([fault]) from None
    # pandas means a gap by "not a number"
    return held(pa.chunked_array([pa.array(values, from_pandas=True)])), False


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
    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):  # type: ignore[call-overload]
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
