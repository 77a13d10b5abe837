"""Totals of pay-as-you-go entries, each amount at its date's rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pyarrow as pa

from custdyn_widgets.listings.criteria import Criteria
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.money import EXACT, unscaled_units
from custdyn_widgets.model.na_reasons import NA


@dataclass
class Sum:
    """Entries, their quantity (None: no entry says it), and their exact amounts.

    `by_currency` are in the clients' currencies, `amount` in the report's.
    """

    entries: int = 0
    quantity: Decimal | None = None
    amount: Fraction = Fraction()
    by_currency: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    def add(self, other: Sum) -> None:
        """Adds what another one holds."""
        self.entries += other.entries
        self.amount += other.amount
        for currency, amount in other.by_currency.items():
            self.by_currency[currency] = EXACT.add(self.by_currency[currency], amount)
        if other.quantity is not None:
            self.quantity = EXACT.add(self.quantity or Decimal(), other.quantity)

    def cell(self, asked: Criteria) -> Cell:
        """The amount as a cell in the report's currency: N/A without any entry."""
        if not self.entries:
            return Cell(None, reason=NA.NO_ENTRY)
        return asked.conversion.cell(self.amount)


def sums_of(asked: Criteria, table: pa.Table, keys: Sequence[str]) -> dict[tuple[Any, ...], Sum]:
    """Sums of `payg.payg_sums` by some keys: `bucket`, `direction`, `split`."""
    made: dict[tuple[Any, ...], Sum] = defaultdict(Sum)
    scale = asked.conversion.scale
    for row in table.to_pylist():
        piece = asked.pieces[row["segment"]]
        amount = Decimal(row["amount"])
        units = unscaled_units(amount, scale)
        one = Sum(
            row["entries"],
            row["quantity"],
            asked.conversion.convert(units, row["currency"], piece.day),
            {row["currency"]: amount},
        )
        named = {**row, "bucket": piece.bucket}
        made[tuple(named[key] for key in keys)].add(one)
    return made
