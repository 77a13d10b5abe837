"""The cache of extracts and sums: a second question on the same data reads nothing."""

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
from custdyn_widgets.extract.balance_changes import ReadStrategy
from custdyn_widgets.extract.clients import ClientData, read_clients
from custdyn_widgets.extract.flows import Extract, read_extract
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.metrics.aggregates import ClientSetSums, Sums
from custdyn_widgets.metrics.by_client import MetricsPlan
from custdyn_widgets.metrics.client_sets import CLIENT_SETS
from custdyn_widgets.metrics.dense import client_set_sums, recent
from custdyn_widgets.metrics.edges import Edge, recent_cuts
from custdyn_widgets.metrics.flows import Counted, Flow, flows_of
from custdyn_widgets.metrics.partials import PartialSums, by_client
from custdyn_widgets.metrics.population import Population, population
from custdyn_widgets.metrics.recency import Recency
from custdyn_widgets.model.periods import Bucket, Segment, microseconds
from custdyn_widgets.pipeline.slicing import SlicedReader, sliced_reader
from custdyn_widgets.sources import Snapshot, Source

Checkpoint = Callable[[], None]
MAX = 10**38
"""No sum reaches it: decimals have 38 digits."""


@dataclass
class CachedExtract:
    """The extract of a `plan`, and what was made of it since.

    Neither the currency of a report, its rate policy nor its active duration is in it. Where
    the clients are too many to be held, `sliced` reads them part by part, for one report. What is
    made may take `room` bytes; where that is much, `grown` is called.
    """

    source: str
    plan: Plan
    token: tuple[object, ...]
    extract: Extract
    sliced: SlicedReader | None = None
    room: int = 0
    grown: Callable[[CachedExtract], None] = lambda _: None
    _people: Population | None = None
    _sums: dict[tuple[object, ...], dict[str, ClientSetSums]] = field(default_factory=dict)
    _cut: dict[object, Extract] = field(default_factory=dict)
    _flows: dict[object, list[Flow]] = field(default_factory=dict)
    _coarser: dict[object, CachedExtract] = field(default_factory=dict)
    _recency: Recency | None = None
    _has_tried: bool = False

    @property
    def size(self) -> int:
        """About how many bytes it and what is made of it take."""
        held, recency = self.extract.client_data, [self, *self._coarser.values()]
        tables = {id(one._recency): one._recency.table.nbytes for one in recency if one._recency}
        own = 0 if held is None else held.nbytes
        return 3 * int(self.extract.flows.nbytes) + own + sum(tables.values())

    def answers(self, plan: Plan) -> bool:
        """Whether what is asked for can be made of it, of the same data."""
        own = self.plan
        return (
            own.filters == plan.filters
            and own.buckets[-1].end == plan.buckets[-1].end
            and {one.start for one in plan.buckets} <= {one.start for one in own.buckets}
            and {one.start for one in plan.pieces} <= {one.start for one in own.cuts}
            and self._holds(plan.as_of)
            and (not plan.by_client or (own.by_client and own.pieces == plan.pieces))
        )

    def _holds(self, as_of: datetime) -> bool:
        """Whether nothing comes or goes between its instant and another."""
        own, following = self.plan.as_of, self.extract.next_event
        return own <= as_of and (
            as_of == own or following is None or microseconds(as_of) <= following
        )

    def by(self, buckets: tuple[Bucket, ...]) -> CachedExtract:
        """The same by other buckets, whose edges are among its own."""
        own = self.plan.buckets
        if [one.start for one in own] == [one.start for one in buckets]:
            return self
        if buckets not in self._coarser:  # the last ones are kept, with these
            self._coarser = {buckets: self._merged(buckets)}
        return self._coarser[buckets]

    def _merged(self, buckets: tuple[Bucket, ...]) -> CachedExtract:
        own = self.plan.buckets
        place = np.array([0, *(number + 1 for number in _places(own, buckets))])
        held = self._held
        coarser = place if held.coarser is None else place[held.coarser]
        extract = replace(self.extract, client_data=replace(held, coarser=coarser))
        plan = replace(self.plan, buckets=buckets)
        return CachedExtract(
            *(self.source, plan, self.token, extract),
            room=self.room,
            grown=lambda _: self.grown(self),
            _recency=self._recency,
        )

    def cut(self, pieces: tuple[Segment, ...]) -> Extract:
        """The extract with flows by these pieces, whose edges are among the cuts."""
        places = list(_places(self.plan.cuts, pieces))
        if places == list(range(len(pieces))):
            return self.extract
        if pieces not in self._cut:  # the last ones are kept: they can be many
            flows = _merged_flows(self.extract.flows, places, self.source)
            self._cut = {pieces: replace(self.extract, flows=flows)}
        return self._cut[pieces]

    def flows(
        self,
        pieces: tuple[Segment, ...],
        names: Mapping[str, str],
        *,
        timezone: str,
        counted: Counted,
    ) -> list[Flow]:
        """The flows by these pieces, of packages by their `names`, see `flows_of`."""
        key = counted, timezone, pieces, tuple(names.items())
        if key not in self._flows:  # as above
            cut = self.cut(pieces)
            found = flows_of(cut, pieces, names, timezone=timezone, counted=counted)
            self._flows = {key: list(found)}
        return self._flows[key]

    def _recent(self, wanted: MetricsPlan, checkpoint: Checkpoint) -> Recency | None:
        """The clients by their last paid use, where few of them move in a bucket."""
        if self._recency is None and not self._has_tried:
            who, edges = self.people(checkpoint), wanted.edges
            cuts = partial(recent_cuts, wanted.period, edges)
            self._recency = recent(
                *(who.clients, who.changes),
                edges=edges,
                cuts=cuts,
                most=self.room,
                checkpoint=checkpoint,
            )
            self._has_tried = True
            self.grown(self)
        return self._recency

    @property
    def _held(self) -> ClientData:
        assert self.extract.client_data is not None  # noqa: S101 only held clients are kept
        return self.extract.client_data

    def people(self, checkpoint: Checkpoint) -> Population:
        """The clients behind it."""
        if self._people is None:
            self._people = population(self._held, checkpoint)
        return self._people

    def part(self, wanted: MetricsPlan, checkpoint: Checkpoint) -> PartialSums:
        """What the clients add to a report: all of them at once, or part by part."""
        if self.sliced is not None:
            return self.sliced(wanted, checkpoint)
        sums = self._summed(wanted, checkpoint)
        having, stayed = by_client(self._held, self.people(checkpoint), wanted, checkpoint)
        return PartialSums(sums | having, stayed, self._held.has_unknown_clients)

    def _summed(self, wanted: MetricsPlan, checkpoint: Checkpoint) -> Sums:
        """The sums of client sets, see `client_set_sums`; computed where they are unknown."""
        edges = wanted.edges
        keys = {name: _key(name, edges) for name in wanted.groups}
        missing = []
        for name in [name for name, key in keys.items() if key not in self._sums]:
            recency = self._recent(wanted, checkpoint)
            known = recency.sums(name, edges) if recency is not None else None
            if known is None:
                missing.append(name)
            else:
                self._sums[keys[name]] = known
        if missing:
            who = self.people(checkpoint)
            made = client_set_sums(
                who.clients, who.changes, edges=edges, groups=missing, checkpoint=checkpoint
            )
            for name in missing:
                own = {currency: one for (of, currency), one in made.items() if of == name}
                self._sums[keys[name]] = own
        return {
            (name, currency): one
            for name, key in keys.items()
            for currency, one in self._sums[key].items()
        }


