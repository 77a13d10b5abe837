"""Rows by eye: what each figure means, on ledgers of a few lines."""

from __future__ import annotations

from datetime import date

import pytest

from custdyn_widgets.errors import IdentityError, MissingRates
from custdyn_widgets.metrics.aggregates import ClientSetSums
from custdyn_widgets.model.blocks import EVERY_BLOCK, blocks_with
from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    ALL_EVER,
    BALANCE_REFILL,
    OVERALL_ACTIVE,
    PACKAGE,
    PACKAGES,
    PAY_AS_YOU_GO,
)
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.report.conversion import Conversion
from custdyn_widgets.report.rows import ReportInputs, check_identities, rows
from tests.support.small import entry, make, notes, values

Q1 = {"period": {"from": "2024-01-01", "to": "2024-03-31"}}


def test_balance_is_na_when_no_client_is_active_but_zero_when_none_exists() -> None:
    result = make({"clients": []}, **Q1)
    assert values(result, ACTIVE, "Balance") == ["N/A"] * 3
    assert values(result, OVERALL_ACTIVE, "Balance") == ["0.00"] * 3
    assert values(result, ALL, "Balance") == ["0.00"] * 3
    assert result.report.row(ACTIVE, "Balance").cells[0].reason is NA.NO_CLIENT
    assert result.report.row(ALL, "Balance Pos").cells[0].reason is NA.NO_BALANCE


def test_a_use_keeps_a_client_active_for_so_many_months_after() -> None:
    ledger = [entry(1, 1, "2024-01-31T23:59:59.999999Z", "payg", "-1")]
    for months, active in ((0, 1), (1, 2), (2, 3)):
        result = make({"ledger": ledger}, **Q1, active_duration=months)
        assert values(result, ACTIVE, "Qty") == ["1"] * active + ["0"] * (3 - active)
    assert values(result, OVERALL_ACTIVE, "Qty") == ["1", "1", "1"]


def test_only_charges_of_paid_kinds_make_active() -> None:
    ledger = [
        entry(1, 1, "2024-01-10T00:00:00Z", "payg", "5"),
        entry(2, 1, "2024-01-10T00:00:00Z", "payg", "0"),
        entry(3, 1, "2024-01-10T00:00:00Z", "refill", "-5"),
        entry(4, 1, "2024-01-10T00:00:00Z", "tax", "-5"),
    ]
    result = make({"ledger": ledger}, **Q1)
    assert values(result, OVERALL_ACTIVE, "Qty") == ["0", "0", "0"]
    assert values(result, PAY_AS_YOU_GO, "Total") == ["5.00", "N/A", "N/A"]
    assert values(result, PAY_AS_YOU_GO, "Active Avg") == ["N/A", "N/A", "N/A"]
    assert result.report.row(PAY_AS_YOU_GO, "Active Avg").cells[0].reason is NA.NOBODY_ACTIVE


def test_a_zero_entry_is_an_entry() -> None:
    result = make({"ledger": [entry(1, 1, "2024-02-01T00:00:00Z", "refill", "0")]}, **Q1)
    assert values(result, BALANCE_REFILL, "Qty") == ["0", "1", "0"]
    assert values(result, BALANCE_REFILL, "Total") == ["N/A", "0.00", "N/A"]
    assert values(result, BALANCE_REFILL, "Avg") == ["N/A", "0.00", "N/A"]


def test_a_closed_client_is_shown_no_more_but_its_flows_count() -> None:
    clients = [[1, "One", "client", None, "EUR", "2024-01-01T00:00:00Z", "2024-02-01T00:00:00Z"]]
    ledger = [
        entry(1, 1, "2024-01-05T00:00:00Z", "refill", "10"),
        entry(2, 1, "2024-02-05T00:00:00Z", "refill", "7"),
    ]
    result = make({"clients": clients, "ledger": ledger}, **Q1)
    assert values(result, ALL, "Qty") == ["1", "0", "0"]
    assert values(result, ALL, "Balance") == ["10.00", "0.00", "0.00"]
    assert values(result, BALANCE_REFILL, "Total") == ["10.00", "7.00", "N/A"]


def test_a_client_exists_from_its_first_entry_if_that_is_before_its_creation() -> None:
    clients = [[1, "One", "client", None, "EUR", "2024-03-01T00:00:00Z"]]
    ledger = [entry(1, 1, "2024-01-05T00:00:00Z", "tax", "-1")]
    assert values(make({"clients": clients, "ledger": ledger}, **Q1), ALL, "Qty") == ["1", "1", "1"]
    assert values(make({"clients": clients}, **Q1), ALL, "Qty") == ["0", "0", "1"]


