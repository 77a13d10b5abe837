"""What some of the clients add to a report: the core, for all of them or a part; parts add up."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from custdyn_widgets.extract.arrays import Marks
from custdyn_widgets.extract.clients import Holders
from custdyn_widgets.metrics.aggregates import GroupSums, Sums, merged
from custdyn_widgets.metrics.checksum import NOTHING, added, marks
from custdyn_widgets.metrics.dense import client_sums
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.metrics.flows import ClientFlows, Flow, stayed_flows
from custdyn_widgets.metrics.population import People, people
from custdyn_widgets.model.periods import Segment
from custdyn_widgets.query.query import Query


@dataclass(frozen=True)
class Wanted:
    """What a report wants of clients.

    The figures of `groups` at the `edges` of the query's buckets, and, if `by_client`, the flows
    by `pieces` of the clients that stayed in a class; `names` are the packages'.
    `starts` are the local starts that belong to the edges.
    """

    query: Query
    edges: tuple[Edge, ...]
    groups: tuple[str, ...]
    pieces: tuple[Segment, ...]
    names: Mapping[str, str]
    by_client: bool
    starts: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Part:
    """What clients add: sums of groups, flows of those that stayed in a class, marks.

    `strangers` says that the ledger may name clients that are unknown.
    """

    sums: Sums
    stayed: Mapping[str, list[Flow]]
    strangers: bool
    marks: Marks = NOTHING


def part_of(holders: Holders, wanted: Wanted, between: Callable[[], None] = lambda: None) -> Part:
    """What these clients add. `between` is called now and then: what it raises stops the work."""
    who = people(holders, between)
    sums = client_sums(
        who.clients, who.changes, edges=wanted.edges, groups=wanted.groups, between=between
    )
    return Part(sums, stayed_of(holders, who, wanted, between), holders.strangers, marks(holders))


def stayed_of(
    holders: Holders, who: People, wanted: Wanted, between: Callable[[], None]
) -> dict[str, list[Flow]]:
    """For each class the flows of clients that stayed in it, where they are wanted."""
    if not wanted.by_client or holders.flows is None:
        return {}
    moved = ClientFlows.of(holders.flows, who.ids, wanted.names)
    return stayed_flows(wanted.query, who, moved, wanted.pieces, wanted.edges, between)


def together(parts: Iterable[Part]) -> Part:
    """What disjoint parts of the clients add, together."""
    sums: Sums = {}
    stayed: dict[str, list[Flow]] = {}
    strangers, whole = False, NOTHING
    for one in parts:
        sums = merged(sums, one.sums)
        for name, flows in one.stayed.items():
            stayed.setdefault(name, []).extend(flows)
        strangers, whole = strangers or one.strangers, added(whole, one.marks)
    return Part(sums, stayed, strangers, whole)


def packed(part: Part) -> bytes:
    """A part as JSON, to be sent from where it was made."""
    return json.dumps(
        {
            "sums": [[*key, one.figures, one.before] for key, one in part.sums.items()],
            "stayed": {name: list(map(astuple, own)) for name, own in part.stayed.items()},
            "strangers": part.strangers,
            "marks": part.marks,
        },
        default=date.isoformat,
    ).encode()


def unpacked(sent: bytes) -> Part:
    """What `packed` made."""
    said = json.loads(sent)
    sums = {
        (name, currency): GroupSums(tuple(figures), tuple(before))
        for name, currency, figures, before in said["sums"]
    }

    def flow(bucket: int, day: str, first_day: str, *rest: Any) -> Flow:
        return Flow(bucket, date.fromisoformat(day), date.fromisoformat(first_day), *rest)

    stayed = {name: [flow(*row) for row in own] for name, own in said["stayed"].items()}
    return Part(sums, stayed, said["strangers"], tuple(said["marks"]))
