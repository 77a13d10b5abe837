"""Pay-as-you-go entries of the clients that pass: by day, by group, page by page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir

from custdyn_widgets.extract.filters import Filters
from custdyn_widgets.extract.scope import scope
from custdyn_widgets.model.periods import Segment
from custdyn_widgets.model.schema import ORIG, PAYG, TERM
from custdyn_widgets.sources.expressions import bucket_index, entries, instant_literal


def payg_of(
    tables: Mapping[str, ir.Table],
    filters: Filters,
    *,
    inside: tuple[datetime, datetime],
    as_of: datetime,
) -> ir.Table:
    """The pay-as-you-go entries `inside` a period (half-open) of clients that pass.

    All columns of the ledger, and `client`, `type`, `owner_id` and `currency` of the client.
    """
    _, known, clients, met = scope(tables, filters, end=inside[1], as_of=as_of)
    passing = clients.filter(*met)
    whose = passing.select("client_id", "type", "owner_id", "currency", client=passing.name)
    own = known.filter(known.kind == PAYG, known.occurred_at >= instant_literal(inside[0]))
    return own.inner_join(whose, "client_id")


def payg_days(payg: ir.Table) -> ir.Table:
    """How many entries there are on each UTC day, newest first."""
    day = payg.occurred_at.truncate("D")
    return payg.group_by(day=day).agg(entries=payg.count()).order_by(ibis.desc("day"))


def payg_sums(payg: ir.Table, segments: Sequence[Segment], by: str | None = None) -> ir.Table:
    """Entries, their quantity and amount: by stretch, currency, direction, and one column more.

    `direction` is ORIG or TERM; where an entry names neither, its sign decides.
    """
    sign = ibis.ifelse(payg.amount > 0, TERM, ORIG)
    named = payg.direction.isin([ORIG, TERM]).fill_null(False)
    keys = {
        "segment": bucket_index(payg.occurred_at, [one.start for one in segments[1:]], 0),
        "currency": payg.currency,
        "direction": ibis.ifelse(named, payg.direction, sign),
    }
    if by is not None:
        keys["split"] = payg[by]
    wide = f"decimal(38, {payg.quantity.type().scale or 0})"  # Ibis takes it for one of 2 at least
    return payg.group_by(**keys).agg(
        entries=entries(payg),
        quantity=payg.quantity.sum().cast(wide),
        amount=payg.amount.sum(),
    )


def payg_page(
    payg: ir.Table, inside: tuple[datetime, datetime], *, skip: int, most: int
) -> ir.Table:
    """Entries of a part of the period, newest first: `most` of them after the first `skip`."""
    part = payg.filter(
        payg.occurred_at >= instant_literal(inside[0]),
        payg.occurred_at < instant_literal(inside[1]),
    )
    newest = [ibis.desc("occurred_at"), ibis.desc("entry_id")]
    return part.order_by(newest).limit(most, offset=skip)
