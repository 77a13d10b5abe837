"""What is behind a report as pandas frames: clients and entries of a cell, balances, flows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd
import pyarrow as pa

from custdyn_widgets.drill.breakdown import Checkpoint
from custdyn_widgets.drill.clients import FACTS, ClientList
from custdyn_widgets.drill.contributions import Contributions
from custdyn_widgets.drill.drill import Drill
from custdyn_widgets.drill.entries import EntryLines
from custdyn_widgets.drill.period import ExtractedPeriod
from custdyn_widgets.extract.arrays import Ints, Numbers, microseconds_or
from custdyn_widgets.extract.filters import package_names, resolve
from custdyn_widgets.extract.scope import KINDS, flows_by_client
from custdyn_widgets.metrics.dense import client_states
from custdyn_widgets.metrics.flows import ClientFlows
from custdyn_widgets.model.periods import microseconds
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.frames import Frame, category, decimals, instants
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import Snapshot

SUMMED = ("entries", "amount", "value")
FRACTIONS = "fractions"
Exact = bool | Literal["fractions"]
"""Floats, decimals, or decimals with a column of fractions."""


def clients_frame(clients: ClientList, *, exact: Exact = False) -> Frame:
    """The clients behind a cell, the largest first; see `Result.clients`."""
    side = clients.side
    made: dict[str, Any] = {}
    for name in (column.key for column in FACTS):
        typed = _categories if name in ("type", "currency") else _texts
        made[name] = typed(clients.facts[name])
    counted = any(column.key == "entries" for column in clients.columns)
    made["entries"] = side.entries.astype(float) if counted else np.nan
    places = range(len(clients))
    if exact:
        made["amount"] = decimals([clients.amount(at) for at in places])
        exactly = [side.contribution(at) for at in places]
        made["value"] = decimals(exactly)
        if exact == FRACTIONS:
            made["contribution"] = pd.Series(exactly, dtype=object)
    else:
        made["amount"] = clients.amounts
        made["value"] = _about(side)
    descending = side.total >= 0
    order = np.argsort(-_about(side) if descending else _about(side), kind="stable")
    return Frame(made).iloc[order].reset_index(drop=True)


def entries_frame(lines: EntryLines, *, every: bool, exact: Exact = False) -> Frame:
    """The entries behind a cell by client and time; see `Result.entries`."""
    entries = lines.entries
    table, added, scale = entries.table, entries.added, entries.added.conversion.scale
    made: dict[str, Any] = {name: _texts(table[name]) for name in ("entry_id", "client_id")}
    made["occurred_at"] = instants(microseconds_or(table["occurred_at"], 0), lines.timezone)
    made["kind"] = _categories(table["kind"])
    made["package"] = category(entries.package, order=sorted(filter(None, entries.package)))
    for name in ("service", "direction", "destination"):
        made[name] = _categories(table[name])
    places = range(len(lines))
    if exact:
        made["quantity"] = decimals(table["quantity"].to_pylist())
        for name in ("amount", "balance"):
            made[name] = decimals([lines.money(name, at) for at in places])
        exactly = [lines.exact(at) for at in places]
        made["value"] = decimals(exactly)
        if exact == FRACTIONS:
            made["contribution"] = pd.Series(exactly, dtype=object)
    else:
        made["quantity"] = table["quantity"].cast(pa.float64()).to_numpy().astype(float)
        for name in ("amount", "balance"):
            made[name] = getattr(entries, name).astype(float) / 10.0**scale
        value = np.full(len(lines), np.nan)
        value[added.who] = _about(added)
        made["value"] = value
    made["description"] = _texts(table["description"])
    frame = Frame(made)
    return frame if every else frame.iloc[added.who].reset_index(drop=True)


def balances_frame(drill: Drill, checkpoint: Checkpoint = lambda: None) -> Frame:
    """What each client holds at the end of each bucket; see `Result.balances`."""
    none = np.zeros(0, np.int64)
    ids = [pa.array([], pa.string())]
    parts: list[tuple[Numbers, ...]] = [(none, none, none > 0, none > 0, none)]
    period, conversion = drill.periods.get("value"), None
    if period is not None:
        with drill.source.reading(checkpoint) as snapshot:
            conversion = period.conversion(snapshot)
            for held, places in _populations(period, snapshot):
                for own, *part in _held(held, places, checkpoint):
                    ids += held.who.ids.take(pa.array(own)).cast(pa.string()).chunks
                    parts.append(tuple(part))
    codes, bucket, active, ever, amount = map(np.concatenate, zip(*parts, strict=True))
    days = [one.last_date for one in drill.report.buckets]
    more = {"active": active, "overall_active": ever}
    more |= _money(conversion, codes, amount, bucket, days)
    return _by_client(drill.report, pa.chunked_array(ids), bucket, codes, more)


def _held(
    held: ExtractedPeriod, places: dict[int, int], checkpoint: Checkpoint
) -> Iterator[tuple[Numbers, ...]]:
    """Clients by position, their currencies, the bucket, whether they are active, balances."""
    who, codes = held.who, held.who.clients["currency"].to_numpy(object)
    for positions, pairs in client_states(
        who.clients, who.changes, edges=held.edges, checkpoint=checkpoint
    ):
        for column, (now, _) in enumerate(pairs, -1):
            if column in places:
                at = np.flatnonzero(now.exists)
                own, bucket = positions[at], np.full(len(at), places[column])
                states = (now.active[at], now.ever_active[at])
                yield own, codes[own], bucket, *states, now.balance[at]


def flows_frame(drill: Drill, checkpoint: Checkpoint = lambda: None) -> Frame:
    """What each client did in each bucket, by kind and package; see `Result.flows`."""
    query, buckets = drill.report.query, drill.report.buckets
    period = drill.periods.get("value")
    if period is None:
        none = np.zeros(0, np.int64)
        more = {"kind": category([], order=KINDS), "package": category([]), "entries": none}
        more |= _money(None, none, none, none, [])
        return _by_client(drill.report, pa.chunked_array([], pa.string()), none, none, more)
    with drill.source.reading(checkpoint) as snapshot:
        tables, fetch = snapshot.tables, snapshot.fetch
        conversion = period.conversion(snapshot)
        pieces = period.pieces(buckets, conversion.rates)
        ends = [bucket.end for bucket in buckets]
        snapshot.cut_at([*(piece.start for piece in pieces), *ends], period.as_of)
        read = flows_by_client(
            tables,
            fetch,
            resolve(tables, fetch, query, period.as_of),
            segments=pieces,
            inside=(buckets[0].start, buckets[-1].end),
            end=period.until,
            as_of=period.as_of,
        )
        clients = fetch(tables["clients"].select("client_id", "currency"))
        names = package_names(tables, fetch)
    flows = ClientFlows.of(read, clients["client_id"], names)
    codes = clients["currency"].to_numpy().astype(object)[flows.client]
    days = [piece.day for piece in pieces]
    more = {
        "kind": category([*KINDS], order=KINDS).take(flows.kind),
        "package": category([*flows.packages, None]).take(flows.package),
        "entries": flows.entries,
        **_money(conversion, codes, flows.amount, flows.segment, days),
    }
    bucket = np.array([piece.bucket for piece in pieces], np.int64)[flows.segment]
    made = _by_client(drill.report, read["client_id"], bucket, codes, more)
    names_of = [name for name in made if name not in SUMMED]  # days of other rates are one line
    groups = made.groupby(names_of, observed=True, dropna=False, sort=False)[list(SUMMED)]
    return Frame(groups.sum(skipna=False).reset_index())


def _by_client(
    report: Report, ids: pa.ChunkedArray, bucket: Ints, codes: Numbers, more: dict[str, Any]
) -> Frame:
    """Lines by client and bucket."""
    buckets = report.buckets
    starts = instants([microseconds(one.start) for one in buckets], report.query.timezone)
    frame = Frame(
        {
            "client_id": _texts(ids),
            "bucket": category([one.label for one in buckets]).take(bucket),
            "start": starts.take(bucket),
            "state": category([one.state.value for one in buckets]).take(bucket),
            "currency": category(codes.tolist()),
            **more,
        }
    )
    order = np.lexsort((bucket, ids.combine_chunks().dictionary_encode().indices.to_numpy()))
    return frame.iloc[order].reset_index(drop=True)


def _populations(
    period: ExtractedPeriod, snapshot: Snapshot
) -> Iterator[tuple[ExtractedPeriod, dict[int, int]]]:
    """The clients of the report, and which of its buckets each place of theirs is."""
    places = range(len(period.buckets))
    if period.extract.client_data is not None:
        yield period, {place: place for place in places}
        return
    for column in places:
        held, place = period.holding(snapshot, column)
        yield held, {place: column}


def _money(
    conversion: Conversion | None,
    codes: Numbers,
    amount: Numbers,
    day: Ints,
    days: Sequence[date],
) -> dict[str, Numbers]:
    """Unscaled amounts, each of a place among `days`: in their currency, and in the report's.

    Where there is no rate the report needed none, and the value is NaN.
    """
    amounts = amount.astype(float)
    value = np.zeros(len(amounts))
    if conversion is None:  # an empty period: there are none
        return {"amount": amounts, "value": value}
    amounts /= 10.0**conversion.scale
    for code in np.unique(codes.astype(str)):
        own = np.flatnonzero((codes == code) & (amounts != 0))
        factors = np.zeros(len(days))
        for place in np.unique(day[own]):
            factors[place] = conversion.factor_or(code, days[place], np.nan)
        value[own] = amounts[own] * factors[day[own]]
    return {"amount": amounts, "value": value}


def _about(side: Contributions) -> Numbers:
    """What each adds, as floats."""
    return side.about if side.counts == "money" else side.entries.astype(float)


def _texts(column: pa.ChunkedArray) -> Any:
    return pd.array(column.cast(pa.string()).to_pylist(), dtype="string")


def _categories(column: pa.ChunkedArray) -> Any:
    values = column.cast(pa.string()).to_pylist()
    return category(values, order=sorted({one for one in values if one is not None}))
