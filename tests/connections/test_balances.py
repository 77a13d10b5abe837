"""The balance check: complete histories match, and each fault is named by client and amount."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets.connections import connect as module
from custdyn_widgets.connections.balances import Difference
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.demo import FIVE, plant, play, write_sqlite
from custdyn_widgets.connections.magnusbilling import MagnusBilling, Row
from custdyn_widgets.connections.system import load_system
from tests.support.billing import Astpp, fill, play_astpp, put
from tests.support.counts import some
from tests.support.mariadb import MariaDB

CLIENTS = 200
SEEDS = (1, 2, 3)


def differing(system: str, source: str) -> dict[str, Difference]:
    """Whose balance differs, by client."""
    return {one.client_id: one for one in connect(system, source, check=True).differences}


@pytest.mark.parametrize("seed", some(SEEDS, 1))
def test_a_complete_history_of_magnusbilling_matches(
    seed: int, mariadb: MariaDB, tmp_path: Path
) -> None:
    made = play(seed, CLIENTS)
    url = put(mariadb, "complete", "magnusbilling", made.tables)
    assert not differing("magnusbilling", url)
    write_sqlite(made.tables, tmp_path / "same.sqlite")  # as REAL and text, read another way
    assert not differing("magnusbilling", str(tmp_path / "same.sqlite"))


@pytest.mark.parametrize("seed", SEEDS)
def test_a_complete_history_of_astpp_matches(seed: int, mariadb: MariaDB) -> None:
    url = put(mariadb, "complete_astpp", "astpp", play_astpp(seed, CLIENTS).tables)
    assert not differing("astpp", url)


def test_the_tolerance_is_that_of_each_entry_and_no_more(
    monkeypatch: pytest.MonkeyPatch, mariadb: MariaDB
) -> None:
    made = play_astpp(4, 50)
    url = put(mariadb, "tolerance", "astpp", made.tables)
    assert not differing("astpp", url)
    loaded = load_system("astpp")
    described = loaded.described.model_copy(update={"rounding": Decimal(0)})
    monkeypatch.setattr(module, "load_system", lambda _: replace(loaded, described=described))
    assert differing("astpp", url)  # the control: calls have a decimal more than balances
    monkeypatch.undo()
    account = made.tables["accounts"][0]
    entries = sum(one["accountid"] == account["id"] for one in made.tables["cdrs"])
    account["balance"] += Decimal("0.00002") + entries * Decimal("0.00001")
    fill(mariadb, "tolerance", "astpp", made.tables)
    assert list(differing("astpp", url)) == [str(account["id"])]


def remove_refill(made: MagnusBilling, draw: random.Random) -> tuple[int, Decimal]:
    row = draw.choice([one for one in made.tables["pkg_refill"] if one["credit"] > 0])
    made.tables["pkg_refill"].remove(row)
    return row["id_user"], row["credit"]


def lose_call(made: MagnusBilling, draw: random.Random) -> tuple[int, Decimal]:
    calls = made.tables["pkg_cdr"]
    row = draw.choice([one for one in calls if not one["agent_bill"] and one["sessionbill"] > 0.1])
    calls.remove(row)
    return row["id_user"], -price(row)


def move_archive(made: MagnusBilling, draw: random.Random) -> tuple[int, Decimal]:
    """The archive is moved to another machine, with a client's calls."""
    calls = made.tables["pkg_cdr_archive"]
    row = draw.choice([one for one in calls if not one["agent_bill"]])
    gone = [one for one in calls if one["id_user"] == row["id_user"]]
    made.tables["pkg_cdr_archive"] = [one for one in calls if one not in gone]
    billed = (one["agent_bill"] or price(one) for one in gone)
    return row["id_user"], -sum(billed, Decimal(0))


def edit_refill(made: MagnusBilling, draw: random.Random) -> tuple[int, Decimal]:
    row = draw.choice([one for one in made.tables["pkg_refill"] if one["credit"] > 0])
    row["credit"] += Decimal("7.5")
    return row["id_user"], Decimal("-7.5")


def withdraw_payment(made: MagnusBilling, draw: random.Random) -> tuple[int, Decimal]:
    """A gateway takes a payment back: its row waits again, the credit stays."""
    row = draw.choice([one for one in made.tables["pkg_refill"] if one["credit"] > 0])
    row |= {"payment": 0, "description": "PENDING: withdrawn"}
    return row["id_user"], row["credit"]


def price(call: Row) -> Decimal:
    """The price of a call, as the 32-bit number that it is kept as."""
    import numpy as np

    return Decimal(str(np.float32(call["sessionbill"])))


Fault = Callable[[MagnusBilling, random.Random], tuple[int, Decimal]]


@pytest.mark.parametrize(
    "fault", some([remove_refill, lose_call, move_archive, edit_refill, withdraw_payment], 1)
)
def test_each_fault_is_named_with_client_and_amount(fault: Fault, mariadb: MariaDB) -> None:
    made = play(11, CLIENTS)
    client, amount = fault(made, random.Random(5))  # noqa: S311
    url = put(mariadb, "faulty", "magnusbilling", made.tables)
    (found,) = differing("magnusbilling", url).values()
    assert found.client_id == str(client)
    assert abs(found.difference - amount) < Decimal("0.01")


def test_a_withdrawn_payment_is_left_out_with_its_reason(mariadb: MariaDB) -> None:
    made = play(12, 20)
    _, amount = withdraw_payment(made, random.Random(6))  # noqa: S311
    url = put(mariadb, "withdrawn", "magnusbilling", made.tables)
    (left,) = [
        one
        for one in connect("magnusbilling", url, check=True).left_out
        if one.input == "pkg_refill"
    ]
    assert (left.rows, left.amount, left.explained) == (1, amount, True)
    assert "gateway" in left.reason


def test_a_balance_with_the_sign_turned_is_said(mariadb: MariaDB) -> None:
    made: Astpp = play_astpp(5, 30)
    row = next(one for one in made.tables["accounts"] if one["balance"])
    row["posttoexternal"] = 1 - row["posttoexternal"]
    url = put(mariadb, "turned", "astpp", made.tables)
    (found,) = differing("astpp", url).values()
    assert "is its sign turned?" in str(found)


def test_the_planted_faults_of_the_demo_are_found(tmp_path: Path) -> None:
    made = play(7, 300)
    write_sqlite(made.tables, tmp_path / "whole.sqlite")
    assert not differing("magnusbilling", str(tmp_path / "whole.sqlite"))
    plant(made)
    write_sqlite(made.tables, tmp_path / "planted.sqlite")
    found = differing("magnusbilling", str(tmp_path / "planted.sqlite"))
    assert {int(one) for one in found} == set(made.planted)
    assert found[str(FIVE)].figures == "stored 20.2661, recorded −9.7339"
    assert made.planted[FIVE] == "a refill of 30 is gone"
