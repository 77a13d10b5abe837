"""The catalog of a source: tags, owners, packages and currencies, and searching them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import ibis.expr.types as ir

from custdyn_widgets.model.currencies import currency_names
from custdyn_widgets.model.definitions import NO_PACKAGE
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.sources.contents import Contents
from custdyn_widgets.sources.normalize import Fetch

MAX_MATCHES = 50


@dataclass(frozen=True)
class Directory:
    """Choices by field of the query: `client_tags`, `owner`, `package` and `currency`.

    An owner's value is the id that clients bear, its label the owner's name. Packages are those
    of the table `packages`. Currencies are those with a rate, and those that clients have.
    `contents` is what is in the source (None where it is too large to be looked at beforehand),
    `facts` the same in words, `warnings` what is hardly meant in it.
    """

    choices: Mapping[str, Choices]
    base: str
    contents: Contents | None = None
    facts: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()


def directory_of(tables: Mapping[str, ir.Table], fetch: Fetch, rates: Rates) -> Directory:
    """Reads the directory of a source, without its contents."""
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


@dataclass(frozen=True, slots=True)
class Choice:
    """A value, what it is called, and what else is known of it; `group` is a heading above it."""

    value: str
    label: str
    hint: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The first choices that a search finds, and how many it finds in all."""

    choices: tuple[Choice, ...]
    total: int


class Choices:
    """Choices in the order they are given, each value once.

    Searching 100 000 of them takes some milliseconds: every text is folded beforehand.
    """

    def __init__(self, choices: Iterable[Choice]) -> None:
        self._by_value = {choice.value: choice for choice in choices}
        self._folded = [
            (f"{choice.label}\n{choice.hint}\n{choice.value}".casefold(), choice)
            for choice in self._by_value.values()
        ]

    def __len__(self) -> int:
        return len(self._by_value)

    def __contains__(self, value: object) -> bool:
        return value in self._by_value

    def __getitem__(self, value: str) -> Choice:
        return self._by_value[value]

    def values(self) -> Iterable[str]:
        """Every value, in order."""
        return self._by_value.keys()

    def called(self, text: str) -> str | None:
        """The one value that is, or is called, just so, in any case; None for none or several."""
        wanted = text.strip().casefold()
        named = {
            choice.value
            for choice in self._by_value.values()
            if wanted in (choice.value.casefold(), choice.label.casefold())
        }
        return named.pop() if len(named) == 1 else None

    def label(self, value: str) -> str:
        """What a value is called; itself where it is none of these."""
        return self._by_value[value].label if value in self else value

    def search(self, text: str, *, most: int = MAX_MATCHES) -> Found:
        """The choices that hold the text in label, hint or value, in any case.

        First those that are called so, then those that begin so, then those with a word that
        begins so; at most `most` of them.
        """
        wanted = " ".join(text.casefold().split())
        ranked: tuple[list[Choice], ...] = ([], [], [], [])
        for folded, choice in self._folded:
            if wanted in folded:
                ranked[_rank(folded, wanted)].append(choice)
        found = [choice for rank in ranked for choice in rank]
        return Found(tuple(found[:most]), len(found))


def _rank(folded: str, wanted: str) -> int:
    if folded.startswith(f"{wanted}\n"):
        return 0
    if folded.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in folded or f"\n{wanted}" in folded else 3
