"""What filters and currency can be given: the tags, owners, packages and currencies of a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from custdyn_widgets.model.currencies import currency_names
from custdyn_widgets.model.definitions import NO_PACKAGE
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.sources.choices import Choice, Choices
from custdyn_widgets.sources.normalize import Fetch


@dataclass(frozen=True)
class Directory:
    """Choices by field of the query: `client_tags`, `owner`, `package` and `currency`.

    An owner's value is the id that clients bear, its label the owner's name. Packages are those
    of the table `packages`. Currencies are those with a rate, and those that clients have.
    """

    choices: Mapping[str, Choices]
    base: str


def directory_of(tables: Mapping[str, ir.Table], fetch: Fetch, rates: Rates) -> Directory:
    """Reads the directory of a source."""
    clients, tags, packages = tables["clients"], tables["client_tags"], tables["packages"]
    return Directory(
        {
            "client_tags": Choices(Choice(tag, tag) for tag in _names(tags.tag, fetch)),
            "owner": _owners(clients, fetch),
            "package": Choices(
                Choice(name, name) for name in [*_names(packages.name, fetch), NO_PACKAGE]
            ),
            "currency": _currencies({*rates.currencies, *_names(clients.currency, fetch)}, rates),
        },
        rates.base,
    )


def _names(column: ir.StringColumn, fetch: Fetch) -> list[str]:
    """The different values of a column, by name."""
    found = fetch(column.name("name").as_table().distinct().filter(lambda one: one.name.notnull()))
    return sorted(found["name"].to_pylist(), key=lambda name: (name.casefold(), name))


def _owners(clients: ir.Table, fetch: Fetch) -> Choices:
    owning = clients.select(owner=clients.owner_id).distinct()
    named = clients.select(id=clients.client_id.cast("string"), name=clients.name)
    found = fetch(owning.left_join(named, owning.owner == named.id).select("owner", "name"))
    choices = [
        Choice(row["owner"], row["name"] or row["owner"], row["owner"] if row["name"] else "")
        for row in found.to_pylist()
        if row["owner"] is not None
    ]
    return Choices(sorted(choices, key=lambda choice: (choice.label.casefold(), choice.value)))


def _currencies(codes: set[str], rates: Rates) -> Choices:
    names = currency_names()
    return Choices(
        Choice(code, f"{code} – {names[code]}", "base currency" if code == rates.base else "")
        for code in sorted(codes & set(names))
    )
