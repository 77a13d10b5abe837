"""A report as pandas frames: typed, in the report's order, with instants in its zone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from custdyn_widgets.extract.arrays import Ints
from custdyn_widgets.model.cells import Cell, Column, Value
from custdyn_widgets.model.money import EXACT, rounded
from custdyn_widgets.model.periods import Bucket, microseconds
from custdyn_widgets.model.time_zones import in_zone, zone
from custdyn_widgets.report.report import Report

SHORT, LONG = 18, 38
"""Digits of an exact column: pandas calculates with the short ones."""
FINEST = 18
"""Decimals of what is converted, where exactly it has more, or no end."""


class Frame(pd.DataFrame):
    """A DataFrame that Excel takes, too: it has no time zones, so it gets wall-clock time."""

    @property
    def _constructor(self) -> type[Frame]:
        return Frame

    def to_excel(  # type: ignore[misc]
        self, *arguments: Any, **options: Any
    ) -> None:
        """Writes an Excel sheet; see `pandas.DataFrame.to_excel`."""
        plain = pd.DataFrame(self)
        for name in plain.select_dtypes("datetimetz"):
            plain[name] = plain[name].dt.tz_localize(None)
        if isinstance(plain.index, pd.DatetimeIndex):
            plain.index = plain.index.tz_localize(None)
        plain.to_excel(*arguments, **options)


def cells(report: Report, *, exact: bool = False) -> Frame:
    """One line a cell; see `Result.frame`."""
    wide, high = len(report.buckets), len(report.rows)
    rows, units = report.rows, report.query.time_units
    columns: dict[str, Any] = {
        "block": category([row.block for row in rows], each=wide),
        "package": category([row.package for row in rows], each=wide),
        "row": category([row.row for row in rows], each=wide),
    }
    for level, unit in enumerate(units[:-1]):
        labels = [bucket.parents[level] for bucket in report.buckets]
        columns[unit] = category(labels, times=high)
    columns |= _when(report, report.buckets, "", high)
    columns["state"] = category([one.state.value for one in report.buckets], times=high)
    columns["unit"] = category([row.defined.unit for row in rows], each=wide)
    columns["value"] = _values((row.cells for row in rows), exact=exact)
    reasons = [one.reason and one.reason.value for row in rows for one in row.cells]
    columns["reason"] = category(reasons)
    if report.other is not None:
        columns |= _when(report, report.other.buckets, "other_", high)
        for name in ("other", "delta", "percent"):
            lines = (getattr(row.compared, name) for row in rows)
            columns[name] = _values(lines, exact=exact)
    return Frame(columns)


def numbers(report: Report) -> Frame:
    """One column a line of the table, one line a bucket; see `Result.numbers`."""
    columns = {
        f"{row.title} / {line.name}": _values([line.cells], exact=False)
        for row in report.rows
        for line in row.lines
    }
    index = instants([microseconds(one.start) for one in report.buckets], report.query.timezone)
    return Frame(columns, index=index.rename("start"))


def _when(report: Report, buckets: Sequence[Bucket | None], before: str, times: int) -> Any:
    """The columns of buckets: label, start and end (not included)."""
    made: dict[str, Any] = {}
    labels = [None if one is None else one.label for one in buckets]
    made[f"{before}bucket"] = category(labels, times=times)
    for edge in ("start", "end"):
        when = [None if one is None else microseconds(getattr(one, edge)) for one in buckets]
        made[before + edge] = instants(when * times, report.query.timezone)
    return made


def _values(rows: Iterable[Sequence[Cell]], *, exact: bool) -> Any:
    values = [cell.value for row in rows for cell in row]
    if exact:
        return decimals(values)
    return np.array([np.nan if one is None else float(one) for one in values], np.float64)


def listed(
    columns: Sequence[Column], lines: Iterable[Sequence[Value]], timezone: str, *, exact: bool
) -> Frame:
    """The lines of a list, a column of its kind for each of `columns`."""
    made = dict(zip((one.key for one in columns), zip(*lines, strict=True), strict=False))
    return Frame(
        {one.key: _typed(one, made.get(one.key, ()), timezone, exact=exact) for one in columns}
    )


def _typed(column: Column, values: Sequence[Any], timezone: str, *, exact: bool) -> Any:
    if column.kind == "text":
        return pd.array(values, dtype="string")
    if column.kind == "instant":  # wall-clock: which of two equal ones it is, its `fold` says
        tz = zone(timezone)
        return instants([microseconds(one.replace(tzinfo=tz)) for one in values], timezone)
    if exact:
        return decimals(values)
    return np.array([np.nan if one is None else float(one) for one in values], np.float64)


def _decimal(value: int | Decimal | Fraction) -> Decimal:
    if isinstance(value, Fraction):
        value = EXACT.scaleb(Decimal(rounded(value, FINEST)), -FINEST)
        return value.normalize(EXACT) if value else Decimal()
    return Decimal(value)


def category(
    values: Sequence[str | None], *, each: int = 1, times: int = 1, order: Sequence[str] = ()
) -> Any:
    """Ordered categories as they come, or as in `order`: each value so often, all so often."""
    names = [one for one in dict.fromkeys((*order, *values)) if one is not None]
    known: dict[str | None, int] = {one: at for at, one in enumerate(names)}
    codes = np.array([known.get(one, -1) for one in values], np.int64)
    kind: Any = pd.CategoricalDtype(names, ordered=True)
    return pd.Categorical.from_codes(np.tile(np.repeat(codes, each), times), dtype=kind)


def instants(when: Sequence[int | None] | Ints, timezone: str) -> pd.DatetimeIndex:
    """Microseconds since 1970 (None: no instant) as aware instants of a zone.

    They are in UTC where its clock leaves the years 1 to 9999 for one of them.
    """
    if not isinstance(when, np.ndarray):
        missing = np.iinfo(np.int64).min  # NaT
        when = np.array([missing if one is None else one for one in when], np.int64)
    made = pd.DatetimeIndex(when.astype("datetime64[us]"))
    utc = made.tz_localize("UTC")  # as pandas' own, which no other zone equals
    tz = zone(timezone)
    first_and_last = [] if utc.isna().all() else [utc.min(), utc.max()]
    if timezone == "UTC" or any(
        in_zone(one.to_pydatetime(), tz).tzinfo is UTC for one in first_and_last
    ):
        return utc
    return utc.tz_convert(tz)


def decimals(values: Sequence[int | Decimal | Fraction | None]) -> Any:
    """Exact numbers of as few digits as hold them: 18, or 38 or more where a value needs them."""
    given = pa.array([None if one is None else _decimal(one) for one in values])
    if pa.types.is_null(given.type):
        given = given.cast(pa.decimal128(SHORT, 2))
    for digits in (SHORT, LONG):
        if given.type.precision <= digits:
            given = given.cast(pa.decimal128(digits, given.type.scale))
            break
    return pd.array(given, dtype=pd.ArrowDtype(given.type))
