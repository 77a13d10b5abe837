"""What a paid use is: it makes a client active."""

from __future__ import annotations

import ibis.expr.types as ir

from custdyn_widgets.model.schema import PAID_KINDS


def is_paid(ledger: ir.Table) -> ir.BooleanColumn:
    """Whether an entry is a paid use: of one of these kinds, with a negative amount."""
    return (ledger.amount < 0) & ledger.kind.isin(PAID_KINDS)
