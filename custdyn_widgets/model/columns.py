"""Columns of a list: what clients, entries and listings are shown, filed and sent with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal

from custdyn_widgets.model.cells import shown

Value = str | int | Decimal | datetime | None


@dataclass(frozen=True)
class Column:
    """A column of a list: the name for programs, the label for people, and how it is read.

    Instants are wall-clock ones in the report's zone; `words` say what it is.
    """

    key: str
    label: str
    kind: Literal["text", "count", "money", "number", "instant"] = "text"
    words: str = ""


def text_of(value: Value) -> str:
    """A value as a list shows it: instants with their seconds, nothing for what is absent."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value if isinstance(value, str) else shown(value)
