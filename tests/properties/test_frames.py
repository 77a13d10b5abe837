"""What is kept for the next question never changes an answer."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import Result, open_source, run
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.extract import balance_changes as passes
from custdyn_widgets.extract import change_table as moved
from custdyn_widgets.extract.clients import ClientData, read_clients
from custdyn_widgets.extract.plan import Plan
from custdyn_widgets.metrics import dense as metrics
from custdyn_widgets.metrics.partials import PartialSums, partial_sums
from custdyn_widgets.pipeline import cache as frames
from custdyn_widgets.pipeline import slicing
from custdyn_widgets.query.fields import MAX_ACTIVE_MONTHS
from custdyn_widgets.sources import Source
from tests.properties.test_laws import law
from tests.support.ledgers import Case, cases

UNITS: tuple[list[str], ...] = ([], ["year"], ["month"], ["date"], ["month", "date"])
BLOCKS: tuple[list[str], ...] = ([], [], ["bridge"], ["movements", "sensitivity"])
changes = st.fixed_dictionaries(
    {},
    optional={
        "currency": st.sampled_from(["USD", "EUR", "JPY", "KWD"]),
        "active_duration": st.integers(0, MAX_ACTIVE_MONTHS),
        "rate_policy": st.sampled_from(["historical", "current"]),
        "group_by": st.sampled_from([*UNITS, *([*one, "package"] for one in UNITS)]),
        "blocks": st.sampled_from(BLOCKS),
        "package": st.sampled_from([[], ["Gold"], ["(no package)"]]),
        "client_type": st.sampled_from(["all", "client"]),
    },
)
questions = st.lists(st.tuples(changes, st.integers(-60, 60)), min_size=2, max_size=5)


def answer(source: Source, asked: dict[str, Any], case: Case, days: int) -> object:
    """Everything that a report says, with its fingerprint; or which rates it lacks."""
    as_of = case.as_of + timedelta(days=days)
    try:
        made: Result = run(asked, source, as_of=as_of)
    except MissingRates as error:
        return str(error)
    return made.to_dict(), made.provenance.fingerprint


@law
@given(cases(), questions, st.sampled_from([0, 0, 1 << 40]))
def test_a_later_question_is_answered_as_a_first_one(
    case: Case, asked: list[tuple[dict[str, Any], int]], few: int
) -> None:
    """Whether clients are looked at only when they move (0), or all of them."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(metrics, "FEW", few)
        _ask(case, asked)


def _ask(case: Case, asked: list[tuple[dict[str, Any], int]]) -> None:
    kept = open_source(case.frames())
    long = case.query["period"][1] - case.query["period"][0] > timedelta(days=10)
    for change, days in asked:
        query = {**case.json_query(), **change}
        if long and "date" in query["group_by"]:
            query["group_by"] = ["month"]
        fresh = open_source(case.frames())
        assert answer(kept, query, case, days) == answer(fresh, query, case, days)
        fresh.close()
    kept.close()


ways = st.builds(
    passes.ReadStrategy,
    in_order=st.just(True),
    fullest=st.sampled_from([None, 0, 1]),
    at_once=st.sampled_from([1, 3, 1 << 21]),
)


@law
@given(cases(), ways, st.integers(0, 3))
def test_buckets_that_are_read_in_passes_say_the_same(
    case: Case, access: passes.ReadStrategy, sparse: int
) -> None:
    """Added up by the engine bucket by bucket, or handed over, some buckets at once."""

    def in_passes(tables: Any, fetch: Any, shape: Plan, _: passes.ReadStrategy) -> ClientData:
        return read_clients(tables, fetch, shape, access)

    once = open_source(case.frames())
    expected = answer(once, case.json_query(), case, 0)
    once.memory.clear()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(frames, "read_clients", in_passes)
        patched.setattr(passes, "MAX_DIGITS", 38)  # these ledgers have amounts of all lengths
        patched.setattr(moved, "MAX_SPARSE", sparse)
        assert answer(once, case.json_query(), case, 0) == expected
    once.close()


@law
@given(st.one_of(cases(dense=True), cases()), st.sampled_from(BLOCKS))
def test_clients_that_are_looked_at_when_they_are_due_say_the_same(
    case: Case, blocks: list[str]
) -> None:
    asked = {**case.json_query(), "blocks": blocks}
    answers = []
    for few in (0, 1 << 40):  # only who is due; everyone in each bucket
        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(metrics, "FEW", few)
            source = open_source(case.frames())
            answers.append(answer(source, asked, case, 0))
            source.close()
    assert answers[0] == answers[1]


@law
@given(st.one_of(cases(dense=True), cases()), st.integers(1, 2), st.sampled_from(BLOCKS))
def test_clients_that_come_in_slices_add_up_to_the_same(
    case: Case, clients: int, blocks: list[str]
) -> None:
    asked = {**case.json_query(), "blocks": blocks}
    whole = open_source(case.frames())
    expected = answer(whole, asked, case, 0)
    with pytest.MonkeyPatch.context() as patched:
        for name, size in (("CHANGE", 0), ("FLOW", 0), ("CLIENT", 2)):
            patched.setattr(slicing, f"BYTES_A_{name}", size)
        read: list[ClientData] = []

        def counted(held: ClientData, *others: Any) -> PartialSums:
            read.append(held)
            return partial_sums(held, *others)

        patched.setattr(slicing, "partial_sums", counted)
        sliced = open_source(case.frames(), memory=str(4 * clients))
        assert answer(sliced, asked, case, 0) == expected
        event(f"{len(read)} slices")
    assert len(list(sliced.memory)) <= 1  # only what fits is kept
    whole.close()
    sliced.close()


@law
@given(cases(dense=True), st.sampled_from(BLOCKS), st.integers(1, 4))
def test_partitions_of_any_sizes_say_the_same(case: Case, blocks: list[str], count: int) -> None:
    """As on Spark, whose executors are here: each has some of the clients, and sends its sums."""
    asked = {**case.json_query(), "blocks": blocks}
    source = open_source(case.frames())
    expected = answer(source, asked, case, 0)
    source.memory.clear()

    def partitions(
        rows: ir.Table, key: str, _: int, work: Callable[[pa.Table], bytes]
    ) -> list[bytes]:
        with source.reading() as snapshot:
            read = snapshot.fetch(rows)
        where = [zlib.crc32(str(one).encode()) % count for one in read[key].to_pylist()]
        split = [read.filter(pa.array([one == n for one in where])) for n in range(count)]
        return [work(part) for part in split if part.num_rows]

    with source.reading() as snapshot, pytest.MonkeyPatch.context() as patched:
        spread = replace(snapshot.raw, partitions=partitions)
        patched.setattr(source, "_snapshot", replace(snapshot, raw=spread))
        assert answer(source, asked, case, 0) == expected
    source.close()
