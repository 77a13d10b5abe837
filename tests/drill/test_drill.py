"""What is behind a cell: clients and entries to read by eye, searched, sorted, and refused."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from custdyn_widgets import Result, run
from custdyn_widgets.drill.drill import NoClients
from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.definitions import ACTIVE, ALL, BALANCE_REFILL, PAY_AS_YOU_GO
from custdyn_widgets.query.fields import OPTIONAL_BLOCKS
from tests.support.small import entry, frame, source

CLIENTS = [
    [1, "Ada", "client", "house", "EUR", "2024-01-01T00:00:00Z"],
    [2, "Béla", "client", None, "USD", "2024-01-01T00:00:00Z"],
    [10, "=Cy", "client", None, "EUR", "2024-03-05T00:00:00Z"],
]
LEDGER = [
    entry(1, 1, "2024-01-05T10:00:00Z", "refill", "10"),
    entry(2, 1, "2024-02-05T10:00:00Z", "payg", "-2.504"),
    entry(3, 2, "2024-02-06T10:00:00Z", "refill", "8"),
    entry(4, 2, "2024-02-07T10:00:00Z", "refill", "4.01"),
    entry(5, 1, "2024-02-08T10:00:00Z", "tax", "-1"),
    entry(6, 1, "2024-03-08T10:00:00Z", "refill", "1"),
]
RATES = [["EUR", "2020-01-01", "1"], ["USD", "2020-01-01", "0.5"]]


@pytest.fixture
def result() -> Result:
    query = {
        "period": {"from": "2024-01-01", "to": "2024-03-31"},
        "currency": "EUR",
        "active_duration": 0,
        "timezone": "Europe/Vienna",
        "blocks": list(OPTIONAL_BLOCKS),
    }
    return run(query, source(clients=CLIENTS, ledger=LEDGER, rates=RATES))


def test_the_clients_of_a_total_say_what_each_adds(result: Result) -> None:
    (clients,) = result.clients(BALANCE_REFILL, "Total", "02/2024", exact="fractions").to_dict(
        "records"
    )
    assert pd.isna(clients.pop("owner_id"))
    assert clients == {
        "client_id": "2",
        "name": "Béla",
        "type": "client",
        "currency": "USD",
        "entries": 2,
        "amount": Decimal("12.01"),
        "value": Decimal("6.005"),
        "contribution": Fraction("6.005"),
    }
    assert list(result.clients(BALANCE_REFILL, "Total", "02/2024").value) == [6.005]
    assert result.report.row(BALANCE_REFILL, "Total").cells[1].exact == Fraction("6.005")


def test_an_average_has_a_numerator_and_a_denominator(result: Result) -> None:
    spent = result.clients(PAY_AS_YOU_GO, "Active Avg", 1)
    active = result.clients(PAY_AS_YOU_GO, "Active Avg", 1, part="denominator")
    assert list(spent["value"]) == [-2.504]
    assert list(active["value"]) == [1]
    with pytest.raises(QueryError, match="numerator"):
        result.clients(ALL, "Qty", 0, part="denominator")


def test_the_entries_of_a_client_run_to_its_balance(result: Result) -> None:
    entries = result.entries(ALL, "Balance", "02/2024", client=1, exact="fractions")
    assert list(entries["entry_id"]) == ["1", "2", "5"]
    assert list(entries["balance"]) == [Decimal("10.00"), Decimal("7.496"), Decimal("6.496")]
    assert sum(entries["contribution"]) == Fraction("6.496")
    assert str(entries["occurred_at"].dt.tz) == "Europe/Vienna"
    refills = result.entries(BALANCE_REFILL, "Qty", "03/2024", client=1)
    assert list(refills["balance"]) == [7.496]
    assert list(refills["value"]) == [1]
    with pytest.raises(QueryError, match="'999' is not behind this figure: clients"):
        result.entries(ALL, "Balance", 0, client="999")
    with pytest.raises(QueryError, match="counts clients, to which no entry adds"):
        result.entries(ALL, "Qty", 1)
    assert len(result.entries(ALL, "Qty", 1, all=True)) > 0


def test_entries_that_add_nothing_are_there_for_the_balance(result: Result) -> None:
    cell = (PAY_AS_YOU_GO, "Total", "02/2024")
    entries = result.entries(*cell, client=1, all=True, exact=True)
    assert list(entries["kind"]) == ["payg", "tax"]
    assert [None if pd.isna(one) else one for one in entries["value"]] == [Decimal("-2.504"), None]
    assert list(result.entries(*cell, client=1).value) == [-2.504]  # without them it adds up


def test_clients_are_searched_and_sorted(result: Result) -> None:
    from custdyn_widgets.drill.cell import address_of

    found = result.drill.behind(address_of(result.report, ALL, "Balance", 2))
    clients = result.drill.clients(found)

    def names(text: str, sort: str, *, descending: bool = False) -> list[object]:
        return [clients.line(at)[1] for at in clients.find(text, sort, descending=descending)]

    assert names("", "client_id") == ["Ada", "Béla", "=Cy"]  # 10 after 2
    assert names("", "value", descending=True) == ["Ada", "Béla", "=Cy"]
    assert names("", "name") == ["=Cy", "Ada", "Béla"]
    assert names("bé", "value") == ["Béla"]
    assert names("HOUSE", "amount") == ["Ada"]


def test_what_is_not_there_is_said(result: Result) -> None:
    with pytest.raises(QueryError) as raised:
        result.clients(ACTIVE, "Qtty", "13/2024", side="delta")
    assert [fault.field for fault in raised.value.faults] == ["row", "bucket", "side"]
    assert "Clients - Active: Qty" in str(raised.value)
    with pytest.raises(QueryError, match="no other period"):
        result.clients(ACTIVE, "Qty", 0, side="other")
    rounding = [row for row in result.report.rows if row.row == "Rounding"]
    assert rounding
    with pytest.raises(NoClients, match="made of no clients"):
        result.clients(rounding[0].block, "Rounding", 0)


def test_a_cell_is_explained_with_its_numbers(result: Result) -> None:
    told = str(result.explain(BALANCE_REFILL, "Avg", "02/2024"))
    for words in (
        "Balance Refill: Avg · 02/2024 = 3.00",
        "Balance Refill: Total 6.01 EUR / Balance Refill: Qty 2",
        "Before rounding: 3.0025",
        "Bucket, UTC: 2024-01-31 23:00:00 – 2024-02-29 23:00:00",
        "Exchange rate: USD from 2020-01-01: 0.5",
        "✓ The clients add up to this figure",
        "Entered: 1 client, +6.01 EUR",
        "Left: 1 client, -10.00 EUR",
        "Stayed: 0 clients, 0.00 EUR",
    ):
        assert words in told
    absent = str(result.explain(ACTIVE, "Balance Neg", "02/2024"))
    assert "Why N/A: no client of this class has such a balance." in absent
    assert "A charge for Clients - Active: from 2024-02-01 00:00:00 Europe/Vienna" in absent
    first = str(result.explain(BALANCE_REFILL, "Qty", 0))
    assert "Balance Refill: Qty: 0 before" in first and "Entered: 1 client, +1" in first
    assert "Churn Rate · 03/2024 = 100.0 %" in str(result.explain("Movements", "Churn Rate", 2))
    assert "&lt;" not in result.explain(ALL, "Qty", 0)._repr_html_()
    rounding = result.explain("Bridge", "Rounding", 1)
    assert [fact.section for fact in rounding.facts] == ["Definition"] * 2
    other = run({"period": "this_year", "group_by": []}, source(), as_of=result.report.as_of)
    assert "Total" in str(other.explain(ALL, "Qty", "Total"))


def test_data_that_changed_since_is_said(tmp_path: Path) -> None:
    for table, rows in (("clients", CLIENTS), ("ledger", LEDGER), ("rates", RATES)):
        frame(table, rows).to_csv(tmp_path / f"{table}.csv", index=False)
    made = run({"period": {"from": "2024-01-01", "to": "2024-03-31"}}, tmp_path)
    frame("ledger", LEDGER[1:]).to_csv(tmp_path / "ledger.csv", index=False)
    told = str(made.explain(BALANCE_REFILL, "Total", "01/2024"))
    assert "the data has changed since the report was created" in told
