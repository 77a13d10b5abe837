"""What a report says of itself: interval, data, query, money, notes."""

from __future__ import annotations

from typing import Any

from custdyn_widgets import Query, run
from custdyn_widgets.exports.sheets import info_rows
from custdyn_widgets.ui.states import of_report
from custdyn_widgets.views.facts import facts
from tests.conftest import AS_OF
from tests.support.small import entry, make, source


def told(query: dict[str, Any], **tables: list[list[Any]]) -> dict[str, str]:
    report = run(query, source(**tables), as_of=AS_OF).report
    return {fact.label: fact.text for fact in facts(report)}


def test_the_interval_is_given_in_the_zone_and_in_utc() -> None:
    said = told({"period": "last_year", "timezone": "America/New_York"})
    assert said["Period requested"] == "Last Year"
    assert said["Interval"] == "2025-01-01 00:00:00 – 2025-12-31 23:59:59 America/New_York"
    assert said["Interval in UTC"].startswith("2025-01-01T05:00:00Z – 2026-01-01T05:00:00Z")
    dates = told({"period": {"from": "2024-01-01", "to": "2024-02-01"}})
    assert dates["Period requested"] == "2024-01-01 00:00:00 – 2024-02-01 23:59:59"


def test_entries_are_counted_to_the_end_of_the_period_and_by_kind_within_it() -> None:
    ledger = [
        entry(1, 1, "2023-05-01T00:00:00Z", "refill", "5"),
        entry(2, 1, "2024-05-01T00:00:00Z", "payg", "-1"),
        entry(3, 1, "2024-05-01T10:00:00Z", "payg", "-1"),
        entry(4, 1, "2024-06-01T00:00:00Z", "tax", "-1"),
        entry(5, 9, "2024-07-01T00:00:00Z", "payg", "-1"),  # of nobody
        entry(6, 1, "2025-01-01T00:00:00Z", "payg", "-1"),  # after the period
    ]
    said = told({"period": {"from": "2024-01-01", "to": "2024-12-31"}}, ledger=ledger)
    assert said["Entries read"] == "5, up to the end of the period"
    assert said["Data up to"] == "2024-07-01 00:00:00 UTC"
    assert said["In the period: pay-as-you-go"] == "2"
    assert said["In the period: other entries"] == "1"
    assert said["In the period: refills"] == "0"
    assert told({"period": "today"})["Data up to"] == "no entry"


def test_rates_and_the_instant_of_the_report_are_facts() -> None:
    rates = [["EUR", "2024-01-01", "1"], ["USD", "2024-01-01", "0.5"]]
    clients = [[1, "One", "client", None, "USD", "2024-01-01T00:00:00Z"]]
    ledger = [entry(1, 1, "2024-05-01T00:00:00Z", "payg", "-3")]
    query = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, "timezone": "Asia/Tokyo"}
    said = told(query, rates=rates, clients=clients, ledger=ledger)
    assert said["Exchange rate"].startswith("USD from 2024-01-01: 0.5")
    assert said["As of"] == "2026-11-24T12:00:00Z"
    assert said["As of, in the zone"] == "2026-11-24 21:00:00 Asia/Tokyo"
    assert said["Rate Policy"] == "Historical" and said["Currency"] == "EUR"


def test_the_info_sheet_says_the_same(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    sheet = list(info_rows(result.report, result.provenance))
    assert [(fact.label, fact.text) for fact in facts(result.report)] == sheet[
        : sheet.index(next(row for row in sheet if row[0] == "Query (TOML)"))
    ]


def test_a_report_without_clients_columns_or_past_is_said_to_be_so() -> None:
    assert [one.title for one in of_report(make({}, client_type="reseller").report)] == [
        "This may not be what you meant",
        "No client passes these filters",
    ]
    future = make({}, period={"from": "2090-01-01", "to": "2090-02-01"}).report
    assert "The period lies in the future" in [one.title for one in of_report(future)]
    skipped = make(
        {}, period={"from": "2011-12-30", "to": "2011-12-30"}, timezone="Pacific/Apia"
    ).report
    assert "The period is empty" in [one.title for one in of_report(skipped)]
    full = make({"ledger": [entry(1, 1, "2024-01-05T00:00:00Z", "payg", "-1")]})
    assert list(of_report(full.report)) == []
