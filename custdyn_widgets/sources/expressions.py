"""Expressions on a ledger, of single entries or of a rollup; slices of clients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.model.schema import PACKAGE_KINDS, PAYG
from custdyn_widgets.sources.paid_use import is_paid

HOUR = 60
ROLLED = ("entries", "opposite", "paid_at", "first_at", "last_at")
"""The columns that a ledger has which is a rollup: what its rows stand for, see `rolled_up`."""
Fetch = Callable[[ir.Expr], pa.Table]
Slice = tuple[Any, Any]
"""Client ids: from the first on, before the second; None is no bound."""
Tables = Mapping[str, ir.Table]


def is_rolled(ledger: ir.Table) -> bool:
    """Whether the rows of a ledger stand for several entries each."""
    return ROLLED[0] in ledger.columns


def entries(ledger: ir.Table) -> ir.IntegerScalar:
    """How many entries; one that is an edit of another (see Raw) is none of its own."""
    if is_rolled(ledger):
        return ledger.entries.sum().fill_null(0)
    return ledger.count(where=_is_own(ledger))


def _is_own(ledger: ir.Table) -> ir.BooleanColumn | None:
    """Whether an entry is one of its own, no edit of another; None: all are."""
    return ~ledger.is_edit if "is_edit" in ledger.columns else None


def last_paid(ledger: ir.Table) -> ir.TimestampScalar:
    """The instant of the last paid use; null where there is none."""
    if is_rolled(ledger):
        return ledger.paid_at.max()
    return ledger.occurred_at.max(where=is_paid(ledger))


def paid(ledger: ir.Table) -> ir.TimestampColumn:
    """The instant of each entry that is a paid use; null for others."""
    if is_rolled(ledger):
        return ledger.paid_at
    instant = ledger.occurred_at
    return ibis.ifelse(is_paid(ledger), instant, ibis.null(instant.type()))


def opposite(ledger: ir.Table) -> ir.IntegerScalar:
    """How many entries have the unusual sign: packages that give, refills that take."""
    if is_rolled(ledger):
        return ledger.opposite.sum()
    of_package = ledger.kind.isin(PACKAGE_KINDS)
    unusual = ibis.ifelse(of_package, ledger.amount > 0, ledger.amount < 0)
    return (unusual & (ledger.kind != PAYG)).sum(where=_is_own(ledger))


def first(ledger: ir.Table) -> ir.TimestampScalar:
    """The instant of the first entry."""
    return (ledger.first_at if is_rolled(ledger) else ledger.occurred_at).min()


def last(ledger: ir.Table) -> ir.TimestampScalar:
    """The instant of the last entry."""
    return (ledger.last_at if is_rolled(ledger) else ledger.occurred_at).max()


def rolled_up(ledger: ir.Table, grain: int) -> ir.Table:
    """A ledger folded to client × stretch of `grain` minutes (60 or less, UTC) × kind × package.

    `occurred_at` is the stretch's beginning; by client, then time.
    """
    if is_rolled(ledger):
        start = ledger.occurred_at
    else:
        start = ledger.occurred_at.truncate("h")
        if grain < HOUR:
            minutes = (ledger.occurred_at.minute() // grain).cast("int64") * grain
            start = start + minutes.as_interval("m")
    keys = {"client_id": ledger.client_id, "occurred_at": start, "kind": ledger.kind}
    return (
        ledger.group_by(**keys, package_id=ledger.package_id)
        .agg(
            amount=ledger.amount.sum(),
            entries=entries(ledger).cast("int64"),
            opposite=opposite(ledger).fill_null(0).cast("int64"),
            paid_at=last_paid(ledger),
            first_at=first(ledger),
            last_at=last(ledger),
        )
        .order_by("client_id", "occurred_at")
    )


def instant_literal(instant: datetime) -> ir.TimestampScalar:
    """An aware instant as the engine compares it: in UTC, without a zone."""
    return ibis.literal(instant.astimezone(UTC).replace(tzinfo=None), type="timestamp(6)")


def known_by(ledger: ir.Table, as_of: datetime) -> ir.BooleanValue:
    """Whether an entry had occurred, and was recorded, before an instant."""
    recorded = ledger.recorded_at
    return (ledger.occurred_at < instant_literal(as_of)) & (
        recorded.isnull() | (recorded < instant_literal(as_of))
    )


def slices(tables: Tables, fetch: Fetch, count: int) -> list[Slice]:
    """Slices of about as many clients each, that together hold every client id there is."""
    ids = tables["clients"].select("client_id")
    size = -(-max(_rows(ids, fetch), 1) // count)
    numbered = ids.mutate(number=ibis.row_number().over(order_by=ids.client_id))
    firsts = numbered.filter(numbered.number > 0, numbered.number % size == 0)
    edges = fetch(firsts.order_by("number").select("client_id"))["client_id"].to_pylist()
    return list(zip([None, *edges], [*edges, None], strict=True))


def within(table: ir.Table, among: Slice) -> ir.Table:
    """The rows of a slice of the clients."""
    first, end = among
    if first is not None:
        table = table.filter(table.client_id >= first)
    return table if end is None else table.filter(table.client_id < end)


def _rows(table: ir.Table, fetch: Fetch) -> int:
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


def bucket_index(
    instant: ir.TimestampValue, edges: Sequence[datetime], first: int
) -> ir.IntegerValue:
    """The number of the stretch an instant lies in: `first` before edges[0], then one more each.

    A search tree of comparisons, so that every engine can do it, with no zone of its own.
    """

    def branch(low: int, high: int) -> ir.IntegerValue:
        if low == high:
            return ibis.literal(first + low, type="int32")
        middle = (low + high) // 2
        earlier, later = branch(low, middle), branch(middle + 1, high)
        return ibis.ifelse(instant < instant_literal(edges[middle]), earlier, later)

    return branch(0, len(edges))


def number_of(column: ir.StringValue, values: Sequence[str]) -> ir.IntegerValue:
    """The position of a value among others, 0 where it is none of them: numbers group faster."""
    branches = [(column == value, place) for place, value in enumerate(values) if place]
    nothing = ibis.literal(0, type="int8")
    return ibis.cases(*branches, else_=nothing) if branches else nothing
