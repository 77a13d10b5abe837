"""Totals of rows over the period: what the same question gives as one bucket."""

from __future__ import annotations

import pytest

from custdyn_widgets import Result, run
from custdyn_widgets.report.totals import is_charge, scales, total_of
from tests.conftest import AS_OF

YEAR = {"period": {"from": "2026-01-01", "to": "2026-10-31"}, "currency": "USD"}
BLOCKS = ["bridge", "movements"]
SUMMED = ("Balance Refill", "Pay As You Go", "Packages", "Package")


@pytest.fixture(scope="module")
def months() -> Result:
    return run({**YEAR, "group_by": ["month", "package"], "blocks": BLOCKS}, "demo", as_of=AS_OF)


def totals(result: Result) -> dict[tuple[str, str], str | None]:
    """The total of every row, as text."""
    report = result.report
    return {
        (row.title, row.row): None if made is None else str(made)
        for row in report.rows
        for made in [total_of(row.formula, row.cells, report.buckets, "USD")]
    }


def test_a_total_of_entries_or_amounts_is_the_cell_of_one_bucket(months: Result) -> None:
    one = run({**YEAR, "group_by": ["package"], "blocks": BLOCKS}, "demo", as_of=AS_OF).report
    cells = {(row.title, row.row): str(row.cells[0]) for row in one.rows}
    made = totals(months)
    summed = [key for key, text in made.items() if key[0].startswith(SUMMED) and text is not None]
    assert len(summed) > 40
    assert {key: made[key] for key in summed} == {key: cells[key] for key in summed}


def test_a_balance_is_that_of_the_last_bucket_and_an_opening_of_the_first(months: Result) -> None:
    made, cells = totals(months), {(r.title, r.row): r.cells for r in months.report.rows}
    for block in ("Clients - Active", "Clients - Overall Active", "Clients - All"):
        for row in ("Qty", "Balance Pos", "Balance Neg", "Balance"):
            assert made[block, row] == str(cells[block, row][-1])
    assert made["Bridge", "Opening"] == str(cells["Bridge", "Opening"][0])
    assert made["Bridge", "Closing"] == str(cells["Bridge", "Closing"][-1])


def test_averages_rates_and_movements_have_no_total(months: Result) -> None:
    made = totals(months)
    for key in (
        ("Balance Refill", "Avg"),
        ("Pay As You Go", "Active Avg"),
        ("Movements", "Churn Rate"),
        ("Movements", "New"),
    ):
        assert made[key] is None, key


def test_future_buckets_do_not_end_a_balance() -> None:
    year = {"period": {"from": "2026-01-01", "to": "2026-12-31"}, "currency": "USD"}
    report = run(year, "demo", as_of="2026-10-15T00:00:00Z").report
    row = report.row("Clients - Active", "Qty")
    made = total_of(row.formula, row.cells, report.buckets, "USD")
    assert made == row.cells[9] != row.cells[11]


def test_charges_are_the_amounts_of_uses_and_packages(months: Result) -> None:
    charges = {(row.block, row.row) for row in months.report.rows if is_charge(row)}
    assert charges == {
        ("Pay As You Go", "Total"),
        ("Pay As You Go", "Active Avg"),
        *(
            (block, f"{one} Total")
            for block in ("Packages", "Package")
            for one in ("Activation", "Renew")
        ),
    }
    average = months.report.row("Balance Refill", "Avg")
    assert not scales(average.formula, average.defined.unit)
