"""Real purchases give the figures that were published on them."""

from __future__ import annotations

from decimal import Decimal
from itertools import accumulate

from custdyn_widgets import Result, run
from custdyn_widgets.model.definitions import ACTIVE, ALL, OVERALL_ACTIVE, PACKAGES, PAY_AS_YOU_GO
from tests.conftest import AS_OF
from tests.support.cdnow import PURCHASES, frames, lines

QUERY = {"period": {"from": "1997-01-01", "to": "1998-06-30"}}


def made(kind: str) -> Result:
    return run(QUERY, frames(kind), as_of=AS_OF)


def row(result: Result, block: str, name: str) -> list[object]:
    return [cell.value for cell in result.report.row(block, name).cells]


def test_revenue_and_customers_so_far_are_those_published() -> None:
    result = made("payg")
    revenue = row(result, PAY_AS_YOU_GO, "Total")
    assert revenue[0] == Decimal("-299060.17")
    assert sum(Decimal(str(one)) for one in revenue) == Decimal("-2500315.63")
    assert row(result, ALL, "Qty") == [7846, 16322] + [23570] * 16
    assert row(result, ALL, "Balance") == list(accumulate(Decimal(str(one)) for one in revenue))


def test_purchases_per_month_are_those_published() -> None:
    assert row(made("package_activation"), PACKAGES, "Activation Qty") == PURCHASES
    assert sum(PURCHASES) == len(lines()) == 69_659


def test_a_purchase_that_cost_nothing_is_no_paid_use() -> None:
    free = [line for line in lines() if Decimal(line[3]) == 0]
    assert len(free) == 80
    paying = {line[0] for line in lines() if Decimal(line[3]) > 0}
    result = made("payg")
    assert row(result, OVERALL_ACTIVE, "Qty")[-1] == len(paying) < 23_570
    june = {line[0] for line in lines() if line[1] >= "19980301" and Decimal(line[3]) > 0}
    assert row(result, ACTIVE, "Qty")[-1] == len(june)
