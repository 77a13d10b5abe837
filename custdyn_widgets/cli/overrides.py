"""Fields of a query that are changed on the command line: `--set FIELD=VALUE`."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.query.base import unknown_field
from custdyn_widgets.query.fields import FIELDS
from custdyn_widgets.query.query import Query


def changed(query: Query, texts: Sequence[str]) -> Query:
    """A query with every FIELD=VALUE set; all faults at once."""
    changes: dict[str, object] = {}
    faults: list[FieldFault] = []
    for text in texts:
        try:
            field, value = _change(query, text)
            changes[field] = value
        except QueryError as error:
            faults += error.faults
    try:
        query = query.with_fields(changes) if changes else query
    except QueryError as error:
        faults += error.faults
    if faults:
        raise QueryError(faults)
    return query


def _parsed(value: str) -> Any:
    """A value in the form of JSON or TOML, dates as text; else the text itself."""
    with suppress(ValueError, RecursionError):
        return json.loads(value)
    with suppress(ValueError, RecursionError):
        return json.loads(json.dumps(tomllib.loads(f"value = {value}")["value"], default=str))
    return value


def _change(query: Query, text: str) -> tuple[str, Any]:
    """FIELD=VALUE: JSON or TOML where it has the field's shape, else plain text."""
    field, equals, value = text.partition("=")
    if not equals:
        raise QueryError([FieldFault("--set", text, "is not FIELD=VALUE")])
    now: Any = query.to_dict()
    for part in field.split("."):
        if not isinstance(now, dict) or part not in now:
            raise QueryError([unknown_field(field, value, FIELDS)])
        now = now[part]
    parsed = _parsed(value)
    if isinstance(now, list):
        listed = parsed if isinstance(parsed, list) else [] if parsed is None else [value]
        return field, [str(one) if isinstance(one, int) else one for one in listed]
    if isinstance(parsed, int | float) and isinstance(now, str):
        return field, value
    return field, parsed
