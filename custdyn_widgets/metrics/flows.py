"""Flows: entries by bucket, date, kind and package; of all clients and of each."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date

import numpy as np
import pyarrow as pa

from custdyn_widgets.extract.arrays import positions, unscaled
from custdyn_widgets.extract.flows import NOT_PASSING, Extract
from custdyn_widgets.extract.scope import KINDS
from custdyn_widgets.model.definitions import NO_PACKAGE, flow_of
from custdyn_widgets.model.periods import Segment
from custdyn_widgets.model.schema import PACKAGE_KINDS
from custdyn_widgets.model.time_zones import local_date, zone


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


Counted = Collection[str] | None
"""The packages whose entries count in the rows of packages; None: all of them."""


def is_counted(kind: str, package: str | None, counted: Counted) -> bool:
    """Whether the filters of packages let an entry count in the rows of packages."""
    return kind not in PACKAGE_KINDS or counted is None or package in counted


def flows_of(
    extract: Extract,
    pieces: Sequence[Segment],
    names: Mapping[str, str],
    *,
    timezone: str,
    counted: Counted,
) -> Iterator[Flow]:
    """The flows of the clients that pass."""
    tz = zone(timezone)
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
            counted=is_counted(kind, package, counted),
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

    def counted(self, counted: Counted) -> np.ndarray:
        """Which rows the filters of packages let count in the rows of packages."""
        counts = [is_counted(KINDS[-1], name, counted) for name in self.packages]
        made: np.ndarray = np.array([*counts, True])[self.package]
        return made

    def named(self, counted: Counted) -> np.ndarray:
        """The flow of each row, as the rows of a bridge are called."""
        names = [[flow_of(kind, counted=yes) for yes in (False, True)] for kind in KINDS]
        made: np.ndarray = np.array(names)[self.kind, self.counted(counted).astype(np.int64)]
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
