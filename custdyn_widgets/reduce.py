"""What the engine does: filter clients, bucket entries, exact sums and counts (Ibis)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc
from ibis.expr.types.groupby import GroupedTable

from .definitions import NO_PACKAGE
from .periods import Bucket, Segment
from .query import Query
from .tables import NAMED_KINDS, PACKAGE_KINDS, PAID_KINDS, PAYG

Fetch = Callable[[ir.Expr], pa.Table]

OTHER_KIND = "other"
KINDS = (OTHER_KIND, *NAMED_KINDS)
NOT_PASSING = -1
"""In the place of a flow's currency: entries of clients that the filters leave out."""


@dataclass(frozen=True)
class Reduced:
    """What a report is made of, as Arrow tables with exact decimals.

    `clients`: `client_id`, `currency`, `created_at`, `closed_at` and `passes` (the filters) of
    every client. `changes`: `client_id`, `bucket` (0 = before the period, then 1 …), `amount`,
    `paid_at`, of every client id in the ledger (or, if not `complete`, of passing ones only).
    `flows` of the period: `segment` (position), `kind` (position in KINDS), `package_id`,
    `currency` (position in `currencies`, or NOT_PASSING), `amount`, `entries`, `opposite`
    (entries of the unusual sign) and `first_at`. `later_entries` and `later_clients` count what
    `as_of` cut off.
    """

    clients: pa.Table
    changes: pa.Table
    complete: bool
    flows: pa.Table
    currencies: tuple[str, ...]
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
    closed = clients.closed_at
    listed = fetch(
        clients.select(
            "client_id",
            "currency",
            "created_at",
            closed_at=ibis.ifelse(closed < _instant(as_of), closed, ibis.null(closed.type())),
            passes=ibis.and_(*conditions).fill_null(False),
        )
    )
    few = (pc.sum(listed["passes"]).as_py() or 0) * 2 < listed.num_rows
    passing = clients.filter(*conditions)
    counted = known.filter(known.client_id.isin(passing.client_id)) if few else known
    currencies = tuple(sorted(pc.unique(listed["currency"]).to_pylist()))
    return Reduced(
        clients=listed,
        changes=fetch(_changes(counted, buckets)),
        complete=not few,
        flows=fetch(_flows(known, clients, conditions, currencies, segments)),
        currencies=currencies,
        later_entries=_later_entries(ledger, fetch, as_of),
        later_clients=_later_clients(tables, fetch, as_of),
    )


def strangers(
    tables: Mapping[str, ir.Table], fetch: Fetch, *, end: datetime, as_of: datetime
) -> tuple[int, Decimal]:
    """Entries of clients that are not in `clients`, and the sum of their amounts."""
    ledger, clients = tables["ledger"], tables["clients"]
    clients = clients.filter(clients.created_at < _instant(as_of))
    known = ledger.filter(ledger.occurred_at < _instant(end), _known(ledger, as_of))
    foreign = known.anti_join(clients, "client_id")
    row = fetch(foreign.aggregate(entries=foreign.count(), amount=foreign.amount.sum()))
    found = row.to_pylist()[0]
    return found["entries"], found["amount"] or Decimal(0)


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
    start = _instant(buckets[0].start)
    # apart, because most of the entries lie before the period and have few groups
    before = ledger.filter(ledger.occurred_at < start)
    inside = ledger.filter(ledger.occurred_at >= start)
    bucket = place(inside.occurred_at, [one.start for one in buckets[1:]], 1)
    return ibis.union(
        _moved(before.group_by("client_id", bucket=ibis.literal(0, type="int32")), before),
        _moved(inside.group_by("client_id", bucket=bucket), inside),
    )


def _moved(groups: GroupedTable, ledger: ir.Table) -> ir.Table:
    return groups.aggregate(
        amount=ledger.amount.sum(),
        paid_at=ledger.occurred_at.max(where=paid_use(ledger)),
    )


def _flows(
    ledger: ir.Table,
    clients: ir.Table,
    conditions: Sequence[ir.BooleanValue],
    currencies: Sequence[str],
    segments: Sequence[Segment],
) -> ir.Table:
    number = _number_of(clients.currency, currencies)
    labelled = clients.select(
        holder=clients.client_id,
        currency=ibis.ifelse(ibis.and_(*conditions), number, NOT_PASSING),
    )
    inside = ledger.filter(ledger.occurred_at >= _instant(segments[0].start))
    joined = inside.join(labelled, inside.client_id == labelled.holder)
    kind = _number_of(joined.kind, KINDS)
    of_package = joined.kind.isin(PACKAGE_KINDS)
    unusual = ibis.ifelse(of_package, joined.amount > 0, joined.amount < 0)
    return joined.group_by(
        segment=place(joined.occurred_at, [one.start for one in segments[1:]], 0),
        kind=kind,
        package_id=ibis.ifelse(of_package, joined.package_id, ibis.null(joined.package_id.type())),
        currency=joined.currency,
    ).agg(
        amount=joined.amount.sum(),
        entries=joined.count(),
        opposite=(unusual & (joined.kind != PAYG)).sum(),
        first_at=joined.occurred_at.min(),
    )


def _number_of(column: ir.StringValue, values: Sequence[str]) -> ir.IntegerValue:
    """The position of a value among others, 0 where it is none of them: numbers group faster."""
    branches = [(column == value, place) for place, value in enumerate(values) if place]
    nothing = ibis.literal(0, type="int8")
    return ibis.cases(*branches, else_=nothing) if branches else nothing


def _later_clients(tables: Mapping[str, ir.Table], fetch: Fetch, as_of: datetime) -> int:
    clients = tables["clients"]
    return _count(clients.filter(clients.created_at >= _instant(as_of)), fetch)


def _later_entries(ledger: ir.Table, fetch: Fetch, as_of: datetime) -> int:
    # two questions, because the statistics of a file answer the first without a pass
    occurred = ledger.filter(ledger.occurred_at >= _instant(as_of))
    recorded = ledger.filter(
        ledger.occurred_at < _instant(as_of), ledger.recorded_at >= _instant(as_of)
    )
    return _count(occurred, fetch) + _count(recorded, fetch)


def _count(table: ir.Table, fetch: Fetch) -> int:
    return int(fetch(table.aggregate(rows=table.count()))["rows"][0].as_py())


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
