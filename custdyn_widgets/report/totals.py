"""Rows as a whole: their total over the period, and which of them are charges."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import (
    CLASSES,
    PACKAGE_FLOWS,
    SENSITIVE_MONTHS,
    USE,
    Unit,
    active_row,
)
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Formula
from custdyn_widgets.model.money import rounded_amount
from custdyn_widgets.model.optional_rows import BRIDGES
from custdyn_widgets.model.periods import Bucket, State
from custdyn_widgets.report.report import Row

CHARGES = (USE, *PACKAGE_FLOWS)
STATES = {*CLASSES, *map(active_row, SENSITIVE_MONTHS)}


def is_charge(row: Row) -> bool:
    """Whether a row's amounts are charges alone, so that a reader may want them as spending.

    In a bridge they are not: its lines add up as they are.
    """
    if row.formula is None or row.block in BRIDGES or row.formula.numerator.counts != "money":
        return False
    return all(
        isinstance(one, FlowTerm) and one.sign == 1 and one.flow in CHARGES
        for one in row.formula.numerator.terms
    )


def scales(formula: Formula | None, unit: Unit) -> bool:
    """Whether its thousands mean something to a reader: those of an average do not."""
    return unit == "money" and (formula is None or formula.denominator is None)


def total_of(
    formula: Formula | None, cells: Sequence[Cell], buckets: Sequence[Bucket], currency: str
) -> Cell | None:
    """What a row comes to over its buckets: entries and amounts add up, a balance is its last.

    The sum is exact and rounded once, so it may differ by a cent from the sum of what is shown.
    None where there is no such figure: an average, a rate, clients that would count twice.
    """
    if formula is None or formula.denominator is not None or not cells:
        return None
    terms = formula.numerator.terms
    if all(isinstance(one, BalanceTerm) and _is_state(one) for one in terms):
        return _balance(formula, cells, buckets)
    if formula.numerator.counts == "clients" or not all(isinstance(one, FlowTerm) for one in terms):
        return None
    if all(cell.value is None for cell in cells):
        return cells[0]
    if formula.numerator.counts == "entries":
        return Cell(sum(int(cell.value or 0) for cell in cells))
    of_each: dict[int, int] = {}  # by denominator: few are different, and then nothing is reduced
    for cell in cells:
        if cell.exact is not None:
            whole = cell.exact.denominator
            of_each[whole] = of_each.get(whole, 0) + cell.exact.numerator
    exact = sum((Fraction(some, whole) for whole, some in of_each.items()), start=Fraction())
    return Cell(rounded_amount(exact, currency), exact)


def _is_state(term: BalanceTerm) -> bool:
    """Whether it is of clients as they are at an end of a bucket, not of what they did in it."""
    return term.client_set in STATES and not term.having


def _balance(formula: Formula, cells: Sequence[Cell], buckets: Sequence[Bucket]) -> Cell | None:
    """Balances at the end of the last bucket that has begun; an opening at the first's start."""
    ends = {one.when for one in formula.numerator.terms if isinstance(one, BalanceTerm)}
    if ends == {"before"}:
        return cells[0]
    begun = [
        cell
        for cell, bucket in zip(cells, buckets, strict=True)
        if bucket.state is not State.FUTURE
    ]
    return begun[-1] if begun and ends == {"now"} else None
