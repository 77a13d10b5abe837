"""Rows of one's own: terms, faults in words, plain data in files and links."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from custdyn_widgets import Query, Row, balances, clients, flows
from custdyn_widgets.errors import QueryError
from custdyn_widgets.query.url import parse_link, to_link

PAYERS = Row("Payers", count=clients.active.with_(flows.refill))
ROWS = [
    PAYERS,
    Row("Revenue per Payer", sum=-flows.spent, per=PAYERS),
    Row("Inactive", sum=balances.all - balances.active),
    Row("In debt", sum=balances.all_negative, per=balances.all, unit="percent"),
    Row("VIP refills", count=flows.refill.where(client_tags="vip", owner=["7"]), per=clients.all),
]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: clients.actve, "did you mean active"),
        (lambda: flows.refil, "did you mean refill"),
        (lambda: Row("x", count="clients.actve"), "did you mean clients.active"),
        (lambda: Row("x", sum=["flow.refill"]), "did you mean flows.refill"),
        (lambda: Row("x"), "one of count and sum"),
        (lambda: Row("x", count=clients), "takes terms"),
        (lambda: Row("x", count=[clients.all]), "takes terms"),
        (lambda: Row("x", count=clients.all, per=5), "takes a row, clients"),
        (lambda: Row("x", count=clients.all.where(owner=5)), "where.owner"),  # type: ignore[arg-type]
        (lambda: Row("x", count=clients.all, sum=flows.refill), "one of count and sum"),
        (lambda: Row("x", sum=clients.all), "clients are counted"),
        (lambda: Row("x", count=balances.all), "balances are summed"),
        (lambda: Row("x", count=-flows.refill), "entries of flows"),
        (lambda: Row("x", count=clients.all + clients.active), "count a client twice"),
        (lambda: Row("x", sum=flows.spent + flows.payg), "same entries or clients twice"),
        (lambda: Row("x", sum=flows.spent.with_(flows.refill)), "goes with clients and balances"),
        (lambda: Row("x", count=clients.all.with_(clients.active)), "takes flows"),
        (lambda: clients.all.with_(flows.refill.where(owner="1")), "takes a flow alone"),
        (lambda: clients.all.with_(flows.refill).with_(flows.payg), "either of them"),
        (lambda: Row("x", sum=flows.refill + flows.refill), "entries or clients twice"),
        (lambda: Row("x", sum=balances.all + balances.all), "entries or clients twice"),
        (lambda: Row("x", count=clients.all.where(owner="1"), where={"owner": "2"}), "to the"),
        (lambda: Row("x", count=clients.all.where(client_type="")), "where.client_type"),
        (lambda: clients.all and clients.new, "neither true nor false"),
        (lambda: flows.refill / clients.all, "Row(label, sum=…, per=…)"),
        (lambda: Query(rows=[Row("Payers", count=clients.all), ROWS[1]]), "another 'Payers'"),
        (lambda: Query(rows=[{5: 6}]), "row 1: is not a table"),
        (lambda: Row("x", count=clients.all.with_("refill")), "takes a flow"),  # type: ignore[arg-type]
        (lambda: Row("x", sum=flows.payg, per=flows.refill), "takes a row, clients"),
        (lambda: Row("x", sum=flows.payg, per=balances.all), 'unit="percent"'),
        (lambda: Row("x", sum=flows.payg, per=clients.all, unit="percent"), "of two counts"),
        (lambda: Row("x", sum=flows.payg, unit="percent"), "goes with per"),
        (lambda: Row("x", count=flows.payg, per=balances.all), "divides a count by an amount"),
        (lambda: Row("x", sum=flows.payg, per=ROWS[1]), "is a ratio itself"),
        (lambda: Row("x", sum=flows.payg, per={"count": "clients.al"}), "per.count"),
        (lambda: Row("x", count=clients.all.where(client_type="firm")), "where.client_type"),
        (lambda: clients.all.where(owner="1").where(owner="2"), "given twice"),
        (lambda: clients.all.where(owner="1") + clients.active, "share one with_ and one where"),
        (lambda: Row("x", count=clients.all, colour="red"), "is not a field"),
        (lambda: Row("=1+1", count=clients.all), "begins with a letter or digit"),
        (lambda: Row("<img src=x>", count=clients.all), "begins with a letter or digit"),
        (lambda: Row("a`b", count=clients.all), "none of"),
        (lambda: Row("a\u202eb", count=clients.all), "control character"),
        (lambda: Row("a" * 121, count=clients.all), "1 to 120 characters"),
        (lambda: Row("Payers (Δ %)", count=clients.all), "line of a comparison"),
        (lambda: Query(rows=[PAYERS, Row("payers", count=clients.all)]), "has this label"),
        (lambda: Query(rows=[{"label": "x", "count": 3}, 4]), "row 2: is not a table"),
        (lambda: Query(rows="clients.all"), "must be a list"),
        (lambda: Query(rows=[PAYERS] * 41), "at most 40"),
        (lambda: Query.parse("[[rows]]\nlabel = 3", ".toml"), "row 1: label"),
        (lambda: Query.parse("rows = 5", ".toml"), "must be a list"),
    ],
)  # fmt: skip
def test_a_wrong_row_is_refused_in_words(make: Callable[[], Any], said: str) -> None:
    with pytest.raises((QueryError, AttributeError)) as raised:
        make()
    assert said in str(raised.value)


def test_rows_are_plain_data() -> None:
    query = Query(period="last_year", rows=ROWS)
    assert Query.parse(query.to_toml(), ".toml") == query
    assert Query.parse(query.to_json(), ".json") == query
    assert eval(repr(query)) == query  # noqa: S307 our own
    assert [eval(repr(row)) for row in ROWS] == ROWS  # noqa: S307
    link = to_link(query)
    assert link is not None and parse_link(link).query == query
    assert query.with_fields({"currency": "EUR"}).rows == query.rows
    assert "rows" not in Query().to_dict() and "rows" not in Query().to_toml()


def test_hostile_rows_in_a_link_are_ignored_and_named() -> None:
    for rows in ("[" * 900, "null", '{"label":"<b>","count":"clients.all"}', "5", '{"label":{}}'):
        linked = parse_link(f"period=last_year&rows={rows}")
        assert linked.query == Query(period="last_year") and linked.ignored


def test_words_units_and_reasons_are_derived() -> None:
    said = [row.defined for row in ROWS]
    assert [one.unit for one in said] == ["quantity", "money", "money", "percent", "ratio"]
    assert said[0].description == (
        "Number of clients of Clients - Active with an entry of Refill within the bucket."
    )
    assert said[1].description.endswith(
        "with the sign turned, divided by Payers, the number of "
        "clients of Clients - Active with an entry of Refill within the bucket."
    )
    assert said[2].description == (
        "Sum of balances of Clients - All minus balances of Clients - Active."
    )
    assert "in percent of the sum of balances" in said[3].description
    assert said[1].formula is not None and said[1].formula.numerator.name == "-flows.spent"
    assert said[4].description == (
        "Number of entries of Refill, of client tags vip, of owner 7, "
        "divided by the number of clients of Clients - All."
    )
    assert (said[0].empty, said[1].empty and said[1].empty.name) == (None, "NO_ENTRY")
    assert said[1].undefined is not None and said[0].undefined is None
    assert repr((flows.payg - flows.refill).where(package="A")) == (
        "(flows.payg - flows.refill).where(package=['A'])"
    )
    assert "refill" in dir(flows) and "flows: refill" in repr(flows)
