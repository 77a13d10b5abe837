"""The core: exact sums, slices that add up, rates in force, rounding, Arrow to NumPy."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import iso4217
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custdyn_widgets.extract.arrays import NEVER, microseconds_or, positions, unscaled
from custdyn_widgets.metrics import dense as metrics
from custdyn_widgets.metrics.aggregates import Sums, merged
from custdyn_widgets.metrics.client_sets import CLIENT_SETS
from custdyn_widgets.metrics.dense import client_set_sums
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.model.cells import plain, shown
from custdyn_widgets.model.currencies import ENDED, currency_names, minor_units
from custdyn_widgets.model.definitions import ACTIVE, ALL, ALL_EVER, CLASSES, NEW
from custdyn_widgets.model.money import amount, rounded
from custdyn_widgets.model.periods import microseconds
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.report.report import utc_text
from custdyn_widgets.sources.ecb import ecb_rates

ENDS = [datetime(2024, month, 1, tzinfo=UTC) for month in (2, 3, 4)]
STARTS = [end - timedelta(days=60) for end in ENDS]
OPEN = np.iinfo(np.int64).max


def sums_of(amounts: list[list[int]], currency: list[str]) -> Sums:
    """Sums of clients by position, whose amounts are given bucket by bucket."""
    clients = pd.DataFrame({"currency": currency, "created": 0, "closed": OPEN})
    rows = [
        (client, bucket, value, microseconds(STARTS[0]) + bucket)
        for client, values in enumerate(amounts)
        for bucket, value in enumerate(values)
    ]
    changes = pd.DataFrame(rows, columns=["client", "bucket", "amount", "paid"])
    if any(abs(value) >= 2**63 for values in amounts for value in values):
        changes["amount"] = changes["amount"].astype(object)
    edges = [Edge(microseconds(STARTS[0]), 0)]
    edges += [
        Edge(microseconds(end), microseconds(start))
        for end, start in zip(ENDS, STARTS, strict=True)
    ]
    return client_set_sums(clients, changes, edges=edges, groups=(*CLASSES, ALL_EVER))


wide = st.one_of(
    st.integers(-1000, 1000),
    st.integers(-(2**62), 2**62),
    st.integers(-(10**38), 10**38),
)
people = st.lists(
    st.tuples(st.sampled_from(["EUR", "USD"]), st.lists(wide, min_size=4, max_size=4)), max_size=6
)


@settings(max_examples=200, deadline=None)
@given(
    people, st.integers(0, 6), st.sampled_from([1, 2, 1 << 16]), st.sampled_from([1, 8, 1 << 24])
)
def test_sums_are_exact_at_any_width_and_slices_add_up(
    who: list[tuple[str, list[int]]], cut: int, most_clients: int, most_cells: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(metrics, "MAX_CLIENTS", most_clients)
        patch.setattr(metrics, "MAX_CELLS", most_cells)
        whole = sums_of([values for _, values in who], [code for code, _ in who])
        parts = [
            sums_of([values for _, values in part], [code for code, _ in part])
            for part in (who[:cut], who[cut:])
        ]
    assert merged(*parts) == whole
    for code in {code for code, _ in who}:
        balances = [
            [sum(values[: bucket + 2]) for kind, values in who if kind == code]
            for bucket in range(3)
        ]
        held = whole[ALL, code]
        assert held["balance"] == [sum(one) for one in balances]
        assert held["positive"] == [sum(max(value, 0) for value in one) for one in balances]
        assert held["negatives"] == [sum(value < 0 for value in one) for one in balances]


def test_no_client_makes_no_sums() -> None:
    assert sums_of([], []) == {}


@given(st.fractions(), st.integers(0, 4))
def test_rounding_is_half_away_from_zero(exact: Fraction, decimals: int) -> None:
    units = rounded(exact, decimals)
    gap = abs(Fraction(units, 10**decimals) - exact)
    assert gap <= Fraction(1, 2 * 10**decimals)
    assert rounded(-exact, decimals) == -units
    if gap * 2 * 10**decimals == 1:
        assert abs(units) > abs(exact) * 10**decimals


@pytest.mark.parametrize(
    ("units", "code", "text"),
    [
        (0, "USD", "0.00"),
        (-1194774, "USD", "-11 947.74"),
        (5, "JPY", "5"),
        (-1, "KWD", "-0.001"),
        (10**30, "EUR", "10 000 000 000 000 000 000 000 000 000.00"),
    ],
)
def test_amounts_are_shown_with_spaces_and_the_currencys_decimals(
    units: int, code: str, text: str
) -> None:
    value = amount(units, code)
    assert shown(value) == text
    assert plain(value) == text.replace(" ", "")


def test_counts_and_gaps_are_shown() -> None:
    assert (shown(1204), shown(None)) == ("1 204", "N/A")
    assert (plain(1204), plain(None)) == (1204, None)
    assert utc_text(datetime(2024, 1, 1, 0, 0, 0, 5, tzinfo=UTC)) == "2024-01-01T00:00:00.000005Z"


def rates(*rows: tuple[str, str, str]) -> Rates:
    return Rates.of(
        ((code, date.fromisoformat(day), Fraction(rate)) for code, day, rate in rows), "test"
    )


def test_the_rate_in_force_is_the_newest_on_or_before_a_day() -> None:
    known = rates(("USD", "2024-01-02", "0.5"), ("USD", "2024-01-05", "0.25"))
    days = {day: known.in_force("USD", date(2024, 1, day)) for day in (1, 2, 4, 5, 9)}
    assert days == {
        1: None,
        2: Fraction(1, 2),
        4: Fraction(1, 2),
        5: Fraction(1, 4),
        9: Fraction(1, 4),
    }
    assert known.factor("USD", "EUR", date(2024, 1, 9)) == Fraction(1, 4)
    assert known.factor("EUR", "USD", date(2024, 1, 9)) == 4
    assert known.factor("USD", "USD", date(2000, 1, 1)) == 1
    assert known.factor("GBP", "USD", date(2024, 1, 9)) is None
    assert known.lacking("GBP", "USD", date(2024, 1, 1)) == ["GBP", "USD"]
    assert known.newest(date(2024, 1, 4)) == date(2024, 1, 2)
    assert known.newest(date(2020, 1, 4)) is None
    assert known.dates(["USD", "GBP", "EUR"]) == (date(2024, 1, 2), date(2024, 1, 5))


@pytest.mark.parametrize(
    ("codes", "base"),
    [
        ([("USD", "1")], "USD"),
        ([("USD", "1"), ("EUR", "1")], "EUR"),
        ([("USD", "1"), ("CHF", "1"), ("EUR", "2")], "CHF"),
        ([("USD", "2")], "EUR"),
        ([], "EUR"),
    ],
)
def test_the_base_is_the_currency_whose_every_rate_is_one(
    codes: list[tuple[str, str]], base: str
) -> None:
    known = rates(*((code, "2024-01-01", rate) for code, rate in codes))
    assert known.base == base
    assert known.in_force(base, date(1990, 1, 1)) == 1
    assert base in known.currencies


def test_the_ecbs_rates_are_exact() -> None:
    known = ecb_rates()
    assert known.base == "EUR"
    dollar = known.in_force("USD", date(1999, 1, 4))
    assert dollar == 1 / Fraction(Decimal("1.1789"))
    assert known.factor("USD", "JPY", date(1999, 1, 4)) == Fraction("133.73") / Fraction("1.1789")


def test_of_the_ecbs_rates_only_those_that_are_asked_for_are_read() -> None:
    """A report in one currency needs none; what `known` gives is a part of the same."""
    whole, until = ecb_rates(), date(2016, 12, 31)
    known, later = whole.known(until)
    assert {"EUR", "USD", "HRK"} <= {*known.currencies} and "ISK" in known.currencies
    assert known.newest(date(2030, 1, 1)) == date(2016, 12, 30)
    assert known.in_force("USD", date(2026, 1, 1)) == known.in_force("USD", until)
    rest = [day for dated in whole.by_currency.values() for day, _ in dated if day > until]
    assert later == len(rest) > 70_000
    assert known.dates(known.currencies)[-1] == known.newest(until)
    assert known.dates({"USD"}) == tuple(day for day, _ in known.by_currency["USD"])
    before = whole.known(date(1998, 1, 1))[0]
    assert before.currencies == ("EUR",) and before.newest(until) is None
    assert before.in_force("USD", until) is None and before.in_force("EUR", until) == 1
    code = (
        "from custdyn_widgets import run\n"
        "from custdyn_widgets.sources import ecb\n"
        "frames = __import__('tests.support.small', fromlist=['source'])\n"
        "run({'period': 'this_year'}, frames.source())\n"
        "assert ecb._dated.cache_info().currsize == 0\n"
        "run({'period': 'this_year', 'currency': 'USD'}, frames.source())\n"
        "assert ecb._dated.cache_info().currsize <= 2, ecb._dated.cache_info()\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_minor_units_are_those_of_iso_4217() -> None:
    listed = {item.code: item for item in iso4217.Currency if item.exponent is not None}
    assert set(currency_names()) == {*listed, *ENDED}
    assert all(minor_units(code) == item.exponent for code, item in listed.items())
    assert set(ecb_rates().currencies) <= set(currency_names())
    with pytest.raises(KeyError):
        minor_units("XYZ")


@given(st.lists(st.integers(-(10**37), 10**37)), st.integers(0, 5))
def test_integers_behind_decimals_are_read_exactly(values: list[int], offset: int) -> None:
    column = pa.array([Decimal(value) for value in values], pa.decimal128(38, 0))
    chunked = pa.chunked_array([column.slice(offset), column[:offset]], pa.decimal128(38, 0))
    assert unscaled(chunked).tolist() == values[offset:] + values[:offset]


ids: Any = st.one_of(
    st.lists(st.integers(-(2**40), 2**40), unique=True),
    st.lists(st.integers(0, 30), unique=True),
    st.lists(st.text(max_size=3), unique=True),
)


@given(ids, st.data())
def test_positions_are_found_by_table_and_by_hash(among: list[Any], data: st.DataObject) -> None:
    kind = pa.string() if among and isinstance(among[0], str) else pa.int64()
    strange: Any = "????" if kind == pa.string() else 31
    pool = [*among, strange] if strange not in among else among
    asked = data.draw(st.lists(st.sampled_from(pool or [strange]), max_size=20))
    found = positions(
        pa.chunked_array([pa.array(asked, kind)]), pa.chunked_array([pa.array(among, kind)])
    )
    assert found.tolist() == [among.index(one) if one in among else -1 for one in asked]


def test_instants_become_microseconds() -> None:
    column = pa.chunked_array([pa.array([datetime(1970, 1, 1, 0, 0, 1), None], pa.timestamp("us"))])
    assert microseconds_or(column, NEVER).tolist() == [1_000_000, NEVER]


def test_who_ceases_to_be_active_is_due_though_nothing_else_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients = pd.DataFrame({"currency": ["EUR", "USD", "EUR"], "created": 0, "closed": OPEN})
    paid = [microseconds(STARTS[0]), microseconds(STARTS[0]) + 1, NEVER]
    rows = {"client": [0, 1, 2], "bucket": 0, "amount": [-5, -7, 3], "paid": paid}
    edges = [Edge(end, end - 20, (end - 30, end - 60)) for end in range(paid[0], paid[0] + 90, 10)]
    sums = []
    for few in (0, 1 << 40):  # only who is due; everyone in each bucket
        monkeypatch.setattr(metrics, "FEW", few)
        changes = pd.DataFrame(rows)
        sums.append(
            metrics.client_set_sums(clients, changes, edges=edges, groups=(*CLASSES, ALL_EVER))
        )
    assert sums[0] == sums[1]
    assert sums[0][ACTIVE, "EUR"]["quantity"] == [1, 1, 0, 0, 0, 0, 0, 0]


TIMES = st.integers(95, 155)


@settings(deadline=None)
@given(st.data())
def test_clients_that_come_go_pay_and_age_are_summed_the_same_each_way(data: st.DataObject) -> None:
    """Everyone in each bucket, only who is due, and of one walk for every duration."""
    count = data.draw(st.integers(1, 5))
    lives = [(data.draw(TIMES), data.draw(TIMES | st.just(OPEN))) for _ in range(count)]
    clients = pd.DataFrame(
        {
            "currency": [data.draw(st.sampled_from(["EUR", "USD"])) for _ in lives],
            "created": [created for created, _ in lives],
            "closed": [closed for _, closed in lives],
        }
    )
    edges = [Edge(end, end - 15, (end - 10, end - 30)) for end in range(100, 160, 10)]
    cells = st.tuples(st.integers(0, count - 1), st.integers(0, len(edges) - 1))
    rows = [
        (*cell, data.draw(st.integers(-3, 3)), data.draw(st.just(NEVER) | st.integers(*span)))
        for cell in data.draw(st.sets(cells, max_size=12))
        for span in [(60, 99) if cell[1] == 0 else (90 + 10 * cell[1], 99 + 10 * cell[1])]
    ]
    columns = ["client", "bucket", "amount", "paid"]
    changes = pd.DataFrame(np.array(rows, np.int64).reshape(-1, len(columns)), columns=columns)
    asked = [name for name, one in CLIENT_SETS.items() if not one.by_windows]
    cuts = np.unique([edge.active_from for edge in edges])
    ways = []
    with pytest.MonkeyPatch.context() as patched:
        for few in (1 << 40, 0):
            patched.setattr(metrics, "FEW", few)
            ways.append(client_set_sums(clients, changes, edges=edges, groups=asked))
        told = metrics.recent(
            clients, changes, edges=edges, cuts=lambda first, _: cuts[cuts > first]
        )
        others = [replace(edge, active_from=edge.active_from - 1) for edge in edges]
        assert told is not None
        if others[-1].active_from > told.first:
            assert told.sums(ACTIVE, others) is None  # it was not cut there
        assert told.sums(ALL, [Edge(1, 1)]) is None and told.sums(NEW, edges) is None
        assert metrics.recent(clients, changes, edges=edges, cuts=lambda *_: cuts, most=0) is None
    assert ways[0] == ways[1]
    for name in (*CLASSES, ALL_EVER):
        sums = {currency: one for (group, currency), one in ways[0].items() if group == name}
        assert told.sums(name, edges) == sums
    opened, whole = told.sums(ALL, edges[2:]), told.sums(ALL, edges)
    assert opened is not None and whole is not None
    for currency, one in opened.items():  # some of the buckets, as of months of a year by date
        assert one["balance"] == whole[currency]["balance"][2:]
        assert one.opening("balance") == whole[currency]["balance"][1]
