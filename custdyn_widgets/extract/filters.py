"""Filters of a query: names resolved to ids, owners to their tree (Ibis)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import ibis
import ibis.expr.types as ir

from custdyn_widgets.model.definitions import NO_PACKAGE
from custdyn_widgets.model.formulas import Where
from custdyn_widgets.model.schema import PACKAGE_KINDS
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources.expressions import Fetch, instant_literal


@dataclass(frozen=True)
class Filters:
    """The filters of a query as they reach the engine: values resolved to ids and owners.

    `also` are those that clients must pass besides.
    """

    client_type: str | None
    tags: tuple[str, ...]
    owners: tuple[str, ...] | None
    packages: Packages | None
    also: Filters | None = None


@dataclass(frozen=True)
class Packages:
    """Package ids chosen by name; `unnamed` chooses package entries that name no package."""

    ids: tuple[str, ...]
    unnamed: bool


def resolve(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    query: Query,
    as_of: datetime,
    where: Where | None = None,
) -> Filters:
    """The filters of a query, its package names and owner tree resolved in the source.

    An owner who was created at `as_of` (aware) or later does not exist, nor what is below.
    `where` are filters besides, in which an owner has the tree of the query's.
    """

    def resolved(asked: Query | Where) -> Filters:
        tree = _owners(tables, fetch, asked.owner, as_of, tree=query.owner_tree)
        return Filters(
            client_type=None if asked.client_type == "all" else asked.client_type,
            tags=asked.client_tags,
            owners=tree if asked.owner else None,
            packages=packages_named(tables, fetch, asked.package) if asked.package else None,
        )

    return resolved(query) if where is None else replace(resolved(query), also=resolved(where))


def packages_counted(query: Query, where: Where | None = None) -> frozenset[str] | None:
    """The packages whose entries count in the rows of packages; None: all of them."""
    chosen = [frozenset(one.package) for one in (query, where) if one is not None and one.package]
    return frozenset.intersection(*chosen) if chosen else None


def unmatched(
    tables: Mapping[str, ir.Table], fetch: Fetch, query: Query | Where
) -> dict[str, list[str]]:
    """Filter values that nothing in the source has, by field of the query."""
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
    listed = package_names(tables, fetch)
    unnamed = ledger.package_id.isnull() & ledger.kind.isin(PACKAGE_KINDS)
    own_name = ledger.package_id.cast("string")
    called = ibis.cases((unnamed, NO_PACKAGE), (own_name.notin(list(listed)), own_name))
    strangers = [name for name in query.package if name not in listed.values()]
    look("package", strangers, called, ledger)
    return missing


def package_names(tables: Mapping[str, ir.Table], fetch: Fetch) -> dict[str, str]:
    """Package id, as text → package name."""
    packages = tables["packages"]
    rows = fetch(packages.select("name", id=packages.package_id.cast("string")))
    return dict(zip(rows["id"].to_pylist(), rows["name"].to_pylist(), strict=True))


def conditions(
    tables: Mapping[str, ir.Table], clients: ir.Table, known: ir.Table, filters: Filters
) -> list[ir.BooleanValue]:
    """What a client must meet to pass; `known` are the entries that count."""
    met: list[ir.BooleanValue] = []
    if filters.client_type is not None:
        met.append(clients.type == filters.client_type)
    if filters.tags:
        tags = tables["client_tags"]
        tagged = tags.filter(tags.tag.isin(filters.tags))
        met.append(clients.client_id.isin(tagged.client_id))
    if filters.owners is not None:
        met.append(_one_of(clients.owner_id, filters.owners))
    if filters.packages is not None:
        having = known.filter(of_packages(known, filters.packages))
        met.append(clients.client_id.isin(having.client_id))
    if filters.also is not None:
        met += conditions(tables, clients, known, filters.also)
    return met or [ibis.literal(True)]


def of_packages(ledger: ir.Table, packages: Packages) -> ir.BooleanValue:
    """Whether an entry is of the chosen packages."""
    chosen = _one_of(ledger.package_id.cast("string"), packages.ids)
    if packages.unnamed:
        chosen = chosen | (ledger.package_id.isnull() & ledger.kind.isin(PACKAGE_KINDS))
    return chosen.fill_null(False)


def _one_of(column: ir.StringValue, values: Sequence[str]) -> ir.BooleanValue:
    return column.isin(values) if values else ibis.literal(False)


def _owners(
    tables: Mapping[str, ir.Table],
    fetch: Fetch,
    owners: Sequence[str],
    as_of: datetime,
    *,
    tree: bool,
) -> tuple[str, ...]:
    chosen = dict.fromkeys(owners)
    if tree and owners:
        clients = tables["clients"]
        clients = clients.filter(clients.created_at < instant_literal(as_of))
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


def packages_named(tables: Mapping[str, ir.Table], fetch: Fetch, names: Sequence[str]) -> Packages:
    """The ids of packages by their names; an id that no list names is its own name."""
    listed = package_names(tables, fetch)
    ids = [package for package, name in listed.items() if name in names]
    strangers = [name for name in names if name not in listed]  # unknown ids name themselves
    return Packages(ids=tuple(ids + strangers), unnamed=NO_PACKAGE in names)