def test_averages_are_rounded_once_half_away_from_zero() -> None:
    ledger = [
        entry(1, 1, "2024-01-01T00:00:00Z", "refill", "0.01"),
        entry(2, 1, "2024-01-02T00:00:00Z", "refill", "0.00"),
        entry(3, 1, "2024-02-01T00:00:00Z", "refill", "-0.01"),
        entry(4, 1, "2024-02-02T00:00:00Z", "refill", "0.00"),
        entry(5, 1, "2024-03-01T00:00:00Z", "refill", "-0.004"),
    ]
    result = make({"ledger": ledger}, **Q1)
    assert values(result, BALANCE_REFILL, "Avg") == ["0.01", "-0.01", "0.00"]


def test_package_entries_without_a_package_stand_in_a_block_of_their_own() -> None:
    ledger = [
        entry(1, 1, "2024-01-01T00:00:00Z", "package_activation", "-1"),
        entry(2, 1, "2024-01-01T00:00:00Z", "package_renewal", "-2", "7"),
        entry(3, 1, "2024-01-01T00:00:00Z", "package_renewal", "3", "8"),
    ]
    result = make(
        {"ledger": ledger, "packages": [["8", "Eight"]]}, **Q1, group_by=["month", "package"]
    )
    blocks = [row.package for row in result.report.rows if row.row == "Renew Qty"]
    assert blocks == [None, "(no package)", "7", "Eight"]
    assert values(result, PACKAGE, "Activation Total", "(no package)") == ["-1.00", "N/A", "N/A"]
    assert values(result, PACKAGES, "Renew Total") == ["1.00", "N/A", "N/A"]
    assert "1 entry of packages without a package_id" in notes(result)
    assert "1 entry with a positive package amount" in notes(result)


def test_year_above_month_is_a_second_header_row() -> None:
    result = make({}, period={"from": "2023-12-01", "to": "2024-01-31"}, group_by=["year", "month"])
    columns = result.table.columns.to_flat_index()
    assert [tuple(column) for column in columns] == [("2023", "12/2023"), ("2024", "01/2024")]


def test_no_time_unit_makes_one_column() -> None:
    assert list(make({}, **Q1, group_by=[]).table.columns) == ["Total"]


def test_a_missing_rate_names_currency_and_first_date() -> None:
    clients = [[1, "One", "client", None, "USD", "2024-01-01T00:00:00Z"]]
    ledger = [entry(1, 1, "2024-01-15T10:00:00Z", "refill", "1")]
    rates = [["EUR", "2000-01-01", "1"], ["USD", "2024-02-01", "0.5"]]
    with pytest.raises(MissingRates, match="USD from 2024-01-15") as raised:
        make({"clients": clients, "ledger": ledger, "rates": rates}, **Q1)
    assert "rate_policy = current" in str(raised.value)
    tables = {"clients": clients, "ledger": ledger, "rates": rates}
    assert values(make(tables, **Q1, rate_policy="current"), BALANCE_REFILL, "Total")[0] == "0.50"
    assert values(make(tables, **Q1, currency="USD"), BALANCE_REFILL, "Total")[0] == "1.00"


def test_minor_units_follow_the_currency() -> None:
    clients = [[1, "One", "client", None, "JPY", "2024-01-01T00:00:00Z"]]
    ledger = [entry(1, 1, "2024-01-15T10:00:00Z", "refill", "12345.5")]
    shown = {
        code: values(
            make(
                {
                    "clients": clients,
                    "ledger": ledger,
                    "rates": [["JPY", "2000-01-01", "1"], ["KWD", "2000-01-01", "1000"]],
                },
                **Q1,
                currency=code,
            ),
            BALANCE_REFILL,
            "Total",
        )[0]
        for code in ("JPY", "KWD")
    }
    assert shown == {"JPY": "12 346", "KWD": "12.346"}


def test_every_row_has_a_definition_in_words() -> None:
    for block in EVERY_BLOCK:
        assert block.description.endswith(".")
        for row in block.rows:
            assert row.description.endswith(".")


def test_sums_that_disagree_withhold_the_report() -> None:
    right = ClientSetSums(([1], [1], [0], [5], [0], [5]), (0, 0, 0, 0, 0, 5))
    check_identities({(ALL_EVER, "EUR"): right}, [], 1, 2)
    split = ClientSetSums(([1], [1], [0], [5], [0], [4]), (0, 0, 0, 0, 0, 4))
    with pytest.raises(IdentityError, match="Balance Pos"):
        check_identities({(ALL_EVER, "EUR"): split}, [], 1, 2)
    moved = ClientSetSums(([1], [1], [0], [5], [0], [5]), (0, 0, 0, 0, 0, 4))
    with pytest.raises(IdentityError, match="opening"):
        check_identities({(ALL_EVER, "EUR"): moved}, [], 1, 2)
    conversion = Conversion(Rates.of([], "none"), date.max, "EUR", 2, None)
    inputs = ReportInputs({(ALL, "EUR"): moved}, [], [date(2024, 1, 1)] * 2)
    with pytest.raises(IdentityError, match=r"a bridge closes\): Bridge in EUR.*1/100"):
        rows({None: inputs}, conversion, blocks_with(["bridge"]), by_package=False)
