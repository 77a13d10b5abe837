"""Raw tables → canonical tables: every column typed, every fault counted."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import DataFault
from custdyn_widgets.model.money import EXACT
from custdyn_widgets.model.schema import CLIENT_TYPES, MAX_DECIMALS, TABLES, Column, Reads, Table
from custdyn_widgets.sources.parsing import empty, float_note, read
from custdyn_widgets.sources.reading import MAX_DIGITS, Reading, UnreadableType
from custdyn_widgets.sources.suggestions import (
    CAST,
    WRITE,
    did_you_mean,
    meant,
    missing_columns,
    unread_columns,
)

Fetch = Callable[[ir.Expr], pa.Table]
MAX_IDS = 3
MAX_SHOWN = 80
_SHORTENED = re.compile(r"[0-9](\.[0-9]+)?E\+[0-9]+")
"""An id as a spreadsheet shortens it."""


@dataclass(frozen=True)
class Canonical:
    """One table as it is read: its expression, its faults, and what a report should say."""

    table: ir.Table
    faults: tuple[DataFault, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def canonical(
    name: str,
    raw: ir.Table,
    fetch: Fetch,
    *,
    whole_ids: Collection[str] = (),
    has_statistics: bool = False,
    listed: bool = False,
    lenient: bool = False,
) -> Canonical:
    """Reads one of the five tables.

    `whole_ids` names the id columns that are integers in every table and may stay so; the others
    are read as text. `has_statistics`: it is large and in a file that knows where its nulls are.
    `listed`: with the columns that only lists and cards show; `lenient`: those with faults stay as
    they are.
    """
    table = TABLES[name]
    wanted = [column for column in table.columns if listed or not column.listed]
    readings, faults = _readings(table, wanted, raw, fetch)
    typed: dict[str, ir.Value] = {}
    if not faults:
        faults, typed = _counted(table, raw, readings, fetch, has_statistics=has_statistics)
    at_fault = {fault.column for fault in faults}
    unread = {column.name for column in wanted if lenient and column.listed} & at_fault
    if at_fault - unread:
        return Canonical(raw, tuple(faults))
    columns = {
        column.name: typed.get(column.name, _value(column, readings.get(column.name), whole_ids))
        for column in wanted
    }
    columns |= {name: raw[name] for name in unread}
    made = raw.select(**columns)
    notes = [
        float_note(name, column)
        for column, one in readings.items()
        if one.approximate and table.column(column).reads is Reads.AMOUNT
    ]
    warnings = tuple(unread_columns(table, raw.columns))
    again = repeated(table, made, fetch) if table.unique else []
    return Canonical(made, tuple(again), tuple(notes), warnings)


def absent(
    name: str, nothing: ir.Table, *, whole_ids: Collection[str], there: Collection[str] = ()
) -> Canonical:
    """A table that the source does not have: no rows, all columns; `nothing` has no rows.

    `there`: the names that are there.
    """
    table = TABLES[name]
    columns = {column.name: _typed_empty(column, whole_ids) for column in table.columns}
    listed = f"; there are {', '.join(there)}" if there else ""
    what = f"the table is missing{listed}{did_you_mean(name, there)}"
    remedy = "custdyn init writes an example of each"
    missing = (DataFault(name, None, 0, what, remedy=remedy),) if table.required else ()
    return Canonical(nothing.select(**columns), missing)


def integer_ids(raws: Mapping[str, ir.Table | None]) -> set[str]:
    """The id columns whose every appearance in the source is an integer."""
    kinds: dict[str, list[bool]] = {}
    for name, raw in raws.items():
        for column in TABLES[name].columns:
            if column.reads is Reads.ID and raw is not None and column.name in raw.columns:
                value = _try_read(raw, column)
                kinds.setdefault(column.name, []).append(
                    value is not None and value.type().is_integer()
                )
    return {name for name, whole in kinds.items() if all(whole)} - {"owner_id"}


def _try_read(raw: ir.Table, column: Column) -> ir.Value | None:
    try:
        return read(raw[column.name], column).value
    except UnreadableType:
        return None


def _value(column: Column, reading: Reading | None, whole_ids: Collection[str]) -> ir.Value:
    if reading is None:
        return _typed_empty(column, whole_ids)
    if column.reads is Reads.ID and column.name not in whole_ids:
        return reading.value.cast("string")
    return reading.value


def _typed_empty(column: Column, whole_ids: Collection[str]) -> ir.Value:
    return ibis.null("int64") if column.name in whole_ids else empty(column)


def _readings(
    table: Table, wanted: Sequence[Column], raw: ir.Table, fetch: Fetch
) -> tuple[dict[str, Reading], list[DataFault]]:
    readings: dict[str, Reading] = {}
    faults = []
    known = {column.name for column in table.columns}
    others = [one for one in raw.columns if one not in known]
    if known.isdisjoint(raw.columns) and sum(bool(meant(one, others)) for one in known) < 2:
        first = ", ".join(raw.columns)[:MAX_SHOWN]
        needed = ", ".join(column.name for column in table.columns if column.required)
        what = f"none of its columns is there: the first line is {first!r}"
        remedy = f"it names the columns: {needed} and others"
        return {}, [DataFault(table.name, None, 0, what, remedy=remedy)]
    if missing := [one.name for one in wanted if one.required and one.name not in raw.columns]:
        faults.append(missing_columns(table.name, missing, raw.columns, others))
    for column in wanted:
        if column.name not in raw.columns:
            continue
        try:
            readings[column.name] = read(raw[column.name], column)
        except UnreadableType as kind:
            if not _count(raw.filter(raw[column.name].notnull()), fetch):
                # a column of nothing but nulls has any type: it is read as one that is not there
                readings[column.name] = Reading(empty(column))
                continue
            what = f"its type {kind} cannot be read as {column.reads.value}"
            faults.append(DataFault(table.name, column.name, 0, what, remedy=CAST[column.reads]))
    return readings, faults


def _counted(
    table: Table,
    raw: ir.Table,
    readings: Mapping[str, Reading],
    fetch: Fetch,
    *,
    has_statistics: bool,
) -> tuple[list[DataFault], dict[str, ir.Value]]:
    """Counts every fault, and finds the type that holds all numbers of a column, in one pass.

    Plain nulls are counted one by one, without a pass, where the statistics of a file answer.
    """
    checks: list[tuple[Column, str, ir.BooleanValue, bool]] = []
    asked: dict[str, ir.Value] = {}
    for name, reading in readings.items():
        column = table.column(name)
        checks += [(column, what, where, False) for what, where in reading.faults]
        checks += [(column, what, where, has_statistics) for what, where in reading.ranges]
        if column.required:
            checks.append((column, "is null", raw[name].isnull(), has_statistics))
        checks += [(column, what, where, False) for what, where in _rules(table, column, reading)]
        if reading.numbers is not None:
            asked[f"{name} digits"] = reading.numbers.digits.max()
            asked[f"{name} decimals"] = reading.numbers.decimals.max()
            asked[f"{name} short"] = (reading.numbers.short | raw[name].isnull()).all()
    asked |= {
        str(place): where.sum() for place, (*_, where, alone) in enumerate(checks) if not alone
    }
    known = fetch(raw.aggregate(**asked)).to_pylist()[0] if asked else {}
    faults = []
    for place, (column, what, where, alone) in enumerate(checks):
        count = _count(raw.filter(where), fetch) if alone else known[str(place)] or 0
        if count:
            ids, value = _shown(table, raw, where, fetch, column.name)
            remedy = _remedy(column, what, value, readings[column.name], raw.filter(~where), fetch)
            faults.append(DataFault(table.name, column.name, count, what, ids, value, remedy))
    typed: dict[str, ir.Value] = {}
    at_fault = {fault.column for fault in faults}
    for name, reading in readings.items():
        if reading.numbers is None or name in at_fault:
            continue
        digits, decimals = (max(known[f"{name} {one}"] or 0, 0) for one in ("digits", "decimals"))
        if digits + decimals > MAX_DIGITS:  # at most: is it so?
            closer = {str(at): one.max() for at, one in enumerate(reading.numbers.exactly)}
            (row,) = fetch(raw.aggregate(**closer)).to_pylist()
            digits, decimals = (max(one or 0, 0) for one in row.values())
        if digits + decimals > MAX_DIGITS:
            needs = f"{digits} digits before the point and {decimals} after it"
            what = f"together its numbers need {needs}, more than {MAX_DIGITS} digits"
            faults.append(DataFault(table.name, name, 0, what))
            continue
        all_short = bool(known[f"{name} short"])
        typed[name] = reading.numbers.typed(digits, decimals, all_short=all_short)
    return faults, typed


def _rules(table: Table, column: Column, reading: Reading) -> Iterable[tuple[str, ir.BooleanValue]]:
    if (table.name, column.name) == ("clients", "type"):
        right = ", ".join(CLIENT_TYPES)
        yield f"is not one of {right}", reading.value.notin(list(CLIENT_TYPES)).fill_null(False)
    if (table.name, column.name) == ("rates", "rate"):
        value = reading.value if reading.numbers is None else reading.value.try_cast("float64")
        yield "is zero or negative", (value <= 0).fill_null(False)


def repeated(table: Table, made: ir.Table, fetch: Fetch) -> list[DataFault]:
    """The fault of keys that stand in more than one row: a pass of its own."""
    groups = made.group_by(*table.key).aggregate(rows=made.count())
    double = groups.filter(groups.rows > 1)
    count = fetch(double.aggregate(rows=double.rows.sum())).to_pylist()[0]["rows"]
    if not count:
        return []
    ids, _ = _shown(table, double, ibis.literal(True), fetch)
    what = f"the same {' and '.join(table.key)} more than once"
    remedy = "keep one row of each, or give each an id of its own"
    if any(_SHORTENED.fullmatch(one) for one in ids):
        remedy = "a spreadsheet has shortened them: give the column the format Text, and save again"
    return [DataFault(table.name, table.key[0], int(count), what, ids, remedy=remedy)]


def _count(table: ir.Table, fetch: Fetch) -> int:
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


def _shown(
    table: Table, raw: ir.Table, where: ir.BooleanValue, fetch: Fetch, column: str | None = None
) -> tuple[tuple[str, ...], str | None]:
    """The first rows that a condition holds for: their ids, and the first value of a column."""
    named = [name for name in table.key if name in raw.columns]
    wanted = list(dict.fromkeys([*named, *([column] if column else [])]))
    if not wanted:
        return (), None
    text = {name: raw[name].cast("string") for name in wanted}
    found = raw.filter(where).order_by(named).select(**text).limit(MAX_IDS)
    rows = fetch(found).to_pylist()
    ids = tuple(" ".join(row[name] or "no id" for name in named) for row in rows) if named else ()
    return ids, rows[0][column] if column and rows else None


def decimals_of(text: str) -> int:
    """The decimals of a number, without zeros at their end."""
    try:
        exponent = Decimal(text).normalize(EXACT).as_tuple().exponent
    except ArithmeticError:
        return 0
    return max(-exponent, 0) if isinstance(exponent, int) else 0


def _remedy(
    column: Column,
    what: str,
    value: str | None,
    reading: Reading,
    others: ir.Table,
    fetch: Fetch,
) -> str:
    """What to write instead."""
    if what == "is null":
        return "every row needs one"
    if "decimals" in what:
        if decimals_of(value or "") <= MAX_DECIMALS:
            return ""
        text = others[column.name].cast("string")
        rows = fetch(others.select(text=text).filter(lambda one: one.text.notnull()).limit(1_000))
        sizes = [
            decimals_of(one) if reading.approximate else len(one.partition(".")[2])
            for one in rows["text"].to_pylist()
        ]
        places = max([size for size in sizes if size <= MAX_DECIMALS], default=0) or 2
        return f"round(…, {places})" if reading.approximate else f"round it to {places} decimals"
    nothing = "" if column.required else "; leave it empty where there is none"
    return "" if "one of" in what else f"{WRITE.get(column.reads, '')}{nothing}"
