"""What the engine does: filter clients, bucket entries, exact sums and counts (Ibis)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from .definitions import NO_PACKAGE
from .periods import Bucket, Segment
from .query import Query
from .tables import ACTIVATION, NAMED_KINDS, PACKAGE_KINDS, PAID_KINDS, REFILL, RENEWAL

Fetch = Callable[[ir.Expr], pa.Table]

OTHER_KIND = "other"
NOT_PASSING, UNKNOWN = "(filtered out)", "(unknown client)"
"""In the place of a flow's currency: entries of clients that do not count."""
BEFORE = -1
"""The segment of the entries before the period."""


@dataclass(frozen=True)
class Reduced:
    """What a report is made of, as Arrow tables with exact decimals.

    `clients`: `client_id`, `currency`, `created_at`, `closed_at` of the clients that pass.
    `changes`: `client_id`, `bucket` (0 = before the period, then 1 …), `amount`, `paid_at` of
    every client with entries (or of those that pass only). `flows`: `segment` (position, or
    `BEFORE`), `kind`, `package_id`, `currency`, `amount`, `entries`, `opposite` (entries of the
    unusual sign) and `first_at`. `later_entries` and `later_clients` count what `as_of` cut off.
    """

    clients: pa.Table
    changes: pa.Table
    flows: pa.Table
    later_entries: int
    later_clients: int


@dataclass(frozen=True)
class Filters:
    """The filters of a query as they reach the engine: values resolved to ids and owners."""

    client_type: str | None
    tags: tuple[str, ...]
    owners: tuple[str, ...] | None
    packages: Packages | None


@dataclass(frozen=True)
class Packages:
    """Package ids chosen by name; `unnamed` chooses package entries that name no package."""

    ids: tuple[str, ...]
    unnamed: bool


def reduce(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    filters: Filters,
    *,
    buckets: Sequence[Bucket],
    segments: Sequence[Segment],
    as_of: datetime,
) -> Reduced:
    """Everything a report needs from the engine.

    `tables` are the canonical tables of a source, `fetch` runs an expression there. `buckets`
    (at least one) and `segments` give all edges, in UTC; entries and clients from `as_of`
    (aware) on do not count.
    """
    end = buckets[-1].end
    ledger = tables["ledger"].filter(tables["ledger"].occurred_at < _instant(end))
    known = ledger.filter(_known(ledger, as_of))
    clients = tables["clients"].filter(tables["clients"].created_at < _instant(as_of))
    conditions = _conditions(tables, clients, known, filters)
    passing = clients.filter(*conditions)
    selected = fetch(
        passing.select(
            "client_id",
            "currency",
            "created_at",
            closed_at=ibis.ifelse(
                passing.closed_at < _instant(as_of), passing.closed_at, ibis.null("timestamp")
            ),
        )
    )
    total, later = _client_counts(tables, fetch, as_of)
    few = selected.num_rows * 2 < total
    counted = known.filter(known.client_id.isin(passing.client_id)) if few else known
    return Reduced(
        clients=selected,
        changes=fetch(_changes(counted, buckets)),
        flows=fetch(_flows(known, clients, conditions, segments)),
        later_entries=_later_entries(ledger, fetch, as_of),
        later_clients=later,
    )


def resolve(tables: Mapping[str, ir.Table], fetch: Fetch, query: Query) -> Filters:
    """The filters of a query, its package names and owner tree resolved in the source."""
    everyone = query.client_type == "all"
    return Filters(
        client_type=None if everyone else query.client_type,
        tags=query.client_tags,
        owners=_owners(tables, fetch, query) if query.owner else None,
        packages=_packages(tables, fetch, query.package) if query.package else None,
    )


def unmatched(tables: Mapping[str, ir.Table], fetch: Fetch, query: Query) -> dict[str, list[str]]:
    """Filter values that nothing in the source bears, by field of the query."""
    clients, tags, ledger = tables["clients"], tables["client_tags"], tables["ledger"]
    missing: dict[str, list[str]] = {}

    def look(field: str, values: Sequence[str], column: ir.StringColumn, table: ir.Table) -> None:
        wanted = [value for value in values if value not in missing.get(field, [])]
        if wanted:
            found = fetch(table.filter(column.isin(wanted)).select(value=column).distinct())
            borne = set(found["value"].to_pylist())
            if lacking := [value for value in wanted if value not in borne]:
                missing[field] = lacking

    if query.client_type != "all":
        look("client_type", [query.client_type], clients.type, clients)
    look("client_tags", query.client_tags, tags.tag, tags)
    look("owner", query.owner, clients.owner_id, clients)
    named = set(package_names(tables, fetch).values())
    strangers = [name for name in query.package if name not in named and name != NO_PACKAGE]
    look("package", strangers, ledger.package_id.cast("string"), ledger)
    return missing


def package_names(tables: Mapping[str, ir.Table], fetch: Fetch) -> dict[str, str]:
    """Package id, as text → package name."""
    packages = tables["packages"]
    rows = fetch(packages.select("name", id=packages.package_id.cast("string")))
    return dict(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))


def client_currencies(tables: Mapping[str, ir.Table], fetch: Fetch) -> list[str]:
    """Every currency that a client has, by name."""
    found = fetch(tables["clients"].select("currency").distinct())
    return sorted(found["currency"].to_pylist())


def place(instant: ir.TimestampValue, edges: Sequence[datetime], first: int) -> ir.IntegerValue:
    """The number of the stretch an instant lies in: `first` before edges[0], then one more each.

    A search tree of comparisons, so that every engine can do it, with no zone of its own.
    """

    def branch(low: int, high: int) -> ir.IntegerValue:
        if low == high:
            return ibis.literal(first + low, type="int32")
        middle = (low + high) // 2
        earlier, later = branch(low, middle), branch(middle + 1, high)
        return ibis.ifelse(instant < _instant(edges[middle]), earlier, later)

    return branch(0, len(edges))


