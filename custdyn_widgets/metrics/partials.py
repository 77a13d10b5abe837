"""Partial sums of a slice of the clients; partial sums add up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any

from custdyn_widgets.extract.arrays import Checksum
from custdyn_widgets.extract.clients import ClientData
from custdyn_widgets.metrics.aggregates import ClientSetSums, Sums, merged
from custdyn_widgets.metrics.by_client import MetricsPlan, sums_by_client
from custdyn_widgets.metrics.checksum import NOTHING, added, checksum
from custdyn_widgets.metrics.dense import client_set_sums
from custdyn_widgets.metrics.flows import ClientFlows, Flow
from custdyn_widgets.metrics.population import Population, population


@dataclass(frozen=True)
class PartialSums:
    """What clients add: sums of groups, flows of those that stayed in a class, marks.

    `has_unknown_clients` says that the ledger may name clients that are unknown.
    """

    sums: Sums
    stayed: Mapping[str, list[Flow]]
    has_unknown_clients: bool
    checksum: Checksum = NOTHING


def partial_sums(
    client_data: ClientData, wanted: MetricsPlan, checkpoint: Callable[[], None] = lambda: None
) -> PartialSums:
    """The sums of these clients. What `checkpoint` raises stops the work; it is called often."""
    who = population(client_data, checkpoint)
    sums = client_set_sums(
        who.clients, who.changes, edges=wanted.edges, groups=wanted.groups, checkpoint=checkpoint
    )
    having, stayed = by_client(client_data, who, wanted, checkpoint)
    unknown = client_data.has_unknown_clients
    return PartialSums(sums | having, stayed, unknown, checksum(client_data))


def by_client(
    client_data: ClientData, who: Population, wanted: MetricsPlan, checkpoint: Callable[[], None]
) -> tuple[Sums, dict[str, list[Flow]]]:
    """What takes the flows of each client, where it is wanted: see `sums_by_client`."""
    if not wanted.by_client or client_data.flows is None:
        return {}, {}
    moved = ClientFlows.of(client_data.flows, who.ids, wanted.names)
    return sums_by_client(who, moved, wanted, checkpoint)


def add_partials(parts: Iterable[PartialSums]) -> PartialSums:
    """What disjoint parts of the clients add, together."""
    sums: Sums = {}
    stayed: dict[str, list[Flow]] = {}
    has_unknown_clients, whole = False, NOTHING
    for one in parts:
        sums = merged(sums, one.sums)
        for name, flows in one.stayed.items():
            stayed.setdefault(name, []).extend(flows)
        has_unknown_clients, whole = (
            has_unknown_clients or one.has_unknown_clients,
            added(whole, one.checksum),
        )
    return PartialSums(sums, stayed, has_unknown_clients, whole)


def packed(part: PartialSums) -> bytes:
    """A part as JSON, to be sent from where it was made."""
    return json.dumps(
        {
            "sums": [[*key, one.figures, one.before] for key, one in part.sums.items()],
            "stayed": {name: list(map(astuple, own)) for name, own in part.stayed.items()},
            "strangers": part.has_unknown_clients,
            "marks": part.checksum,
        },
        default=date.isoformat,
    ).encode()


def unpacked(sent: bytes) -> PartialSums:
    """What `packed` made."""
    said = json.loads(sent)
    sums = {
        (name, currency): ClientSetSums(tuple(figures), tuple(before))
        for name, currency, figures, before in said["sums"]
    }

    def flow(bucket: int, day: str, first_day: str, *rest: Any) -> Flow:
        return Flow(bucket, date.fromisoformat(day), date.fromisoformat(first_day), *rest)

    stayed = {name: [flow(*row) for row in own] for name, own in said["stayed"].items()}
    return PartialSums(sums, stayed, said["strangers"], tuple(said["marks"]))
