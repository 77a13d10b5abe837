"""What is in a source: clients, entries by kind, instants, currencies, packages, tags."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

import ibis
import ibis.expr.types as ir

from custdyn_widgets.errors import TooManyDigits
from custdyn_widgets.model.cells import few, shown
from custdyn_widgets.model.money import control_sum
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import NAMED_KINDS
from custdyn_widgets.model.time_zones import clock_text
from custdyn_widgets.sources import expressions as measures
from custdyn_widgets.sources.expressions import Fetch
from custdyn_widgets.words import tr

MAX_DIGITS = 38
MOST = 10_000
"""Kinds, types or currencies that are listed, the most frequent ones."""


@dataclass(frozen=True)
class Kind:
    """The entries of a kind: how many, the sum of their amounts, and how many of each sign.

    The amounts are in the currencies of their clients: the sum is to be compared with one's own
    system, not to be read as money (None: no decimal holds it). Of a rollup the signs are not
    known: 0.
    """

    name: str
    entries: int
    amount: Decimal | None
    negative: int
    positive: int

    @property
    def sum(self) -> str:
        """The sum of the amounts as it is shown."""
        if self.amount is None:
            return f"more than {MAX_DIGITS} digits"
        return shown(control_sum(self.amount))


@dataclass(frozen=True)
class Contents:
    """What is in a source. `newest`: when the last of it came to be known."""

    types: tuple[tuple[str, int], ...]
    currencies: tuple[tuple[str, int], ...]
    closed: int
    kinds: tuple[Kind, ...]
    first: datetime | None
    last: datetime | None
    newest: datetime | None
    packages: int
    tags: int

    @property
    def clients(self) -> int:
        """How many clients there are."""
        return sum(count for _, count in self.types)

    @property
    def span(self) -> str | None:
        """The days of the first and the last entry, in UTC; None without any."""
        if self.first is None or self.last is None:
            return None
        return f"{self.first.date()} – {self.last.date()}"

    @property
    def entries(self) -> int:
        """How many entries there are."""
        return sum(kind.entries for kind in self.kinds)


def contents_of(tables: Mapping[str, ir.Table], fetch: Fetch) -> Contents:
    """Looks at the tables of a source, once each."""
    clients, ledger = tables["clients"], tables["ledger"]
    groups = fetch(
        clients.group_by("type", "currency").agg(
            clients=clients.count(),
            closed=clients.closed_at.count(),
            created=clients.created_at.max(),
        )
    ).to_pylist()
    created = [row["created"] for row in groups]
    rolled = measures.is_rolled(ledger)
    counts = dict.fromkeys(("negative", "positive"), ibis.literal(0))
    if not rolled:
        counts = {"negative": (ledger.amount < 0).sum(), "positive": (ledger.amount > 0).sum()}

    def grouped(amount: ir.Value) -> list[dict[str, Any]]:
        kinds = ledger.group_by("kind").agg(
            entries=measures.entries(ledger), amount=amount, **counts
        )
        found = fetch(
            kinds.order_by(
                ibis.desc(kinds.kind.isin(NAMED_KINDS)), ibis.desc("entries"), "kind"
            ).limit(MOST)
        )
        return list(found.to_pylist())

    try:
        rows = grouped(ledger.amount.sum())
    except TooManyDigits:
        rows = grouped(ibis.null("decimal(38, 0)"))
    # of all kinds at once, and each in a question of its own: the statistics of a file answer
    ends = ledger.aggregate(first=measures.first(ledger), last=measures.last(ledger))
    (span,) = fetch(ends).to_pylist()
    recorded = fetch(ledger.aggregate(last=ledger.recorded_at.max())).to_pylist()[0]["last"]
    tags = tables["client_tags"]
    return Contents(
        _counted(groups, "type"),
        _counted(groups, "currency"),
        sum(row["closed"] for row in groups),
        tuple(
            Kind(*(row[name] for name in ("kind", "entries", "amount", "negative", "positive")))
            for row in rows
        ),
        span["first"],
        span["last"],
        max(filter(None, (span["last"], recorded, *created)), default=None),
        _rows(tables["packages"].count(), fetch),
        _rows(tags.tag.nunique(), fetch),
    )


def _counted(groups: list[dict[str, Any]], key: str) -> tuple[tuple[str, int], ...]:
    counts: dict[str, int] = {}
    for row in groups:
        counts[row[key]] = counts.get(row[key], 0) + row["clients"]
    return tuple(sorted(counts.items(), key=lambda one: (-one[1], one[0])))


def _rows(count: ir.IntegerScalar, fetch: Fetch) -> int:
    return int(fetch(count.as_table())[0][0].as_py())


def to_dict(contents: Contents, rates: Rates) -> dict[str, Any]:
    """What is in a source, as JSON holds it: instants UTC, amounts as text."""
    return {
        "clients": {
            "total": contents.clients,
            "closed": contents.closed,
            "by_type": dict(contents.types),
            "by_currency": dict(contents.currencies),
        },
        "entries": {
            "total": contents.entries,
            "first": _text(contents.first),
            "last": _text(contents.last),
            "by_kind": {
                kind.name: {
                    "entries": kind.entries,
                    "amount": kind.sum.replace(" ", "") if kind.amount is not None else None,
                    "negative": kind.negative,
                    "positive": kind.positive,
                }
                for kind in contents.kinds
            },
        },
        "packages": contents.packages,
        "tags": contents.tags,
        "rates": {
            "origin": rates.origin,
            "base": rates.base,
            "currencies": list(rates.currencies),
        },
    }


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat() + "Z"


def words_of(contents: Contents, rates: Rates) -> Iterator[tuple[str, str]]:
    """What is in a source, in words: label and text."""
    of_currencies = _listed(contents.currencies)
    closed = tr("; {closed} closed", closed=shown(contents.closed)) if contents.closed else ""
    yield tr("Clients"), f"{_listed(contents.types) or tr('none')}{closed}"
    yield tr("Clients' currencies"), of_currencies or tr("none")
    for kind in contents.kinds:
        other = "" if kind.name in NAMED_KINDS else tr(" (other)")
        yield (
            f"{tr('Entries')}: {kind.name}{other}",
            tr(
                "{entries}, sum of amounts {sum}, {negative} negative, {positive} positive",
                entries=shown(kind.entries),
                sum=kind.sum,
                negative=shown(kind.negative),
                positive=shown(kind.positive),
            ),
        )
    if contents.first is not None and contents.last is not None:
        yield tr("From, to"), f"{clock_text(contents.first)} – {clock_text(contents.last)} UTC"
    else:
        yield tr("Entries"), tr("none")
    yield tr("Packages, tags"), f"{shown(contents.packages)}, {shown(contents.tags)}"
    origin = tr("{origin}, in {base}", origin=rates.origin, base=rates.base)
    yield tr("Rates"), f"{origin}: {few(rates.currencies)}"


def _listed(counts: tuple[tuple[str, int], ...]) -> str:
    return few([f"{name} {shown(count)}" for name, count in counts])
