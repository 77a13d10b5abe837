"""Cells: a figure, its lines in a comparison, its text; columns of lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal

from custdyn_widgets.model.definitions import CHANGES, Unit
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.words import tr, tr_plural

NOT_AVAILABLE = "N/A"
Value = str | int | Decimal | datetime | None


@dataclass(frozen=True, slots=True)
class Cell:
    """One figure: a count, an amount rounded to minor units, or N/A with its reason.

    `exact` is the amount before rounding.
    """

    value: int | Decimal | None
    exact: Fraction | None = None
    reason: NA | None = None

    def __str__(self) -> str:
        return shown(self.value)


@dataclass(frozen=True)
class Line:
    """A row's cells as they stand in one line of the table: `key` is one of LINES."""

    key: str
    name: str
    cells: tuple[Cell, ...]
    unit: Unit = "money"

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The cells as they are shown: changes with their sign, shares with theirs."""
        texts = map(signed if self.key in CHANGES else str, self.cells)
        if self.unit != "percent" or self.key == "percent":
            return tuple(texts)
        sign = "pp" if self.key in CHANGES else "%"
        return tuple(text if text == NOT_AVAILABLE else f"{text} {sign}" for text in texts)


@dataclass(frozen=True)
class Compared:
    """A row's cells in the period compared with, and the changes from them, bucket by bucket."""

    other: tuple[Cell, ...]
    delta: tuple[Cell, ...]
    percent: tuple[Cell, ...]


def shown(value: int | Decimal | None) -> str:
    """A value as it is shown: `-11 947.74`, `1 204`, `N/A`."""
    if value is None:
        return NOT_AVAILABLE
    return (f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}").replace(",", " ")


def printable(text: str) -> str:
    """Text that cannot move the cursor of a terminal or turn what follows around."""
    joiner = "\u200d"  # of signs: it moves nothing
    return "".join(one if one.isprintable() or one == joiner else "\ufffd" for one in text)


def few(names: Sequence[str], most: int = 10) -> str:
    """The first of some names, and how many more there are."""
    listed = ", ".join(names[:most])
    if len(names) <= most:
        return listed
    return tr("{listed} and {count} more", listed=listed, count=shown(len(names) - most))


def many(count: int, one: str, several: str) -> str:
    """`1 entry`, `1 204 entries`, in the reader's language."""
    return f"{shown(count)} {tr_plural(one, several, count)}"


def signed(cell: Cell) -> str:
    """A change as it is shown: `+1 204`, `-11 947.74`, `0.00`, `N/A`."""
    return f"+{cell}" if cell.value and cell.value > 0 else str(cell)


def plain(value: int | Decimal | None) -> int | str | None:
    """A value as machines take it: a count as an integer, an amount as `"-11947.74"`."""
    return f"{value:f}" if isinstance(value, Decimal) else value


@dataclass(frozen=True)
class Column:
    """A column of a list: the name for programs, the label for people, and how it is read.

    Instants are wall-clock ones in the report's zone; `words` say what it is.
    """

    key: str
    label: str
    kind: Literal["text", "count", "money", "number", "instant"] = "text"
    words: str = ""


def time_column(timezone: str) -> Column:
    """The column of when entries occurred, on the clock of a zone."""
    label = tr("Time ({timezone})", timezone=timezone)
    return Column("occurred_at", label, "instant", tr("When it occurred."))


def text_of(value: Value) -> str:
    """A value as a list shows it: instants with their seconds, nothing for what is absent."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(" ")
    return value if isinstance(value, str) else shown(value)
