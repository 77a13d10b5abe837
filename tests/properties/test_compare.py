"""Both periods of a comparison equal the brute-force reading; the changes follow from them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import MissingRates, QueryError
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.report.report import Report
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import UNITS, Answer, RatesMissing, _money, answer, buckets_of, go_back

MODES = ["previous_period", "previous_year", "itself", "a day earlier", "40 days earlier"]
law = ledgers(8, 16)


def other_period(first: datetime, last: datetime, group_by: list[str], mode: str) -> Any:
    """The definitions, and that of previous_period, read once more."""
    end = last + timedelta(seconds=1)
    if mode == "itself":
        return first, last
    if mode.endswith("earlier"):
        gap = timedelta(days=1 if mode == "a day earlier" else 40)
        return first - gap, last - gap
    midnights = first.time() == end.time() == datetime.min.time()
    if mode == "previous_year":
        if midnights and end.day == 1:
            return go_back(first, 12), go_back(end, 12) - timedelta(seconds=1)
        return go_back(first, 12), go_back(last, 12)
    if midnights and first.day == end.day == 1 and "date" not in group_by:
        months = 0
        while go_back(end, months) > first:
            months += 1
        return go_back(first, months), first - timedelta(seconds=1)
    return first - (end - first), first - timedelta(seconds=1)


def a_year_earlier(label: str) -> str:
    """The label of the same year, month or day one year before."""
    if label == "Total":
        return label
    year = label[-4:] if "/" in label else label[:4]
    return label.replace(year, str(int(year) - 1))


def side(case: Case, period: tuple[datetime, datetime]) -> Answer | RatesMissing:
    try:
        return answer(case.data, {**case.query, "period": period}, case.as_of)
    except RatesMissing as missing:
        return missing


def counterparts(own: Answer, other: Answer, mode: str) -> list[int | None]:
    if mode == "previous_year":
        return [
            other.labels.index(a_year_earlier(label))
            if a_year_earlier(label) in other.labels
            else None
            for label in own.labels
        ]
    return list(range(len(own.labels)))


def change(own: Any, other: Any, units: int) -> tuple[Any, Any]:
    """Δ and Δ % of two unrounded figures."""
    if own is None or other is None:
        return None, None
    gap = Fraction(own) - Fraction(other)
    whole = isinstance(own, int)
    base = abs(Fraction(other))
    percent = _money(gap / base * 100, 1) if base else None
    return (int(gap) if whole else _money(gap, units)), percent


@law
@given(cases(), st.sampled_from(MODES))
def test_both_periods_equal_the_brute_force_reading(case: Case, mode: str) -> None:
    first, last = case.query["period"]
    group_by = case.query["group_by"]
    period = other_period(first, last, group_by, mode)
    named = mode if mode.startswith("previous") else {"from": period[0], "to": period[1]}
    zone = ZoneInfo(case.query["timezone"])
    counts = [len(buckets_of(start, end, group_by, zone)) for start, end in ((first, last), period)]
    source = open_source(case.frames())
    expected = [side(case, (first, last)), side(case, period)]
    missing = next((one for one in expected if isinstance(one, RatesMissing)), None)
    query = {**case.json_query(), "compare": _json(named)}
    try:
        report = run(query, source, as_of=case.as_of).report
    except QueryError as error:
        event("refused")
        assert error.faults[0].field == "compare"
        assert mode != "previous_year" and counts[0] != counts[1]
        return
    except MissingRates as error:
        event("rates missing")
        assert missing is not None and error.first_dates == missing.first
        return
    finally:
        source.close()
    assert missing is None
    own, other = expected
    assert isinstance(own, Answer) and isinstance(other, Answer)
    check(report, own, other, counterparts(own, other, mode), UNITS[case.query["currency"]])
    if mode == "itself":
        for row in report.rows:
            assert row.compared
            assert {one.value for one in row.compared.delta} <= {0, None}
            assert {one.value for one in row.compared.percent} <= {Decimal(0), None}


def check(report: Report, own: Answer, other: Answer, places: list[int | None], units: int) -> None:
    event(f"buckets: {min(len(places), 3)}, without counterpart: {places.count(None)}")
    assert report.other is not None
    assert [one.label for one in report.buckets] == own.labels
    assert [one and one.label for one in report.other.buckets] == [
        None if place is None else other.labels[place] for place in places
    ]
    found = {(row.block, row.package, row.row): row for row in report.rows}
    wanted = set(own.rows) | (set(other.rows) if report.rows else set())
    assert set(found) == wanted
    for key, row in found.items():
        assert row.compared is not None
        quantity = row.defined.unit == "quantity"
        empty = [0 if quantity else None]
        mine = own.exact.get(key, empty * len(own.labels))
        theirs_whole = other.exact.get(key, empty * len(other.labels))
        theirs = [None if at is None else theirs_whole[at] for at in places]
        assert [one.value for one in row.cells] == own.rows.get(key, empty * len(own.labels))
        shown = other.rows.get(key, empty * len(other.labels))
        assert [one.value for one in row.compared.other] == [
            None if at is None else shown[at] for at in places
        ]
        for at, place in enumerate(places):
            delta, percent = change(mine[at], theirs[at], units)
            assert row.compared.delta[at].value == delta, key
            assert row.compared.percent[at].value == percent, key
            lacking = row.compared.delta[at].reason is NA.NO_COUNTERPART
            assert lacking == (place is None)


def _json(named: Any) -> Any:
    if isinstance(named, str):
        return named
    return {end: instant.isoformat() for end, instant in named.items()}


@ledgers(32)
@given(cases())
def test_the_other_side_is_the_report_of_that_period(case: Case) -> None:
    """What a comparison shows is what the reader gets who asks for the other period alone."""
    source = open_source(case.frames())
    query = {**case.json_query(), "compare": "previous_year"}
    try:
        report = run(query, source, as_of=case.as_of).report
        assert report.other is not None
        period = {"from": str(report.other.first), "to": str(report.other.last)}
        alone = run({**query, "period": period, "compare": None}, source, as_of=case.as_of).report
    except MissingRates:
        return
    finally:
        source.close()
    places = {bucket.label: at for at, bucket in enumerate(alone.buckets)}
    rows = {(row.block, row.package, row.row): row for row in alone.rows}
    for row in report.rows:
        assert row.compared is not None
        same = rows.get((row.block, row.package, row.row))
        for bucket, cell in zip(report.other.buckets, row.compared.other, strict=True):
            if bucket is not None and same is not None:
                assert replace(cell) == same.cells[places[bucket.label]]
