"""What a report says of itself: nothing is left out silently."""

from __future__ import annotations

from datetime import UTC, datetime

from custdyn_widgets import run
from custdyn_widgets.model.definitions import ALL, BALANCE_REFILL
from tests.support.small import entry, make, notes, source, values

Q1 = {"period": {"from": "2024-01-01", "to": "2024-03-31"}}


def test_entries_of_unknown_clients_are_counted_with_their_sum() -> None:
    ledger = [
        entry(1, 1, "2024-01-05T00:00:00Z", "refill", "10"),
        entry(2, 99, "2024-01-05T00:00:00Z", "refill", "7.25"),
        entry(3, 98, "2023-01-05T00:00:00Z", "payg", "-0.25"),
        entry(4, 98, "2025-01-05T00:00:00Z", "payg", "-0.25"),
    ]
    result = make({"ledger": ledger}, **Q1)
    assert values(result, BALANCE_REFILL, "Total")[0] == "10.00"
    assert "Warning: 2 entries of unknown clients not included, sum of amounts 7.00" in notes(
        result
    )


def test_what_as_of_cuts_off_is_counted() -> None:
    clients = [
        [1, "One", "client", None, "EUR", "2024-01-01T00:00:00Z"],
        [2, "Two", "client", None, "EUR", "2024-02-01T00:00:00Z"],
    ]
    ledger = [
        entry(1, 1, "2024-01-05T00:00:00Z", "refill", "10", None, "2024-01-05T00:00:00Z"),
        entry(2, 1, "2024-01-06T00:00:00Z", "refill", "10", None, "2024-02-01T00:00:00Z"),
        entry(3, 1, "2024-02-01T00:00:00Z", "refill", "10", None, None),
    ]
    result = run(
        {"period": Q1["period"]},
        source(clients=clients, ledger=ledger),
        as_of=datetime(2024, 2, 1, tzinfo=UTC),
    )
    assert values(result, BALANCE_REFILL, "Total") == ["10.00", "N/A", "N/A"]
    assert values(result, ALL, "Qty") == ["1", "1", "1"]
    assert (
        "2 entries are not included: they occurred or were recorded after the report's time"
        in notes(result)
    )
    assert "1 client created later: not included" in notes(result)


def test_filter_values_that_nothing_has_are_named() -> None:
    result = make(
        {"client_tags": [["1", "vip"]], "packages": [["1", "Gold"]]},
        **Q1,
        client_type="reseller",
        client_tags=["vip", "nope"],
        owner=["nobody"],
        package=["Gold", "Silver"],
    )
    said = notes(result)
    assert 'Client Type: "reseller" not found in this source' in said
    assert 'Client Tags: "nope" not found in this source' in said
    assert 'Owner: "nobody" not found in this source' in said
    assert 'Package: "Silver" not found in this source' in said


def test_a_package_that_only_the_ledger_names_is_no_stranger() -> None:
    ledger = [entry(1, 1, "2024-01-05T00:00:00Z", "package_renewal", "-1", "77")]
    assert "not found in this source" not in notes(make({"ledger": ledger}, **Q1, package=["77"]))


def test_many_strangers_are_counted() -> None:
    said = notes(make({}, **Q1, owner=[f"o{number}" for number in range(9)]))
    assert "and 4 more" in said


def test_chargebacks_are_counted_as_they_stand() -> None:
    ledger = [
        entry(1, 1, "2024-01-05T00:00:00Z", "refill", "-10"),
        entry(2, 1, "2024-01-05T00:00:00Z", "payg", "10"),
    ]
    assert "1 entry with a negative refill (chargebacks)" in notes(make({"ledger": ledger}, **Q1))


def test_built_in_rates_tell_their_age() -> None:
    tables = source()
    said = {
        day: [
            str(note)
            for note in run(
                {"period": "today"}, tables, as_of=datetime.fromisoformat(f"{day}T12:00:00+00:00")
            ).report.notes
            if "Rates" in str(note)
        ]
        for day in ("2024-01-05", "2024-01-06", "1990-01-01", "2090-01-01")
    }
    assert said["2024-01-05"] == [
        "Rates: the European Central Bank's reference rates; the newest is of 2024-01-05, "
        "0 days old"
    ]
    assert "1 day old" in said["2024-01-06"][0]
    assert said["1990-01-01"][0].startswith("Warning") and "none is known" in said["1990-01-01"][0]
    assert not said["2090-01-01"][0].startswith("Warning")  # none of them was used


def test_a_report_says_whether_its_source_was_checked() -> None:
    tables = source()
    query = {"period": "this_year"}
    assert "Not checked for duplicate entries" in notes(run(query, tables))
    assert tables.check().faults == ()
    assert "each has an id of its own" in notes(run(query, tables))


def test_a_period_without_an_instant_is_a_report_without_a_column() -> None:
    result = make({}, period={"from": "2011-12-30", "to": "2011-12-30"}, timezone="Pacific/Apia")
    assert (result.report.buckets, result.report.rows) == ((), ())
    assert "no column" in notes(result)
    assert result.table.shape == (0, 0)
    assert result.cells.empty
    assert result.to_dict()["rows"] == []
    assert result.to_csv()
    assert "<table" in result.to_html()