def cached_extract(
    source: Source, snapshot: Snapshot, plan: Plan, checkpoint: Checkpoint
) -> CachedExtract:
    """The extract that a question needs: a kept one, or read now, and kept.

    `checkpoint` is called before the ledger is read. Raises what reading raises.
    """
    for kept in _kept(source, snapshot):
        if kept.answers(plan):
            source.memory.use(kept)
            return kept.by(plan.buckets)
    checkpoint()
    extract = read_extract(snapshot.tables, snapshot.fetch, plan)
    sliced = sliced_reader(snapshot, plan, extract, source.memory)
    if sliced is not None:
        return CachedExtract(source.name, plan, snapshot.token, extract, sliced)
    access = ReadStrategy.of(
        *(extract.fullest, extract.inside),
        in_order=snapshot.raw.in_order,
        memory=source.memory.apart,
    )
    held = read_clients(snapshot.tables, snapshot.fetch, plan, access)
    cached = CachedExtract(
        *(source.name, plan, snapshot.token, replace(extract, client_data=held)),
        room=source.memory.apart,
        grown=lambda made: source.memory.keep(made, made.size) if snapshot.raw.steady else None,
    )
    cached.grown(cached)
    return cached


def _kept(source: Source, snapshot: Snapshot) -> Iterator[CachedExtract]:
    """CachedExtract of the very data that is read now; those of other data are forgotten."""
    for one in source.memory:
        if isinstance(one, CachedExtract) and one.token == snapshot.token:
            yield one
        else:
            source.memory.drop(one)


def _key(name: str, edges: Sequence[Edge]) -> tuple[object, ...]:
    """What the sums of a group depend on."""
    if CLIENT_SETS[name].by_duration:
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
    if any(abs(amount) >= MAX for amount, _, _ in sums.values()):
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