def paid_use(ledger: ir.Table) -> ir.BooleanValue:
    """Whether an entry is a paid use."""
    return (ledger.amount < 0) & ledger.kind.isin(PAID_KINDS)


def _instant(instant: datetime) -> ir.TimestampScalar:
    return ibis.literal(instant.astimezone(UTC).replace(tzinfo=None), type="timestamp(6)")


def _known(ledger: ir.Table, as_of: datetime) -> ir.BooleanValue:
    recorded = ledger.recorded_at
    return (ledger.occurred_at < _instant(as_of)) & (
        recorded.isnull() | (recorded < _instant(as_of))
    )


def _conditions(
    tables: Mapping[str, ir.Table], clients: ir.Table, known: ir.Table, filters: Filters
) -> list[ir.BooleanValue]:
    conditions: list[ir.BooleanValue] = []
    if filters.client_type is not None:
        conditions.append(clients.type == filters.client_type)
    if filters.tags:
        tags = tables["client_tags"]
        tagged = tags.filter(tags.tag.isin(filters.tags))
        conditions.append(clients.client_id.isin(tagged.client_id))
    if filters.owners is not None:
        conditions.append(_one_of(clients.owner_id, filters.owners))
    if filters.packages is not None:
        having = known.filter(_of_packages(known, filters.packages))
        conditions.append(clients.client_id.isin(having.client_id))
    return conditions or [ibis.literal(True)]


def _of_packages(ledger: ir.Table, packages: Packages) -> ir.BooleanValue:
    chosen = _one_of(ledger.package_id.cast("string"), packages.ids)
    if packages.unnamed:
        chosen = chosen | (ledger.package_id.isnull() & ledger.kind.isin(PACKAGE_KINDS))
    return chosen.fill_null(False)


def _one_of(column: ir.StringValue, values: Sequence[str]) -> ir.BooleanValue:
    return column.isin(values) if values else ibis.literal(False)


def _changes(ledger: ir.Table, buckets: Sequence[Bucket]) -> ir.Table:
    bucket = place(ledger.occurred_at, [one.start for one in buckets], 0)
    return ledger.group_by("client_id", bucket=bucket).aggregate(
        amount=ledger.amount.sum(),
        paid_at=ledger.occurred_at.max(where=paid_use(ledger)),
    )


def _flows(
    ledger: ir.Table,
    clients: ir.Table,
    conditions: Sequence[ir.BooleanValue],
    segments: Sequence[Segment],
) -> ir.Table:
    labelled = clients.select(
        holder=clients.client_id,
        currency=ibis.ifelse(ibis.and_(*conditions), clients.currency, NOT_PASSING),
    )
    joined = ledger.left_join(labelled, ledger.client_id == labelled.holder)
    currency = joined.currency.fill_null(UNKNOWN)
    inside = joined.occurred_at >= _instant(segments[0].start)
    kind = ibis.ifelse(inside & joined.kind.isin(NAMED_KINDS), joined.kind, OTHER_KIND)
    package = ibis.ifelse(
        inside & joined.kind.isin(PACKAGE_KINDS),
        joined.package_id.cast("string"),
        ibis.null("string"),
    )
    opposite = ibis.cases(
        (joined.kind == REFILL, joined.amount < 0),
        (joined.kind.isin([ACTIVATION, RENEWAL]), joined.amount > 0),
        else_=False,
    )
    segment = place(joined.occurred_at, [one.start for one in segments], BEFORE)
    return joined.group_by(segment=segment, kind=kind, package_id=package, currency=currency).agg(
        amount=joined.amount.sum(),
        entries=joined.count(),
        opposite=opposite.sum(),
        first_at=joined.occurred_at.min(),
    )


def _client_counts(
    tables: Mapping[str, ir.Table], fetch: Fetch, as_of: datetime
) -> tuple[int, int]:
    clients = tables["clients"]
    later = (clients.created_at >= _instant(as_of)).sum()
    row = fetch(clients.aggregate(total=clients.count(), later=later)).to_pylist()[0]
    return row["total"], row["later"] or 0


def _later_entries(ledger: ir.Table, fetch: Fetch, as_of: datetime) -> int:
    later = ledger.filter(~_known(ledger, as_of))
    return int(fetch(later.aggregate(entries=later.count()))["entries"][0].as_py())


def _owners(tables: Mapping[str, ir.Table], fetch: Fetch, query: Query) -> tuple[str, ...]:
    chosen = dict.fromkeys(query.owner)
    if query.owner_tree:
        clients = tables["clients"]
        own = clients.select(id=clients.client_id.cast("string"), above=clients.owner_id)
        rows = fetch(own.filter(own.id.isin(own.above), own.above.notnull()))
        below: dict[str, list[str]] = {}
        for row in rows.to_pylist():
            below.setdefault(row["above"], []).append(row["id"])
        waiting = list(chosen)
        while waiting:
            fresh = [one for one in below.get(waiting.pop(), []) if one not in chosen]
            chosen.update(dict.fromkeys(fresh))
            waiting += fresh
    return tuple(chosen)


def _packages(tables: Mapping[str, ir.Table], fetch: Fetch, names: Sequence[str]) -> Packages:
    listed = package_names(tables, fetch)
    ids = [package for package, name in listed.items() if name in names]
    strangers = [name for name in names if name not in listed]  # unknown ids name themselves
    return Packages(ids=tuple(ids + strangers), unnamed=NO_PACKAGE in names)
