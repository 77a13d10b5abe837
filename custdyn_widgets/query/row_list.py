"""The rows of one's own of a query: each with a label of its own; what they ask of clients."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from pydantic import BeforeValidator

from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.formulas import Where
from custdyn_widgets.query.own_rows import Row
from custdyn_widgets.query.validators import several

MAX_ROWS = 40


def _is_text(key: object) -> bool:
    return isinstance(key, str)


def _distinct(value: object) -> object:
    """Rows of a query, each with a label of its own."""
    given = several(value)
    assert isinstance(given, list | tuple)  # noqa: S101 several has looked
    if len(given) > MAX_ROWS:
        raise ValueError(f"must have at most {MAX_ROWS} rows")
    rows: list[Row] = []
    faults: list[str] = []
    for number, one in enumerate(given, 1):
        if not isinstance(one, Row) and not (isinstance(one, dict) and all(map(_is_text, one))):
            faults.append(f"row {number}: is not a table with a label, and count or sum")
            continue
        label = one.get("label") if isinstance(one, dict) else None
        called = f"row {number} {label!r}" if isinstance(label, str) else f"row {number}"
        try:
            row = one if isinstance(one, Row) else Row.model_validate(one)
        except QueryError as error:
            faults += [f"{called}: {fault}" for fault in error.faults]
            continue
        rows.append(row)
    labels = [row.label.casefold() for row in rows]
    for row, label in zip(rows, labels, strict=True):
        divisor = "" if row.per is None else (row.per.label or "").casefold()
        if labels.count(label) > 1:
            faults.append(f"{row.label!r}: another row has this label")
        elif row.per is not None and divisor in labels:
            same = rows[labels.index(divisor)]
            if same.per is not None or same.measure != row.per.measure:
                faults.append(f"{row.label!r}: divides by another {row.per.label!r} than the row")
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(rows)


Rows = Annotated[tuple[Row, ...], BeforeValidator(_distinct)]


def wheres(rows: Iterable[Row]) -> tuple[Where | None, ...]:
    """The filters of a report's figures beside the query's: none, and those of parts of rows."""
    parts = (part for row in rows for part in (row, row.per) if part is not None)
    return tuple(dict.fromkeys((None, *(part.filters for part in parts))))
