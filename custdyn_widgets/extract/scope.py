"""The ledger in scope: as of an instant, of clients that pass, by segment (Ibis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.extract.filters import Filters, Packages, conditions, of_packages
from custdyn_widgets.model.periods import Segment
from custdyn_widgets.model.schema import NAMED_KINDS, OTHER_KIND, PACKAGE_KINDS
from custdyn_widgets.sources import expressions as measures
from custdyn_widgets.sources.expressions import (
    Fetch,
    bucket_index,
    instant_literal,
    known_by,
    number_of,
)

KINDS = (OTHER_KIND, *NAMED_KINDS)
"""The kinds that are distinguished; an entry's kind is its position here."""


def scope(
    tables: Mapping[str, ir.Table], filters: Filters, *, end: datetime, as_of: datetime
) -> tuple[ir.Table, ir.Table, ir.Table, list[ir.BooleanValue]]:
    """The ledger before `end`, what of it counts, the clients, and what they must meet."""
    ledger = tables["ledger"].filter(tables["ledger"].occurred_at < instant_literal(end))
    known = ledger.filter(known_by(ledger, as_of))
    clients = tables["clients"].filter(tables["clients"].created_at < instant_literal(as_of))
    return ledger, known, clients, conditions(tables, clients, known, filters)


def flows_by_client(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    filters: Filters,
    *,
    segments: Sequence[Segment],
    inside: tuple[datetime, datetime],
    end: datetime,
    as_of: datetime,
    kinds: Sequence[str] | None = None,
) -> pa.Table:
    """The flows of each client that passes, `inside` a part of the period (half-open).

    `end` is the period's, up to which entries make a client pass. Columns `client_id`, `segment`,
    `kind` and `package_id` as in `Extract.flows`, `amount`, `entries`; only of `kinds`, if given.
    """
    _, known, clients, met = scope(tables, filters, end=end, as_of=as_of)
    if kinds is not None:
        known = known.filter(known.kind.isin(kinds))
    known = known.filter(known.occurred_at >= instant_literal(inside[0]))
    return fetch(client_flows(known, clients.filter(*met), segments, inside[1]))


def entries_of(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    filters: Filters,
    *,
    inside: tuple[datetime | None, datetime],
    end: datetime,
    as_of: datetime,
    client: str | None,
) -> pa.Table:
    """The entries that count of clients that pass, or of one of them: by client, then time.

    `inside` is half-open, from the beginning where it has no start; `end` is the period's, up to
    which entries make a client pass. All columns of the ledger.
    """
    _, known, clients, met = scope(tables, filters, end=end, as_of=as_of)
    start, until = inside
    known = known.filter(known.occurred_at < instant_literal(until))
    if start is not None:
        known = known.filter(known.occurred_at >= instant_literal(start))
    if client is None:
        known = known.filter(known.client_id.isin(clients.filter(*met).client_id))
    else:
        known = known.filter(_is(known.client_id, client))
    return fetch(known.order_by("client_id", "occurred_at", "entry_id"))


def _is(column: ir.Value, text: str) -> ir.BooleanValue:
    """Whether an id, whole number or text, is this one."""
    if not column.type().is_integer():
        return column == text
    return column == int(text) if text.lstrip("-").isdigit() else ibis.literal(False)


def package_entries(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    filters: Filters,
    packages: Packages,
    *,
    end: datetime,
    as_of: datetime,
) -> pa.Table:
    """Activations and renewals of packages before `end`, of clients that pass: by client, time.

    Columns `client_id`, `entry_id`, `occurred_at`, `kind`, `package_id` and, from the list of
    packages, `period_months` (null: none is said).
    """
    _, known, clients, met = scope(tables, filters, end=end, as_of=as_of)
    own = known.filter(
        known.kind.isin(PACKAGE_KINDS),
        of_packages(known, packages),
        known.client_id.isin(clients.filter(*met).client_id),
    )
    if "is_edit" in own.columns:
        own = own.filter(~own.is_edit)
    periods = tables["packages"].select("package_id", "period_months")
    kept = own.select("client_id", "entry_id", "occurred_at", "kind", "package_id")
    joined = kept.left_join(periods, "package_id").drop("package_id_right")
    return fetch(joined.order_by("client_id", "occurred_at", "entry_id"))


def client_flows(
    ledger: ir.Table, passing: ir.Table, segments: Sequence[Segment], end: datetime
) -> ir.Table:
    """Sum and count of entries before `end`, client by client; see `flows_by_client`."""
    own = ledger.filter(
        ledger.occurred_at >= instant_literal(segments[0].start),
        ledger.occurred_at < instant_literal(end),
        ledger.client_id.isin(passing.client_id),
    )
    return own.group_by(
        "client_id",
        segment=bucket_index(own.occurred_at, [one.start for one in segments[1:]], 0),
        kind=number_of(own.kind, KINDS),
        package_id=package_of(own),
    ).agg(amount=own.amount.sum(), entries=measures.entries(own))


def package_of(ledger: ir.Table) -> ir.Value:
    """The package of a package entry; of others it does not matter."""
    none = ibis.null(ledger.package_id.type())
    return ibis.ifelse(ledger.kind.isin(PACKAGE_KINDS), ledger.package_id, none)
