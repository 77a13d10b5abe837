"""The package card by eye: who holds it, how often it is renewed, and why a figure is N/A."""

from __future__ import annotations

from decimal import Decimal

import pytest

from custdyn_widgets import Result, run
from custdyn_widgets.model.blocks import DAYS_BETWEEN, HOLDERS, PER_HOLDER, SHARE
from custdyn_widgets.model.na_reasons import NA
from tests.conftest import AS_OF
from tests.support.small import entry, source

CLIENTS = [
    [1, "Ada", "client", None, "EUR", "2024-01-01T00:00:00Z"],
    [2, "Béla", "client", None, "EUR", "2024-01-01T00:00:00Z", "2024-02-20T00:00:00Z"],
    [3, "Cy", "client", None, "EUR", "2024-01-01T00:00:00Z"],
]
PACKAGES = [[7, "Gold", "All you can say", 1], [8, "Plain", None, None]]
LEDGER = [
    entry(1, 1, "2024-01-10T00:00:00Z", "package_activation", "-10", 7),
    entry(2, 1, "2024-02-09T00:00:00Z", "package_renewal", "-10", 7),
    entry(3, 2, "2024-02-01T00:00:00Z", "package_activation", "-10", 7),
    entry(4, 2, "2024-02-11T12:00:00Z", "package_renewal", "-10", 7),  # closed before the end
    entry(5, 3, "2024-01-31T23:59:59Z", "package_renewal", "-10", 7),  # not within a month
    entry(6, 3, "2024-02-15T00:00:00Z", "payg", "-20"),
    entry(7, 3, "2024-02-15T00:00:00Z", "package_activation", "-1", 8),
]


@pytest.fixture
def result() -> Result:
    query = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "group_by": ["month", "package"]}
    return run(query, source(clients=CLIENTS, packages=PACKAGES, ledger=LEDGER), as_of=AS_OF)


def test_holders_renewals_and_share(result: Result) -> None:
    card = result.package_card("Gold")
    cells = {line.name: [cell.value for cell in line.cells] for line in card.lines}
    assert (card.description, card.period_months) == ("All you can say", 1)
    assert cells[HOLDERS] == [2, 1, 0]  # whoever is closed holds nothing
    assert cells[PER_HOLDER] == [Decimal("0.50"), Decimal("2.00"), None]
    assert cells[DAYS_BETWEEN] == [None, Decimal("20.3"), None]  # of 30 and 10.5 days
    assert cells[SHARE] == [Decimal("100.0"), Decimal("58.8"), None]
    held = card.holder_lines(1)
    assert held is not None and [held.line(0)[0], held.line(0)[-1]] == ["1", "2"]
    spans = card.interval_lines(1)
    assert spans is not None and len(spans) == 2


def test_a_figure_says_why_it_is_na(result: Result) -> None:
    gold = {
        line.name: [cell.reason for cell in line.cells]
        for line in result.package_card("Gold").lines
    }
    assert gold[PER_HOLDER][2] is NA.NOBODY_HOLDS
    assert gold[DAYS_BETWEEN][0] is NA.NO_INTERVAL
    assert gold[SHARE][2] is NA.NOTHING_SPENT
    plain = {line.name: line.cells[1] for line in result.package_card("Plain").lines}
    assert plain[HOLDERS].reason is NA.NO_PERIOD is plain[PER_HOLDER].reason
    assert str(plain[SHARE]) == "2.0" and plain["Activation Qty"].value == 1
