"""The package card equals a reading of its definitions written apart from it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from statistics import median
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import Result, open_source, run
from custdyn_widgets.drill.package_card import PackageCard
from custdyn_widgets.errors import MissingRates, QueryError
from custdyn_widgets.model.blocks import DAYS_BETWEEN, HOLDERS, PER_HOLDER, SHARE
from custdyn_widgets.model.definitions import ALL, NO_PACKAGE, PACKAGES, PAY_AS_YOU_GO
from custdyn_widgets.model.na_reasons import NA
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import go_back, utc

DAY = 86_400 * 10**6


PACKAGED = cases(dense=True, kinds=["package_activation", "package_renewal", "payg"])


@ledgers(8, 16)
@given(
    case=st.one_of(cases(), PACKAGED, PACKAGED),
    lasts=st.tuples(*[st.sampled_from([None, 0, 1, 2, 12])] * 3),
)
def test_the_card_equals_the_brute_force_reading(case: Case, lasts: tuple[int | None, ...]) -> None:
    frames = case.frames()
    months = {one: lasts[place] for place, one in enumerate((1, 2, 3))}
    frames["packages"]["period_months"] = [
        months[int(one)] for one in frames["packages"]["package_id"]
    ]
    source = open_source(frames)
    try:
        result = run(case.json_query(), source, as_of=case.as_of)
        if not result.report.buckets:
            return
        names = {str(row["package_id"]): row["name"] for row in case.data.packages}
        counted = case.query["package"]
        for package in counted or ["Gold", "3", NO_PACKAGE]:
            try:
                card = result.package_card(package)
            except QueryError as error:
                assert "neither" in str(error) and package not in names.values()
                continue
            check(case, result, card, names, months)
    except MissingRates:
        return
    finally:
        source.close()


def check(
    case: Case,
    result: Result,
    card: PackageCard,
    names: dict[str, str],
    months: dict[int, int | None],
) -> None:
    zone = ZoneInfo(case.query["timezone"])
    lines = {line.name: line.cells for line in card.lines}
    own = [row for row in known(case) if called(row, names) == card.package]
    for column, bucket in enumerate(result.report.buckets):
        there = set(result.clients(ALL, "Qty", column)["client_id"])
        local_end = bucket.end.astimezone(zone).replace(tzinfo=None)
        holding = {
            str(row["client_id"])
            for row in own
            if (last := lasts_of(row, names, months)) is not None
            and utc(go_back(local_end, last), zone) <= row["occurred_at"] < bucket.end
        } & there
        holders = lines[HOLDERS][column]
        if holders.reason is NA.NO_PERIOD:
            assert not holding
        else:
            assert holders.value == len(holding)
            listed = card.holder_lines(column)
            assert listed is not None
            assert {listed.line(place)[0] for place in range(len(listed))} == holding
            event("somebody holds it" if holding else "nobody holds it")
        per = lines[PER_HOLDER][column]
        renewals = lines["Renew Qty"][column].value
        assert per.exact == (Fraction(str(renewals)) / len(holding) if holding else None)
        check_days(result, lines[DAYS_BETWEEN][column].exact, own, bucket)
        total = [lines[name][column].exact or 0 for name in ("Activation Total", "Renew Total")]
        grouped = card.report
        spent = [
            grouped.row(block, name).cells[column].exact or 0
            for block, name in (
                (PAY_AS_YOU_GO, "Total"),
                (PACKAGES, "Activation Total"),
                (PACKAGES, "Renew Total"),
            )
        ]
        share = 100 * sum(total) / sum(spent) if sum(spent) else None
        assert lines[SHARE][column].exact == share


def check_days(result: Result, shown: Fraction | None, own: list[Any], bucket: Any) -> None:
    """The median over clients that pass, who need not be there any more."""
    passing = {str(one) for one in result.drill.periods["value"].who.ids.to_pylist()}
    spans = []
    for client in passing:
        entries = sorted(
            (row for row in own if str(row["client_id"]) == client),
            key=lambda row: (row["occurred_at"], str(row["entry_id"])),
        )
        for before, row in pairwise(entries):
            if row["kind"] == "package_renewal" and bucket.start <= row["occurred_at"] < bucket.end:
                span = row["occurred_at"] - before["occurred_at"]
                spans.append(Fraction(span // (datetime.resolution), DAY))
    if shown is None:
        assert all_tied(own) or not spans
    elif not all_tied(own):
        assert shown == median(spans)


def all_tied(own: list[Any]) -> bool:
    """Whether entries of a client share an instant: their order is then by entry_id's own kind."""
    moments = [(row["client_id"], row["occurred_at"]) for row in own]
    return len(moments) != len(set(moments))


def known(case: Case) -> list[Any]:
    return [
        row
        for row in case.data.ledger
        if row["kind"] in ("package_activation", "package_renewal")
        and row["occurred_at"] < case.as_of
        and (row["recorded_at"] is None or row["recorded_at"] < case.as_of)
    ]


def called(row: Any, names: dict[str, str]) -> str:
    if row["package_id"] is None:
        return NO_PACKAGE
    return names.get(str(row["package_id"]), str(row["package_id"]))


def lasts_of(row: Any, names: dict[str, str], months: dict[int, int | None]) -> int | None:
    one = row["package_id"]
    return months.get(int(one)) if one is not None and str(one) in names else None


def test_a_card_says_what_it_lacks() -> None:
    query = {"period": {"from": "2025-01-01", "to": "2025-03-31"}, "group_by": ["month"]}
    result = run(query, "demo", as_of=datetime(2026, 1, 1, tzinfo=UTC))
    card = result.package_card("Europe 500")
    assert (card.description, card.period_months) == ("500 minutes to 31 European countries", 1)
    assert list(card.table.columns) == ["01/2025", "02/2025", "03/2025"]
    assert card.table.loc["Holders", "01/2025"] == "17"
    assert isinstance(card.lines[-1].cells[0].value, Decimal)
    with pytest.raises(QueryError, match="neither the list of packages nor the ledger"):
        result.package_card("Nothing 1")
    filtered = run({**query, "package": ["Year Saver"]}, "demo", as_of=result.report.as_of)
    with pytest.raises(QueryError, match="filter does not count it"):
        filtered.package_card("Europe 500")
