"""What is behind every cell adds up to it: clients to the cell, entries to the clients."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pandas as pd
import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import Result, open_source, run
from custdyn_widgets.drill.breakdown import COMPANION, Breakdown
from custdyn_widgets.drill.cell import Address, cell_at
from custdyn_widgets.drill.frames import clients_frame, entries_frame
from custdyn_widgets.drill.history import changes
from custdyn_widgets.drill.proof import entries_proof, proof
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    OVERALL_ACTIVE,
    PACKAGES,
    PAY_AS_YOU_GO,
    ROUNDING,
)
from custdyn_widgets.model.money import rounded
from custdyn_widgets.model.periods import EARLIEST
from custdyn_widgets.query.fields import OPTIONAL_BLOCKS
from custdyn_widgets.query.periods import own_period
from custdyn_widgets.report.report import Row
from custdyn_widgets.sources import Source
from tests.support.ledgers import Case, cases, ledgers


@ledgers(40, 100)
@given(
    case=st.one_of(cases(), cases(dense=True)),
    compare=st.sampled_from([None, None, "previous_year"]),
    memory=st.sampled_from([None, None, "1"]),
    data=st.data(),
)
def test_what_is_behind_a_cell_adds_up_to_it(
    case: Case, compare: str | None, memory: str | None, data: st.DataObject
) -> None:
    source = open_source(case.frames(), memory=memory)
    query = {**case.json_query(), "blocks": list(OPTIONAL_BLOCKS), "compare": compare}
    drill_into(case, source, query, data, lambda row: row.row != ROUNDING)


def drill_into(
    case: Case,
    source: Source,
    query: dict[str, Any],
    data: st.DataObject,
    wanted: Callable[[Row], bool],
) -> None:
    """Looks behind the wanted rows in one bucket, and behind the first in the one before."""
    try:
        result = run(query, source, as_of=case.as_of)
    except MissingRates:
        return
    try:
        if not result.report.buckets:
            return
        compare = query["compare"]
        column = data.draw(st.integers(0, len(result.report.buckets) - 1))
        side = data.draw(st.sampled_from(["value", "value", "other"])) if compare else "value"
        if side == "other" and (other := result.report.other) and other.buckets[column] is None:
            return
        for row, shown in enumerate(result.report.rows):
            if wanted(shown):
                check(result, Address(row, column, side))
                if column and side == "value":
                    check_changes(result, Address(row, column))
        if side == "value":
            check_the_first_bucket(result)
    finally:
        source.close()


@ledgers(5, 12)
@given(case=st.one_of(cases(), cases(dense=True)), memory=st.sampled_from([None, None, "1"]))
def test_balances_and_flows_add_up_to_the_cells(case: Case, memory: str | None) -> None:
    source = open_source(case.frames(), memory=memory)
    try:
        result = run(case.json_query(), source, as_of=case.as_of)
    except MissingRates:
        return
    try:
        if not result.report.buckets:
            return
        check_balances(result)
        check_flows(result)
    finally:
        source.close()


def check_balances(result: Result) -> None:
    held = result.balances()
    for block, kept in {
        ALL: held.value == held.value,
        ACTIVE: held.active,
        OVERALL_ACTIVE: held.overall_active,
    }.items():
        own = held[kept].groupby("bucket", observed=False).value.agg(["size", "sum"])
        agrees(result, block, "Qty", own["size"])
        agrees(result, block, "Balance", own["sum"])


def check_flows(result: Result) -> None:
    flows = result.flows()
    for block, kind in {BALANCE_REFILL: "refill", PAY_AS_YOU_GO: "payg"}.items():
        own = flows[flows.kind == kind].groupby("bucket", observed=False)
        agrees(result, block, "Total", own.value.sum())
        if block == BALANCE_REFILL:
            agrees(result, block, "Qty", own.entries.sum())
    query = result.report.query
    renewed = flows[flows.kind == "package_renewal"]
    if query.package:
        renewed = renewed[renewed.package.isin(query.package)]
    agrees(result, PACKAGES, "Renew Total", renewed.groupby("bucket", observed=False).value.sum())


def agrees(result: Result, block: str, row: str, own: pd.Series[float]) -> None:
    """One figure a bucket, as floats, against the cells before they were rounded."""
    for cell, found in zip(result.report.row(block, row).cells, own, strict=True):
        exact = cell.value if cell.exact is None else cell.exact
        expected = float(exact or 0)  # N/A is nothing
        assert found == pytest.approx(expected, rel=1e-9, abs=1e-6), (block, row)


def check(result: Result, at: Address) -> None:
    cell = cell_at(result.report, at)
    found = result.drill.behind(at)
    assert found.agrees, (at, cell)
    totals = {}
    for part in found.sides:
        if part == COMPANION:
            continue
        clients = clients_frame(result.drill.clients(found, part), exact="fractions")
        totals[part] = sum(clients["contribution"], Fraction())
        side = found.sides[part]
        assert totals[part] == side.total
        if side.counts == "money":
            cents = minor_units(side.conversion.to)
            shown = sum(rounded(Fraction(one), cents) for one in clients["contribution"])
            assert side.shown_total == shown
        assert proof(found, part, str(cell)).holds
        assert clients["client_id"].is_unique
        check_entries(result, found, part, clients)
    exact = cell.value if cell.exact is None else cell.exact
    if exact is None:
        empty = not totals["numerator"] or not totals.get("denominator", 1)
        assert empty
        event("N/A")
    else:
        under = totals.get("denominator", Fraction(1))
        assert totals["numerator"] * found.formula.factor / under == exact


def check_changes(result: Result, at: Address) -> None:
    """Entered, left and stayed are the whole difference to the bucket before."""
    found, earlier = result.drill.behind(at), result.drill.before(at)
    assert earlier is not None
    now, before = found.sides["numerator"], earlier.sides["numerator"]
    made = changes(found, earlier)
    assert sum(one.change for one in made) == now.total - before.total
    entered, left, stayed = (len(one.places) for one in made)
    assert (entered + stayed, left + stayed) == (len(now.who), len(before.who))


def check_the_first_bucket(result: Result) -> None:
    """What was before the first bucket is what a report that begins one bucket earlier shows."""
    report = result.report
    query, first = report.query, report.buckets[0]
    bucket = own_period(query, report.as_of).before
    if bucket is None or not query.time_units or bucket.first < EARLIEST:
        return
    period = {"from": f"{bucket.first:%Y-%m-%d %H:%M:%S}", "to": f"{report.last:%Y-%m-%d %H:%M:%S}"}
    try:
        longer = run(
            query.with_fields({"period": period, "compare": None}),
            result.source,
            as_of=report.as_of,
        )
    except MissingRates:
        return
    if longer.report.buckets[0].end != first.start:  # the period begins within a month
        return
    event("the bucket before the first")
    for place, row in enumerate(report.rows):
        if row.row == ROUNDING or row.package is not None:
            continue
        before = result.drill.before(Address(place, 0))
        assert before is not None
        same = next(
            one for one in longer.report.rows if (one.block, one.row) == (row.block, row.row)
        )
        assert replace(before, cell=same.cells[0]).agrees, (row.title, row.row)


def check_entries(result: Result, found: Breakdown, part: str, clients: pd.DataFrame) -> None:
    """Entries add up to what their client contributes, and the balance runs over all of them."""
    listed = result.drill.entries(found, None, part)
    entries = entries_frame(listed, every=True, exact="fractions")
    assert set(entries["client_id"]) <= set(clients["client_id"])
    adds: dict[str, Fraction] = defaultdict(Fraction)
    for client, added in zip(entries["client_id"], entries["contribution"], strict=True):
        adds[client] += added or 0
    counted = found.sides[part]
    money = counted if counted.counts != "clients" else found.sides.get(COMPANION)
    if money is not None and money.counts != "clients":
        expected = {
            str(money.scope.period.who.ids[int(who)]): Fraction(money.contribution(place))
            for place, who in enumerate(money.who)
        }
        for client in clients["client_id"]:
            assert adds[client] == expected.get(client, 0)
    if len(entries) == 0:
        return
    client = entries["client_id"].iloc[0]
    of_one = result.drill.entries(found, client, part)
    place = [str(one) for one in counted.scope.period.who.ids.to_pylist()].index(client)
    assert entries_proof(found, part, of_one.entries, place).holds
    alone = entries_frame(of_one, every=True, exact="fractions")
    own = entries[entries["client_id"] == client].reset_index(drop=True)
    alone["contribution"] = own["contribution"] = 0  # None and Fractions: compared above
    for name in ("package", "kind", "service", "direction", "destination"):
        alone[name], own[name] = alone[name].astype("string"), own[name].astype("string")
    pd.testing.assert_frame_equal(alone, own, check_dtype=False)
    steps = own["balance"].map(Fraction).diff().iloc[1:]
    assert steps.tolist() == own["amount"].map(Fraction).iloc[1:].tolist()
