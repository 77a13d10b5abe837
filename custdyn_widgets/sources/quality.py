"""Data quality: findings that are no errors, and their entries (Ibis)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import ibis
import ibis.expr.types as ir

from custdyn_widgets.errors import DataFault, FieldFault, QueryError
from custdyn_widgets.model.cells import Column, Value, many, printable, shown
from custdyn_widgets.model.definitions import FINDINGS
from custdyn_widgets.model.money import control_sum, exact_decimal, unscaled_units
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import ORIG, TERM
from custdyn_widgets.sources.contents import MOST, Contents, to_dict, words_of
from custdyn_widgets.sources.normalize import Fetch
from custdyn_widgets.words import tr

MANY, BEFORE = 10, 28
"""Entries a day, on the average of that many days before, that make a day without any a gap."""
SAME = (
    *("client_id", "occurred_at", "kind", "amount", "package_id", "service"),
    *("direction", "destination", "quantity", "description"),
)
"""What doubles have in common: everything but their entry_id."""
MAX_NAMED = 5
UNKNOWN = "unknown_clients"
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Finding:
    """Something odd: `key` is one of FINDINGS, `count` how many entries show it."""

    key: str
    count: int
    words: str


@dataclass(frozen=True)
class Checked:
    """What `check` says of a source: `contents` and `rates` (None: it cannot be read), `more`."""

    contents: Contents | None = None
    rates: Rates | None = None
    faults: tuple[DataFault, ...] = ()
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    more: tuple[tuple[str, str], ...] = ()

    @property
    def verdict(self) -> str:
        """How many errors and warnings there are."""
        if self.faults:
            return many(len(self.faults), "data error", "data errors")
        if not self.warnings:
            return tr("no data errors, no warnings")
        return tr("no data errors, ") + many(len(self.warnings), "warning", "warnings")

    def facts(self) -> list[tuple[str, str]]:
        """What is there: label and text; nothing where it cannot be read."""
        known = self.contents and self.rates and words_of(self.contents, self.rates)
        return [*(known or ()), *self.more]

    def lines(self) -> Iterator[str]:
        """What is there, then errors, warnings and notes, one a line."""
        width = max((len(label) for label, _ in self.facts()), default=0)
        said = [f"{label:{width}}  {text}" for label, text in self.facts()]
        said += [f"error: {one}" for one in self.faults]
        said += [f"warning: {one}" for one in self.warnings]
        said += [f"note: {one}" for one in self.notes]
        yield from map(printable, said)
        if not self.faults:
            yield self.verdict

    def to_dict(self) -> dict[str, Any]:
        """The same as JSON holds it: `contents` (see there), `errors`, `warnings`, `notes`."""
        contents, rates = self.contents, self.rates
        return {
            "contents": contents and rates and to_dict(contents, rates),
            "errors": [{**asdict(one), "text": str(one)} for one in self.faults],
            "warnings": list(self.warnings),
            "notes": list(self.notes),
        }


@dataclass(frozen=True)
class Data:
    """What is looked at: the canonical tables, and the rates."""

    tables: dict[str, ir.Table]
    rates: Rates
    fetch: Fetch


def directions(payg: ir.Table, fetch: Fetch) -> list[tuple[str, int]]:
    """The words in `direction` of pay-as-you-go entries besides orig and term, and how often."""
    odd = payg.filter(payg.direction.notin([ORIG, TERM, ""]))
    counted = odd.group_by("direction").agg(entries=odd.count())
    rows = fetch(counted.order_by(ibis.desc("entries"), "direction").limit(MOST)).to_pylist()
    return [(row["direction"], row["entries"]) for row in rows]


def findings(data: Data) -> tuple[Finding, ...]:
    """Everything odd, in the order of FINDINGS; nothing where all is well."""
    return tuple(
        Finding(key, count, words) for key, look in _LOOKS.items() for count, words in look(data)
    )


def entries(data: Data, key: str) -> ir.Table:
    """The ledger entries that show a finding, with `client` (its name) and `currency`.

    Of a gap these are the entries of the days before and after. Raises QueryError for a key that
    is not one of FINDINGS.
    """
    if key not in FINDINGS:
        raise QueryError([FieldFault("finding", key, f"is not one of {', '.join(FINDINGS)}")])
    clients = data.tables["clients"]
    named = clients.select("client_id", "currency", client=clients.name)
    return _ENTRIES[key](data).left_join(named, "client_id").drop("client_id_right")


COLUMNS = (
    Column("occurred_at", "Time (UTC)", "instant", "When it occurred."),
    Column("client_id", "Client ID"),
    Column("client", "Client"),
    Column("kind", "Kind"),
    Column("amount", "Amount", "money", "In the client's currency."),
    Column("currency", "Currency"),
    Column("package_id", "Package ID"),
    Column("entry_id", "Entry ID"),
    Column("description", "Description"),
)


def lines(data: Data, key: str, first: int, count: int) -> Iterator[tuple[Value, ...]]:
    """Lines of the entries of a finding, by client and time: `count` from the `first` on."""
    found = entries(data, key).order_by("client_id", "occurred_at", "entry_id")
    table = data.fetch(found.select(*(column.key for column in COLUMNS)).limit(count, offset=first))
    scale = table["amount"].type.scale
    for row in table.to_pylist():
        amount = Decimal(row["amount"])
        row["amount"] = exact_decimal(unscaled_units(amount, scale), scale, row["currency"] or "")
        for name in ("client_id", "entry_id", "package_id"):
            row[name] = None if row[name] is None else str(row[name])
        yield tuple(row[column.key] for column in COLUMNS)


def _unknown(data: Data) -> ir.Table:
    return data.tables["ledger"].anti_join(data.tables["clients"], "client_id")


def _look_for_unknown(data: Data) -> Iterator[tuple[int, str]]:
    foreign = _unknown(data)
    row = _row(data, foreign.aggregate(entries=foreign.count(), amount=foreign.amount.sum()))
    if row["entries"]:
        some = data.fetch(foreign.select("client_id").distinct().order_by("client_id").limit(3))
        ids = list(map(str, some["client_id"].to_pylist()))
        meant = {one.strip().removesuffix(".0").lstrip("0") for one in ids}
        clients = data.tables["clients"].client_id.cast("string").name("id").as_table()
        there = data.fetch(clients.filter(clients.id.isin(list(meant))).limit(1))["id"].to_pylist()
        entries = many(row["entries"], "entry", "entries")
        words = tr("{entries} of clients that are not among the clients", entries=entries)
        hint = tr("; did you mean {kinds}?", kinds=there[0]) if there else ""
        added = tr("sum of amounts {sum}", sum=shown(control_sum(row["amount"])))
        yield row["entries"], f"ledger.client_id: {words} ({', '.join(ids)}{hint}), {added}"


def _single(data: Data) -> ir.Table:
    """The entries; those that bring a difference to another (see Raw) are meant to be alike."""
    ledger = data.tables["ledger"]
    return ledger.filter(~ledger.is_edit) if "is_edit" in ledger.columns else ledger


def _doubled(data: Data) -> ir.Table:
    ledger = _single(data)
    counted = ledger.group_by(*SAME).agg(alike=ledger.count())
    return counted.filter(counted.alike > 1)


def _duplicates(data: Data) -> ir.Table:
    ledger, doubled = _single(data), _doubled(data)
    # nulls are alike, too: a comparison of its own
    same = [ledger[name].identical_to(doubled[name]) for name in SAME]
    return ledger.semi_join(doubled, same)


def _look_for_duplicates(data: Data) -> Iterator[tuple[int, str]]:
    doubled = _doubled(data)
    row = _row(data, doubled.aggregate(groups=doubled.count(), entries=doubled.alike.sum()))
    if row["groups"]:
        count = shown(row["entries"])
        words = tr("{count} entries are alike in everything but their entry_id", count=count)
        more = many(row["entries"] - row["groups"], "repeats another", "repeat another")
        yield row["entries"], f"ledger: {words}; {more}"


def _early(data: Data) -> ir.Table:
    ledger, clients = data.tables["ledger"], data.tables["clients"]
    created = clients.select("client_id", clients.created_at)
    joined = ledger.inner_join(created, "client_id")
    return joined.filter(joined.occurred_at < joined.created_at).drop("created_at")


def _look_for_early(data: Data) -> Iterator[tuple[int, str]]:
    early = _early(data)
    row = _row(data, early.aggregate(entries=early.count(), clients=early.client_id.nunique()))
    if row["entries"]:
        entries = many(row["entries"], "entry", "entries")
        clients = many(row["clients"], "client", "clients")
        words = tr("from before the client's created_at")
        early = tr("{entries} of {clients}", entries=entries, clients=clients)
        yield row["entries"], f"ledger.occurred_at: {early} {words}"


def _gaps(data: Data) -> list[date]:
    """Days without any entry, where there used to be many."""
    ledger = data.tables["ledger"]
    day = ledger.occurred_at.truncate("D")
    counted = data.fetch(ledger.group_by(day=day).agg(entries=ledger.count())).to_pylist()
    by_day = {row["day"].toordinal(): row["entries"] for row in counted}
    found = []
    for day, following in pairwise(sorted(by_day)):
        for missing in range(day + 1, min(following, day + BEFORE + 1)):
            before = sum(by_day.get(one, 0) for one in range(missing - BEFORE, missing))
            if before >= MANY * BEFORE:
                found.append(date.fromordinal(missing))
    return found


def _beside_gaps(data: Data) -> ir.Table:
    ledger = data.tables["ledger"]
    gaps = _gaps(data)
    days = {day + step for day in gaps for step in (-DAY, DAY)} - set(gaps)
    return ledger.filter(ledger.occurred_at.date().isin([ibis.date(day) for day in days]))


def _look_for_gaps(data: Data) -> Iterator[tuple[int, str]]:
    if gaps := _gaps(data):
        named = ", ".join(map(str, gaps[:MAX_NAMED])) + (" …" if len(gaps) > MAX_NAMED else "")
        days = many(len(gaps), "UTC day", "UTC days")
        words = tr("no entry on {days} ({named}), ", days=days, named=named)
        words += tr(
            "though the {days} days before had {many} a day or more", days=BEFORE, many=MANY
        )
        yield _count(data, _beside_gaps(data)), f"ledger.occurred_at: {words}"


def _without_rates(data: Data) -> ir.Table:
    clients = data.tables["clients"]
    return clients.filter(clients.currency.notin(list(data.rates.currencies)))


def _of_these(data: Data) -> ir.Table:
    ledger = data.tables["ledger"]
    return ledger.filter(ledger.client_id.isin(_without_rates(data).client_id))


def _look_for_rates(data: Data) -> Iterator[tuple[int, str]]:
    clients = _without_rates(data)
    listed = clients.group_by("currency").agg(clients=clients.count()).order_by("currency")
    found = data.fetch(listed).to_pylist()
    if found:
        named = ", ".join(
            f"{row['currency']} ({many(row['clients'], 'client', 'clients')})" for row in found
        )
        words = tr("no rates at all for {currencies}; ", currencies=named)
        words += tr("a report in another currency cannot convert what they have")
        yield _count(data, _of_these(data)), f"clients.currency: {words}"


def _count(data: Data, table: ir.Table) -> int:
    return int(_row(data, table.aggregate(entries=table.count()))["entries"])


def _row(data: Data, aggregate: ir.Table) -> dict[str, Any]:
    row: dict[str, Any] = data.fetch(aggregate).to_pylist()[0]
    return row


_LOOKS: dict[str, Callable[[Data], Iterator[tuple[int, str]]]] = dict(
    zip(
        FINDINGS,
        (_look_for_unknown, _look_for_duplicates, _look_for_early, _look_for_gaps, _look_for_rates),
        strict=True,
    )
)
_ENTRIES: dict[str, Callable[[Data], ir.Table]] = dict(
    zip(FINDINGS, (_unknown, _duplicates, _early, _beside_gaps, _of_these), strict=True)
)
