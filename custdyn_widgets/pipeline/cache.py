"""Reduced frames and what was made of them, kept: a second question of the same data is free."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial

import numpy as np
import pyarrow as pa

from custdyn_widgets.errors import TooManyDigits
from custdyn_widgets.extract.arrays import unscaled
from custdyn_widgets.extract.balance_changes import Access
from custdyn_widgets.extract.clients import Holders, holders_of
from custdyn_widgets.extract.flows import Reduced, reduce
from custdyn_widgets.extract.plan import Shape
from custdyn_widgets.metrics.aggregates import GroupSums, Sums
from custdyn_widgets.metrics.client_sets import GROUPS
from custdyn_widgets.metrics.dense import client_sums, recent
from custdyn_widgets.metrics.edges import Edge, recent_cuts
from custdyn_widgets.metrics.flows import Flow, flows_of
from custdyn_widgets.metrics.partials import Part, Wanted, stayed_of
from custdyn_widgets.metrics.population import People, people
from custdyn_widgets.metrics.recency import Recency
from custdyn_widgets.model.periods import Bucket, Segment, microseconds
from custdyn_widgets.pipeline.slicing import Spread, spread_of
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources import Snapshot, Source

Between = Callable[[], None]
MOST = 10**38
"""No sum reaches it: decimals have 38 digits."""


@dataclass
class Frames:
    """Reduced frames of a `shape`, and what was made of them since.

    Neither the currency of a report, its rate policy nor its active duration is in them. Where
    the clients are too many to be held, `spread` reads them part by part, for one report. What is
    made may take `room` bytes; where that is much, `grown` is told.
    """

    source: str
    shape: Shape
    token: tuple[object, ...]
    reduced: Reduced
    spread: Spread | None = None
    room: int = 0
    grown: Callable[[Frames], None] = lambda _: None
    _people: People | None = None
    _sums: dict[tuple[object, ...], dict[str, GroupSums]] = field(default_factory=dict)
    _cut: dict[object, Reduced] = field(default_factory=dict)
    _flows: dict[object, list[Flow]] = field(default_factory=dict)
    _coarser: dict[object, Frames] = field(default_factory=dict)
    _recency: Recency | None = None
    _has_tried: bool = False

    @property
    def size(self) -> int:
        """About how many bytes they and what is made of them take."""
        held, told = self.reduced.holders, [self, *self._coarser.values()]
        tables = {id(one._recency): one._recency.table.nbytes for one in told if one._recency}
        own = 0 if held is None else held.nbytes
        return 3 * int(self.reduced.flows.nbytes) + own + sum(tables.values())

    def answers(self, shape: Shape) -> bool:
        """Whether what is asked for can be made of these frames, of the same data."""
        own = self.shape
        return (
            own.filters == shape.filters
            and own.buckets[-1].end == shape.buckets[-1].end
            and {one.start for one in shape.buckets} <= {one.start for one in own.buckets}
            and {one.start for one in shape.pieces} <= {one.start for one in own.cuts}
            and self._holds(shape.as_of)
            and (not shape.by_client or (own.by_client and own.pieces == shape.pieces))
        )

    def _holds(self, as_of: datetime) -> bool:
        """Whether nothing comes or goes between the instant of these frames and another."""
        own, following = self.shape.as_of, self.reduced.next_event
        return own <= as_of and (
            as_of == own or following is None or microseconds(as_of) <= following
        )

    def by(self, buckets: tuple[Bucket, ...]) -> Frames:
        """These frames by other buckets, whose edges are among theirs."""
        own = self.shape.buckets
        if [one.start for one in own] == [one.start for one in buckets]:
            return self
        if buckets not in self._coarser:  # the last ones are kept, with these
            self._coarser = {buckets: self._merged(buckets)}
        return self._coarser[buckets]

    def _merged(self, buckets: tuple[Bucket, ...]) -> Frames:
        own = self.shape.buckets
        place = np.array([0, *(number + 1 for number in _places(own, buckets))])
        held = self._held
        coarser = place if held.coarser is None else place[held.coarser]
        reduced = replace(self.reduced, holders=replace(held, coarser=coarser))
        shape = replace(self.shape, buckets=buckets)
        return Frames(
            *(self.source, shape, self.token, reduced),
            room=self.room,
            grown=lambda _: self.grown(self),
            _recency=self._recency,
        )

    def cut(self, pieces: tuple[Segment, ...]) -> Reduced:
        """The reduced frames with flows by these pieces, whose edges are among the cuts."""
        places = list(_places(self.shape.cuts, pieces))
        if places == list(range(len(pieces))):
            return self.reduced
        if pieces not in self._cut:  # the last ones are kept: they can be many
            flows = _merged_flows(self.reduced.flows, places, self.source)
            self._cut = {pieces: replace(self.reduced, flows=flows)}
        return self._cut[pieces]

    def flows(
        self, query: Query, pieces: tuple[Segment, ...], names: Mapping[str, str]
    ) -> list[Flow]:
        """The flows by these pieces, of packages by their `names`, see `flows_of`."""
        key = query.package, query.timezone, pieces, tuple(names.items())
        if key not in self._flows:  # as above
            self._flows = {key: list(flows_of(query, self.cut(pieces), pieces, names))}
        return self._flows[key]

    def _recent(self, wanted: Wanted, between: Between) -> Recency | None:
        """The clients by their last paid use, where few of them move in a bucket."""
        if self._recency is None and not self._has_tried:
            who, edges = self.people(between), wanted.edges
            cuts = partial(recent_cuts, wanted.starts, edges, timezone=wanted.query.timezone)
            self._recency = recent(
                *(who.clients, who.changes),
                edges=edges,
                cuts=cuts,
                most=self.room,
                between=between,
            )
            self._has_tried = True
            self.grown(self)
        return self._recency

    @property
    def _held(self) -> Holders:
        assert self.reduced.holders is not None  # noqa: S101 only held clients are kept
        return self.reduced.holders

    def people(self, between: Between) -> People:
        """The clients behind the frames."""
        if self._people is None:
            self._people = people(self._held, between)
        return self._people

    def part(self, wanted: Wanted, between: Between) -> Part:
        """What the clients add to a report: all of them at once, or part by part."""
        if self.spread is not None:
            return self.spread(wanted, between)
        sums = self._summed(wanted, between)
        stayed = {}
        if wanted.by_client:
            stayed = stayed_of(self._held, self.people(between), wanted, between)
        return Part(sums, stayed, self._held.strangers)

    def _summed(self, wanted: Wanted, between: Between) -> Sums:
        """The sums of groups of clients, see `client_sums`: those that are not known are made."""
        edges = wanted.edges
        keys = {name: _key(name, edges) for name in wanted.groups}
        missing = []
        for name in [name for name, key in keys.items() if key not in self._sums]:
            told = self._recent(wanted, between)
            known = told.sums(name, edges) if told is not None else None
            if known is None:
                missing.append(name)
            else:
                self._sums[keys[name]] = known
        if missing:
            who = self.people(between)
            made = client_sums(
                who.clients, who.changes, edges=edges, groups=missing, between=between
            )
            for name in missing:
                own = {currency: one for (of, currency), one in made.items() if of == name}
                self._sums[keys[name]] = own
        return {
            (name, currency): one
            for name, key in keys.items()
            for currency, one in self._sums[key].items()
        }


def frames_of(source: Source, snapshot: Snapshot, shape: Shape, between: Between) -> Frames:
    """The frames that a question needs: kept ones, or read now, and kept.

    `between` is called before the ledger is read. Raises what reading raises.
    """
    for kept in _kept(source, snapshot):
        if kept.answers(shape):
            source.memory.use(kept)
            return kept.by(shape.buckets)
    between()
    reduced = reduce(snapshot.tables, snapshot.fetch, shape)
    spread = spread_of(snapshot, shape, reduced, source.memory)
    if spread is not None:
        return Frames(source.name, shape, snapshot.token, reduced, spread)
    access = Access.of(
        *(reduced.fullest, reduced.inside),
        in_order=snapshot.in_order,
        memory=source.memory.apart,
    )
    held = holders_of(snapshot.tables, snapshot.fetch, shape, access)
    frames = Frames(
        *(source.name, shape, snapshot.token, replace(reduced, holders=held)),
        room=source.memory.apart,
        grown=lambda made: source.memory.keep(made, made.size) if snapshot.steady else None,
    )
    frames.grown(frames)
    return frames


def _kept(source: Source, snapshot: Snapshot) -> Iterator[Frames]:
    """Frames of the very data that is read now; those of other data are forgotten."""
    for one in source.memory:
        if isinstance(one, Frames) and one.token == snapshot.token:
            yield one
        else:
            source.memory.drop(one)


def _key(name: str, edges: Sequence[Edge]) -> tuple[object, ...]:
    """What the sums of a group depend on."""
    if GROUPS[name].by_duration:
        return name, *edges
    return name, *((one.end, one.windows) for one in edges)


def _places(
    fine: Sequence[Bucket] | Sequence[Segment], coarse: Sequence[Bucket] | Sequence[Segment]
) -> Iterator[int]:
    """For each of the fine stretches the place of the coarse one it is in; -1 before them."""
    place = -1
    for one in fine:
        if place + 1 < len(coarse) and coarse[place + 1].start <= one.start:
            place += 1
        yield place


def _merged_flows(flows: pa.Table, places: Sequence[int], source: str) -> pa.Table:
    """Flows by coarser pieces; those before the first are left out."""
    keys = ("kind", "package_id", "currency")
    scale = flows["amount"].type.scale
    sums: dict[tuple[object, ...], list[int]] = defaultdict(lambda: [0, 0, 0])
    first: dict[tuple[object, ...], datetime] = {}
    for row, amount in zip(flows.to_pylist(), unscaled(flows["amount"]), strict=True):
        if places[row["segment"]] < 0:
            continue
        key = (places[row["segment"]], *(row[name] for name in keys))
        own = sums[key]
        own[0] += int(amount)
        own[1] += row["entries"]
        own[2] += row["opposite"] or 0
        first[key] = min(first.get(key, row["first_at"]), row["first_at"])
    if any(abs(amount) >= MOST for amount, _, _ in sums.values()):
        raise TooManyDigits(source)
    rows = [
        {
            **dict(zip(("segment", *keys), key, strict=True)),
            "amount": Decimal(f"{amount}e-{scale}"),
            "entries": entries,
            "opposite": opposite,
            "first_at": first[key],
        }
        for key, (amount, entries, opposite) in sums.items()
    ]
    return pa.Table.from_pylist(rows, flows.schema)
