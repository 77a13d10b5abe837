"""A sheet of typed cells, as XLSX and XLS write it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, auto


class Look(Enum):
    """How a cell looks; each writer has one style for each, whatever the size of the file."""

    TITLE = auto()
    SUBTITLE = auto()
    HEADER = auto()
    HEADER_LATER = auto()
    BLOCK = auto()
    NAME = auto()
    COUNT = auto()
    MONEY = auto()
    PERCENT = auto()
    ABSENT = auto()
    LINE = auto()
    COUNT_CHANGE = auto()
    MONEY_CHANGE = auto()
    PERCENT_CHANGE = auto()
    EXACT_TEXT = auto()
    LABEL = auto()
    TEXT = auto()
    NUMBER = auto()
    INSTANT = auto()


@dataclass(frozen=True, slots=True)
class SheetCell:
    """A cell: text, a number that a double holds exactly, or an instant without a zone."""

    value: str | int | Decimal | datetime
    look: Look


Line = list[SheetCell | None]


@dataclass(frozen=True)
class Sheet:
    """A sheet: its lines, where it is frozen, and how wide its columns are (in characters).

    `folds` are lines that can be folded away, first and last, counted from 0; `is_table`: its first
    line names columns to filter by.
    """

    name: str
    lines: list[Line]
    frozen: tuple[int, int]
    widths: list[int]
    folds: tuple[tuple[int, int], ...] = ()
    is_table: bool = False


@dataclass(frozen=True)
class Limits:
    """What a format holds."""

    name: str
    columns: int
    rows: int
