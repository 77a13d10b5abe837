"""Money: exact decimals, minor units, and the only rounding."""

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction

from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.rates import EURO
from custdyn_widgets.model.schema import MAX_DECIMALS

EXACT = Context(prec=100)
"""Arithmetic of decimals that loses no digit: Python's own rounds to 28 of them."""


def rounded(exact: Fraction, decimals: int) -> int:
    """A number in units of its last decimal, rounded half away from zero: the only rounding."""
    whole, rest = divmod(abs(exact.numerator) * 10**decimals, exact.denominator)
    units = int(whole + (2 * rest >= exact.denominator))
    return -units if exact.numerator < 0 else units


def rounded_amount(exact: Fraction, currency: str) -> Decimal:
    """An amount in a currency, rounded to its minor units."""
    return amount(rounded(exact, minor_units(currency)), currency)


def amount(units: int, currency: str) -> Decimal:
    """An amount from its minor units, with as many decimals as the currency has."""
    return scaled(units, minor_units(currency))


def scaled(units: int, decimals: int) -> Decimal:
    """A number from its units of the last decimal, that decimal shown even where it is 0."""
    sign, digits, _ = Decimal(units).as_tuple()
    return Decimal((sign, digits, -decimals))


def decimals(places: int, exact: Fraction) -> Decimal:
    """A number that is no amount, rounded half away from zero to some decimals."""
    return scaled(rounded(exact, places), places)


def exact_decimal(units: int, scale: int, currency: str) -> Decimal:
    """An exact amount: all its decimals, and at least as many as its currency has."""
    least = minor_units(currency) if currency else 0
    while scale > least and units % 10 == 0:
        units, scale = units // 10, scale - 1
    return scaled(units * 10 ** max(least - scale, 0), max(scale, least))


def unscaled_units(amount: Decimal, scale: int) -> int:
    """An exact amount as units of its last decimal; it has at most `scale` of them."""
    return int(EXACT.scaleb(amount, scale))


def control_sum(amount: Decimal) -> Decimal:
    """A sum of amounts of several currencies, exact: as many decimals as it has, at least two."""
    return exact_decimal(unscaled_units(amount, MAX_DECIMALS), MAX_DECIMALS, EURO)


def tidy(number: Decimal | None) -> Decimal | None:
    """A number without the zeros that it is stored with."""
    return None if number is None else Decimal(f"{EXACT.normalize(number):f}")
