"""Flows: entries by bucket, date, kind and package; of all clients and of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date
from typing import Any

import numpy as np
import pyarrow as pa

from custdyn_widgets.extract.arrays import positions, unscaled
from custdyn_widgets.extract.flows import NOT_PASSING, Extract
from custdyn_widgets.extract.scope import KINDS
from custdyn_widgets.metrics.client_sets import CLIENT_SETS
from custdyn_widgets.metrics.dense import client_states
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.metrics.population import Checkpoint, Population
from custdyn_widgets.model.definitions import ACTIVE, NO_PACKAGE, OVERALL_ACTIVE, flow_of, stayed
from custdyn_widgets.model.periods import Segment, local_date, zone
from custdyn_widgets.model.schema import PACKAGE_KINDS
from custdyn_widgets.query.query import Query


@dataclass(frozen=True)
class Flow:
    """Entries of one bucket, local date, kind, package and currency.

    `amount` is unscaled; `first_day` is the local date of the first of the entries; `counted`
    says whether the query's package filter lets package entries of this package count;
    `opposite` are those of the entries with the unusual sign.
    """

    bucket: int
    day: date
    first_day: date
    kind: str
    package: str | None
    counted: bool
    currency: str
    amount: int
    entries: int
    opposite: int = 0

    @property
    def flow(self) -> str:
        """The flow of a bridge that the entries are of."""
        return flow_of(self.kind, counted=self.counted)


def package_name(number: object, names: Mapping[str, str]) -> str:
    """What an entry's package is called; `names` by package id, as text."""
    return NO_PACKAGE if number is None else names.get(str(number), str(number))


def is_counted(kind: str, package: str | None, query: Query) -> bool:
    """Whether the query's package filter lets an entry count in the rows of packages."""
    return kind not in PACKAGE_KINDS or not query.package or package in query.package


def flows_of(
    query: Query, extract: Extract, pieces: Sequence[Segment], names: Mapping[str, str]
) -> Iterator[Flow]:
    """The flows of the clients that pass."""
    tz = zone(query.timezone)
    amounts = unscaled(extract.flows["amount"])
    rows = extract.flows.drop_columns("amount").to_pylist()
    for row, amount in zip(rows, amounts, strict=True):
        if row["currency"] == NOT_PASSING:
            continue
        kind = KINDS[row["kind"]]
        package = package_name(row["package_id"], names) if kind in PACKAGE_KINDS else None
        yield Flow(
            bucket=pieces[row["segment"]].bucket,
            day=pieces[row["segment"]].day,
            first_day=local_date(row["first_at"].replace(tzinfo=UTC), tz),
            kind=kind,
            package=package,
            counted=is_counted(kind, package, query),
            currency=extract.currencies[row["currency"]],
            amount=int(amount),
            entries=row["entries"],
            opposite=row["opposite"] or 0,
        )


@dataclass(frozen=True)
class ClientFlows:
    """Flows of each client, row by row; `client` is its position among those that pass.

    `package` is a place in `packages`, -1 for entries of other kinds; `amount` is unscaled.
    """

    client: np.ndarray
    segment: np.ndarray
    kind: np.ndarray
    package: np.ndarray
    packages: tuple[str, ...]
    amount: np.ndarray
    entries: np.ndarray

    @classmethod
    def of(cls, table: pa.Table, ids: pa.ChunkedArray, names: Mapping[str, str]) -> ClientFlows:
        """From what `scope.flows_by_client` gives."""
        kind = np.asarray(table["kind"].to_numpy(), np.int64)
        numbers = table["package_id"].to_pylist()
        called = [
            package_name(number, names) if KINDS[which] in PACKAGE_KINDS else None
            for number, which in zip(numbers, kind, strict=True)
        ]
        packages = tuple(sorted({name for name in called if name is not None}))
        place = {name: at for at, name in enumerate(packages)}
        return cls(
            positions(table["client_id"], ids),
            np.asarray(table["segment"].to_numpy(), np.int64),
            kind,
            np.array([-1 if name is None else place[name] for name in called], np.int64),
            packages,
            unscaled(table["amount"]),
            np.asarray(table["entries"].to_numpy(), np.int64),
        )

    def counted(self, query: Query) -> np.ndarray:
        """Which rows the query's package filter lets count in the rows of packages."""
        counts = [is_counted(KINDS[-1], name, query) for name in self.packages]
        made: np.ndarray = np.array([*counts, True])[self.package]
        return made

    def in_flow(self, flow: str, package: str | None, names: np.ndarray) -> np.ndarray:
        """Which rows are of a flow, as `names` has it for each, and of one package or any."""
        chosen: np.ndarray = names == flow
        if package is not None:
            called = np.array([*(name == package for name in self.packages), False])
            chosen = chosen & called[self.package]
        return chosen

    def known(self) -> ClientFlows:
        """Those of clients that pass: the data may have changed since these were numbered."""
        kept = self.client >= 0
        if kept.all():
            return self
        columns = ("client", "segment", "kind", "package", "amount", "entries")
        return replace(self, **{name: getattr(self, name)[kept] for name in columns})


def stayed_flows(
    query: Query,
    who: Population,
    flows: ClientFlows,
    pieces: Sequence[Segment],
    edges: Sequence[Edge],
    checkpoint: Checkpoint,
) -> dict[str, list[Flow]]:
    """For each class that a bridge is of: the flows of clients that stayed in it."""
    bucket_of = np.array([piece.bucket for piece in pieces], np.int64)
    currency = who.clients["currency"].astype("category").cat
    code = currency.codes.to_numpy(np.int64)
    counts = flows.counted(query)
    totals: dict[str, dict[tuple[int, ...], list[int]]] = {}
    for positions_, pairs in client_states(
        who.clients, who.changes, edges=edges, checkpoint=checkpoint
    ):
        place = np.full(len(who.clients), -1, np.int64)
        place[positions_] = np.arange(len(positions_))
        inside = place[flows.client] >= 0
        flags: dict[str, list[Any]] = {ACTIVE: [], OVERALL_ACTIVE: []}
        for now, before in pairs:
            for name, listed in flags.items():
                listed.append(CLIENT_SETS[stayed(name)].members(now, before))
        for name, listed in flags.items():
            among = np.array(listed)[bucket_of[flows.segment] + 1, place[flows.client]]
            rows = np.flatnonzero(inside & among)
            own = totals.setdefault(name, defaultdict(lambda: [0, 0]))
            keys = (flows.segment[rows], flows.kind[rows], counts[rows], code[flows.client[rows]])
            values = (flows.amount[rows], flows.entries[rows])
            for *key, amount, entries in zip(*keys, *values, strict=True):
                total = own[tuple(map(int, key))]
                total[:] = total[0] + int(amount), total[1] + int(entries)
    return {
        name: [
            _flow(pieces[segment], KINDS[kind], bool(counted), currency.categories[code], *sums)
            for (segment, kind, counted, code), sums in own.items()
        ]
        for name, own in totals.items()
    }


def _flow(
    piece: Segment, kind: str, counted: bool, currency: str, amount: int, entries: int
) -> Flow:
    return Flow(piece.bucket, piece.day, piece.day, kind, None, counted, currency, amount, entries)
