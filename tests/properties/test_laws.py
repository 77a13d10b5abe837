"""Laws on unrounded values that hold for every ledger, whatever it says."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.definitions import ALL, PACKAGE, PACKAGES
from custdyn_widgets.report.report import Report
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import Data

LATER = datetime(2030, 1, 1, tzinfo=UTC)
FLOWS = [
    ("Balance Refill", "Qty"),
    ("Balance Refill", "Total"),
    ("Pay As You Go", "Total"),
    ("Packages", "Activation Qty"),
    ("Packages", "Activation Total"),
    ("Packages", "Renew Qty"),
    ("Packages", "Renew Total"),
]
law = ledgers(16, 25)


def made(case: Case, **fields: Any) -> Report | None:
    """The report with some fields changed; None where a rate is missing."""
    source = open_source(case.frames())
    try:
        return run({**case.json_query(), **fields}, source, as_of=case.as_of).report
    except MissingRates:
        return None
    finally:
        source.close()


def exact(report: Report, block: str, row: str, package: str | None = None) -> list[Fraction]:
    """The unrounded values of a row; N/A as nothing."""
    return [
        cell.exact if cell.exact is not None else Fraction(cell.value or 0)
        for cell in report.row(block, row, package).cells
    ]


@law
@given(cases())
def test_flows_by_date_sum_to_months_to_years_to_the_total(case: Case) -> None:
    reports = [made(case, group_by=units) for units in (["date"], ["month"], ["year"], [])]
    if any(report is None or not report.rows for report in reports):
        return
    for block, row in FLOWS:
        totals = {sum(exact(report, block, row)) for report in reports if report is not None}
        assert len(totals) == 1, (block, row)
    by_date, by_month = reports[:2]
    assert by_date is not None and by_month is not None
    for bucket, total in zip(by_month.buckets, exact(by_month, *FLOWS[1]), strict=True):
        days = zip(by_date.buckets, exact(by_date, *FLOWS[1]), strict=True)
        assert total == sum(value for day, value in days if bucket.start <= day.start < bucket.end)


@law
@given(cases())
def test_package_blocks_sum_to_packages(case: Case) -> None:
    report = made(case, group_by=["month", "package"])
    if report is None or not report.rows:
        return
    names = {row.package for row in report.rows if row.block == PACKAGE}
    for row in ("Activation Qty", "Activation Total", "Renew Qty", "Renew Total"):
        apart = [exact(report, PACKAGE, row, name) for name in names]
        summed = [sum(column) for column in zip(*apart, strict=True)] or [0] * len(report.buckets)
        assert summed == exact(report, PACKAGES, row)


@law
@given(cases(), st.integers(0, 5))
def test_splitting_the_clients_sums_up(case: Case, cut: int) -> None:
    clients = sorted(case.data.clients, key=lambda one: one["client_id"])
    parts = []
    for kept in (clients[:cut], clients[cut:]):
        ids = {one["client_id"] for one in kept}
        ledger = [one for one in case.data.ledger if one["client_id"] in ids]
        data = Data(kept, ledger, case.data.client_tags, case.data.packages, case.data.rates)
        parts.append(made(replace(case, data=data), owner_tree=False))
    whole = made(case, owner_tree=False)
    if whole is None or not whole.rows or any(part is None for part in parts):
        return
    for row in whole.rows:
        if row.package is None and row.row not in ("Avg", "Active Avg"):
            halves = [exact(part, row.block, row.row) for part in parts if part is not None]
            assert [a + b for a, b in zip(*halves, strict=True)] == exact(whole, row.block, row.row)


@law
@given(cases(), st.integers(0, 99))
def test_shuffled_input_changes_nothing(case: Case, seed: int) -> None:
    shuffled = {
        name: random.Random(seed).sample(rows, len(rows))  # noqa: S311 no secret
        for name, rows in vars(case.data).items()
    }
    before, after = made(case), made(replace(case, data=Data(**shuffled)))
    assert (before is None) == (after is None)
    if before is not None and after is not None:
        assert after.to_dict() == before.to_dict()


@law
@given(cases())
def test_positive_and_negative_balances_sum_to_the_balance(case: Case) -> None:
    report = made(case)
    for name in ("Clients - Active", "Clients - Overall Active", "Clients - All"):
        if report is not None and report.rows:
            both = zip(
                exact(report, name, "Balance Pos"), exact(report, name, "Balance Neg"), strict=True
            )
            assert [pos + neg for pos, neg in both] == exact(report, name, "Balance")


@law
@given(cases())
def test_a_balance_plus_the_next_entries_is_the_next_balance(case: Case) -> None:
    for one in case.data.clients:
        one["closed_at"], one["currency"] = None, "EUR"
        one["created_at"] = datetime(2000, 1, 1, tzinfo=UTC)
    report = made(replace(case, as_of=LATER), currency="EUR", package=[])
    if report is None or not report.rows:
        return
    other = {
        bucket.start: sum(
            (
                Fraction(entry["amount"])
                for entry in case.data.ledger
                if entry["kind"] in ("correction", "tax")
                and bucket.start <= entry["occurred_at"] < bucket.end
                and str(entry["client_id"]) in passing(case)
            ),
            Fraction(),
        )
        for bucket in report.buckets
    }
    flows = zip(*(exact(report, block, row) for block, row in FLOWS if "Total" in row), strict=True)
    balances = exact(report, ALL, "Balance")
    moved = [sum(column) for column in flows]
    for place in range(1, len(balances)):
        start = report.buckets[place].start
        assert balances[place] == balances[place - 1] + moved[place] + other[start]


def passing(case: Case) -> set[str]:
    """The clients that pass the filters but the package's, told by the brute-force reading."""
    from tests.support.oracle import chosen

    people = {str(one["client_id"]): one for one in case.data.clients}
    return chosen(case.data, people, case.query)
