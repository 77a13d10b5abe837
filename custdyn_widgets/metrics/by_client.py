"""Figures that need the flows of each client: of a class, of clients with an entry of a flow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from custdyn_widgets.extract.scope import KINDS
from custdyn_widgets.metrics.aggregates import FIGURES, ClientSetSums, Sums, Total, figures
from custdyn_widgets.metrics.client_sets import CLIENT_SETS, ClientState
from custdyn_widgets.metrics.dense import client_states
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.metrics.flows import ClientFlows, Counted, Flow
from custdyn_widgets.metrics.population import Population
from custdyn_widgets.model.definitions import ACTIVE, OVERALL_ACTIVE, stayed
from custdyn_widgets.model.formulas import Having, group_name
from custdyn_widgets.model.periods import Period, Segment

STAYED = (ACTIVE, OVERALL_ACTIVE)
"""The classes of which a bridge wants the flows of clients that stayed in it."""


@dataclass(frozen=True)
class MetricsPlan:
    """What a report wants of clients.

    The figures of `groups` at the `edges` of the period's buckets; if `bridge`, the flows by
    `pieces` of the clients that stayed in a class; of `having`, the figures of clients with such
    an entry. `names` are the packages', `counted` those that count.
    """

    period: Period
    edges: tuple[Edge, ...]
    groups: tuple[str, ...]
    pieces: tuple[Segment, ...]
    names: Mapping[str, str]
    bridge: bool
    having: tuple[Having, ...] = ()
    counted: Counted = None

    @property
    def by_client(self) -> bool:
        """Whether it takes the flows of each client."""
        return self.bridge or bool(self.having)


def sums_by_client(
    who: Population, flows: ClientFlows, wanted: MetricsPlan, checkpoint: Callable[[], None]
) -> tuple[Sums, dict[str, list[Flow]]]:
    """The figures of `having`, and for each class the flows of the clients that stayed in it."""
    currency = who.clients["currency"].astype("category").cat
    code, codes = currency.codes.to_numpy(np.int64), list(currency.categories)
    stays = _Stays(wanted, flows, code, codes) if wanted.bridge else None
    having = _Having(wanted, flows, code, codes)
    for positions, pairs in client_states(
        who.clients, who.changes, edges=wanted.edges, checkpoint=checkpoint
    ):
        place = np.full(len(who.clients), -1, np.int64)
        place[positions] = np.arange(len(positions))
        flags: list[list[np.ndarray]] = []
        for number, (now, before) in enumerate(pairs):
            having.add(number, now, before, positions, place)
            if stays is not None:
                flags.append([CLIENT_SETS[stayed(one)].members(now, before) for one in STAYED])
        if stays is not None:
            stays.add(flags, place)
    return having.sums, {} if stays is None else stays.flows


class _Having:
    """Adds up the clients of sets that have an entry of a flow, bucket by bucket."""

    def __init__(
        self, wanted: MetricsPlan, flows: ClientFlows, code: np.ndarray, codes: Sequence[str]
    ) -> None:
        self._having, self._code, self._codes = wanted.having, code, codes
        self._found: dict[tuple[str, str], list[tuple[int, ...]]] = {}
        count = len(wanted.edges)
        bucket = np.array([piece.bucket for piece in wanted.pieces], np.int64)[flows.segment] + 1
        named = flows.named(wanted.counted)
        self._clients: dict[tuple[str, ...], list[np.ndarray]] = {}
        for _, some in wanted.having:
            rows = np.flatnonzero(np.isin(named, some))
            rows = rows[np.argsort(bucket[rows], kind="stable")]
            ends = np.searchsorted(bucket[rows], np.arange(1, count))
            self._clients[some] = np.split(flows.client[rows], ends)
        for client_set, some in wanted.having:
            for currency in codes:
                key = (group_name(client_set, some), currency)
                self._found[key] = [(0,) * len(FIGURES) for _ in range(count)]

    def add(
        self,
        number: int,
        now: ClientState,
        before: ClientState,
        positions: np.ndarray,
        place: np.ndarray,
    ) -> None:
        """Some clients at the end of a bucket, the first of which is the one before the period."""
        for client_set, some in self._having if number else ():
            own = np.unique(place[self._clients[some][number]])
            own = own[own >= 0]
            members, balance = CLIENT_SETS[client_set].held(now, before)
            own = own[members[own]]
            code = self._code[positions[own]]
            for at in np.unique(code):
                listed = self._found[group_name(client_set, some), self._codes[at]]
                more = figures(code == at, balance[own], Total(split=True))
                listed[number] = tuple(map(sum, zip(listed[number], more, strict=True)))

    @property
    def sums(self) -> Sums:
        """By set and currency."""
        return {
            key: ClientSetSums(tuple(map(list, zip(*listed, strict=True))), before)
            for key, (before, *listed) in self._found.items()
        }


class _Stays:
    """Adds up the flows of clients that stayed in a class."""

    def __init__(
        self, wanted: MetricsPlan, flows: ClientFlows, code: np.ndarray, codes: Sequence[str]
    ) -> None:
        self._pieces, self._rows, self._code, self._codes = wanted.pieces, flows, code, codes
        self._bucket = np.array([piece.bucket for piece in wanted.pieces], np.int64)
        self._counts = flows.counted(wanted.counted)
        self._totals: dict[str, dict[tuple[int, ...], list[int]]] = {
            name: defaultdict(lambda: [0, 0]) for name in STAYED
        }

    def add(self, flags: Sequence[Any], place: np.ndarray) -> None:
        """The flows of some clients; `flags` say who stayed, by bucket and class."""
        flows = self._rows
        inside = place[flows.client] >= 0
        for number, own in enumerate(self._totals.values()):
            stays = np.array([one[number] for one in flags])
            among = stays[self._bucket[flows.segment] + 1, place[flows.client]]
            rows = np.flatnonzero(inside & among)
            counts, codes = self._counts[rows], self._code[flows.client[rows]]
            keys = (flows.segment[rows], flows.kind[rows], counts, codes)
            values = (flows.amount[rows], flows.entries[rows])
            for *key, amount, entries in zip(*keys, *values, strict=True):
                total = own[tuple(map(int, key))]
                total[:] = total[0] + int(amount), total[1] + int(entries)

    @property
    def flows(self) -> dict[str, list[Flow]]:
        """By class."""
        made: dict[str, list[Flow]] = {name: [] for name in self._totals}
        for name, own in self._totals.items():
            for (segment, kind, counted, code), (amount, entries) in own.items():
                piece = self._pieces[segment]
                flow = Flow(
                    bucket=piece.bucket,
                    day=piece.day,
                    first_day=piece.day,
                    kind=KINDS[kind],
                    package=None,
                    counted=bool(counted),
                    currency=self._codes[code],
                    amount=amount,
                    entries=entries,
                )
                made[name].append(flow)
        return made
