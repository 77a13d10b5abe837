"""Cells: one figure each, the lines they stand in, and how a figure is shown."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import cached_property

from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import CHANGES, NA, Unit

NOT_AVAILABLE = "N/A"
EXACT = Context(prec=100)
"""Arithmetic of decimals that loses no digit: Python's own rounds to 28 of them."""


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


def amount(units: int, currency: str) -> Decimal:
    """An amount from its minor units, with as many decimals as the currency has."""
    return scaled(units, minor_units(currency))


def scaled(units: int, decimals: int) -> Decimal:
    """A number from its units of the last decimal, that decimal shown even where it is 0."""
    sign, digits, _ = Decimal(units).as_tuple()
    return Decimal((sign, digits, -decimals))


def decimals(places: int, exact: Fraction) -> Decimal:
    """A number that is no amount, rounded half away from zero to some decimals."""
    whole, rest = divmod(abs(exact.numerator) * 10**places, exact.denominator)
    units = whole + (2 * rest >= exact.denominator)
    return scaled(-units if exact < 0 else units, places)


def exact_decimal(units: int, scale: int, currency: str) -> Decimal:
    """An exact amount: all its decimals, and at least as many as its currency has."""
    least = minor_units(currency) if currency else 0
    while scale > least and units % 10 == 0:
        units, scale = units // 10, scale - 1
    return scaled(units * 10 ** max(least - scale, 0), max(scale, least))


def unscaled_units(amount: Decimal, scale: int) -> int:
    """An exact amount as units of its last decimal; it has at most `scale` of them."""
    return int(EXACT.scaleb(amount, scale))


def tidy(number: Decimal | None) -> Decimal | None:
    """A number without the zeros that it is stored with."""
    return None if number is None else Decimal(f"{EXACT.normalize(number):f}")


def shown(value: int | Decimal | None) -> str:
    """A value as it is shown: `-11 947.74`, `1 204`, `N/A`."""
    if value is None:
        return NOT_AVAILABLE
    return (f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}").replace(",", " ")


def signed(cell: Cell) -> str:
    """A change as it is shown: `+1 204`, `-11 947.74`, `0.00`, `N/A`."""
    return f"+{cell}" if cell.value and cell.value > 0 else str(cell)


def plain(value: int | Decimal | None) -> int | str | None:
    """A value as machines take it: a count as an integer, an amount as `"-11947.74"`."""
    return f"{value:f}" if isinstance(value, Decimal) else value
