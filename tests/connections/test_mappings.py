"""What rows of MagnusBilling and ASTPP become, one by one: odd ones, as real systems have them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.connect_result import ConnectResult
from custdyn_widgets.connections.demo import write_sqlite
from custdyn_widgets.connections.magnusbilling import BEGIN, MagnusBilling
from custdyn_widgets.errors import DataError
from tests.support.billing import START, Astpp, put, rows_of
from tests.support.mariadb import MariaDB

AT = int(BEGIN.timestamp())
WAITS, AGENT = "waits for a payment gateway", "an agent's row for a DID of a client, never booked"
REFILLS: list[tuple[str, str | None, int | None, tuple[str, str | None] | str]] = [
    ("5", "Refill", 1, ("refill", None)),
    ("5", "by hand, to be paid", 0, ("refill", None)),
    ("5", None, 1, ("refill", None)),
    ("5", None, 0, ("refill", None)),
    ("5", "Refill", None, ("refill", None)),
    ("25", "Boleto, Status:Aguardando ID:abc", 0, WAITS),
    ("25", "PENDING: x", 0, WAITS),
    ("25", "was Aguardando, is paid", 1, ("refill", None)),
    ("-20", "Chargeback", 1, ("correction", None)),
    ("-9.9", "Monthly payment Plan Gold 100", 1, ("package_renewal", "plan:Gold 100")),
    (
        "-9.9",
        "monthly payment plan Gold 'x' 50% \\n",
        1,
        ("package_renewal", "plan:Gold 'x' 50% \\n"),
    ),
    ("-9.9", 'Pago mensual de Plan Oro, "A"', 1, ("package_renewal", 'plan:Oro, "A"')),
    ("-9.9", "Pagamento mensal do Plano Ouro", 1, ("package_renewal", "plan:Ouro")),
    ("-9.9", "Monatliche Zahlungs-Plan Gold", 1, ("package_renewal", "plan:Gold")),
    ("-9.9", "Miesięczna opłata za Plan Złoty 🥇", 1, ("package_renewal", "plan:Złoty 🥇")),
    ("-9.9", "Monthly payment Plan ", 1, ("package_renewal", None)),
    ("-9", "Pagamento mensal do serviço Disk", 1, ("package_renewal", "service:Disk")),
    ("-9", "activation Service Disk", 1, ("package_activation", "service:Disk")),
    ("-9", "activation Serviço Disk", 1, ("package_activation", "service:Disk")),
    ("-1", "activation Usługa Disk", 1, ("package_activation", "service:Disk")),
    ("-2", "Monthly payment DID 4420", 1, ("did_fee", None)),
    ("-2", "Activation DID4420", 1, ("did_fee", None)),
    ("-2", "Ativação do DID 5511", 1, ("did_fee", None)),
    ("-5", "Pagamento mensal do DID 5511", 1, ("did_fee", None)),
    ("5", "Pagamento mensal do DID 5511", 1, AGENT),
    ("2", "Monthly payment DID 4420", 1, AGENT),
    ("4", "Devolução de crédito ápos cancelamento. Serviço nome Disk", 1, ("refund", None)),
    ("4", "Return credit after cancellation. Service name Disk", 1, ("refund", None)),
]


@pytest.mark.parametrize(("credit", "text", "payment", "becomes"), REFILLS)
def test_a_refill_is_known_by_its_text(
    credit: str, text: str | None, payment: int | None, becomes: Any, tmp_path: Path
) -> None:
    made = MagnusBilling(1)
    user = made.user(BEGIN)
    row = made.refill(user, BEGIN, Decimal(credit), "")
    row |= {"description": text, "payment": payment}
    write_sqlite(made.tables, tmp_path / "one.sqlite")
    said = connect("magnusbilling", str(tmp_path / "one.sqlite"), to=str(tmp_path / "out"),
                   opening="none")  # fmt: skip
    ledger = rows_of(tmp_path / "out", "ledger")
    reasons = [one.reason for one in said.left_out]
    if isinstance(becomes, str):
        assert (ledger, reasons) == ([], [becomes])
    else:
        assert [(one["kind"], one["package_id"]) for one in ledger] == [becomes]
        assert not reasons and ledger[0]["amount"] == Decimal(credit)


def test_rows_of_no_client_stop_nothing(mariadb: MariaDB, tmp_path: Path) -> None:
    made = MagnusBilling(2)
    agent = made.user(BEGIN, group=2)
    user = made.user(BEGIN, agent=agent)
    lost = made.user(BEGIN, group=9)
    made.call(user, BEGIN, Decimal("0.4"), Decimal("0.75"))
    made.users[user]["id_user"] = None  # the agent is not known any more
    made.tables["pkg_offer_use"] += [
        {"id": 1, "id_user": None, "id_offer": 1, "reservationdate": AT},
        {"id": 2, "id_user": user, "id_offer": 77, "reservationdate": AT},
    ]
    made.refill(user, BEGIN, Decimal(3), "Refill")["id_user"] = None
    made.call(user, BEGIN, Decimal(1))["id_user"] = None
    url = put(mariadb, "odd", "magnusbilling", made.tables)
    said = connect("magnusbilling", url, to=str(tmp_path / "out"), opening="none")
    ledger = {row["entry_id"].partition(":")[0]: row for row in rows_of(tmp_path / "out", "ledger")}
    assert set(ledger) == {"call", "plan_use"}
    assert ledger["call"]["amount"] == Decimal("-0.75")
    assert ledger["plan_use"]["package_id"] == "plan:77"
    assert {(one.input, one.reason, int(one.amount)) for one in said.left_out} == {
        ("pkg_refill", "of no client", 3),
        ("calls", "of no client", -1),
        ("pkg_user", "in no group", int(made.users[lost]["credit"])),
    }


def test_a_base_currency_twice_is_fine_and_two_ask_for_one(mariadb: MariaDB) -> None:
    made = MagnusBilling(3)
    made.user(BEGIN)
    rows = made.tables["pkg_configuration"]
    rows.append({"config_key": "base_currency", "config_value": "usd"})
    url = put(mariadb, "currencies", "magnusbilling", made.tables)
    connect("magnusbilling", url, check=True)
    rows.append({"config_key": "base_currency", "config_value": "EUR"})
    url = put(mariadb, "currencies", "magnusbilling", made.tables)
    with pytest.raises(DataError, match="--currency"):
        connect("magnusbilling", url, check=True)
    connect("magnusbilling", url, check=True, currency="USD")


def test_clients_without_a_balance_or_a_date_are_said_and_stay(tmp_path: Path) -> None:
    made = MagnusBilling(4)
    user, empty = made.user(BEGIN), made.user(BEGIN)
    made.refill(user, BEGIN, Decimal(5), "Refill")
    made.users[empty] |= {"creationdate": None, "credit": None}
    write_sqlite(made.tables, tmp_path / "one.sqlite")
    source, out = str(tmp_path / "one.sqlite"), str(tmp_path / "out")
    said = connect("magnusbilling", source, to=out)
    assert said.notes == ("1 client has no stored balance to compare",)
    assert not connect("magnusbilling", source, to=out).written
    created = {row["client_id"]: row["created_at"] for row in rows_of(out, "clients")}
    assert created[str(empty)] == BEGIN.replace(tzinfo=None)


def astpp(made: Astpp, server: MariaDB, folder: Path) -> tuple[list[dict[str, Any]], ConnectResult]:
    """The ledger of a system, and what connect said."""
    url = put(server, "odd_astpp", "astpp", made.tables)
    said = connect("astpp", url, to=str(folder / "out"), opening="none")
    return rows_of(folder / "out", "ledger"), said


def test_legs_of_one_key_are_each_counted(mariadb: MariaDB, tmp_path: Path) -> None:
    made = Astpp(1)
    account = made.account(START)
    for debit, kind in (("1.5", "STANDARD"), ("2.5", None), ("-2", "STANDARD"), ("9", "free")):
        made.call(account, START, Decimal(debit), "FREE" if kind == "free" else "STANDARD") | {}
        made.tables["cdrs"][-1] |= {"uniqueid": "same", "calltype": kind}
    ledger, said = astpp(made, mariadb, tmp_path)
    assert sorted(row["amount"] for row in ledger) == [Decimal("-2.5"), Decimal("-1.5")]
    assert {(one.reason, one.rows, int(one.amount)) for one in said.left_out} == {
        ("free minutes of a package", 1, -9),
        ("in no table, for no reason given", 1, 2),
    }


def test_both_sides_of_a_row_are_booked(mariadb: MariaDB, tmp_path: Path) -> None:
    made = Astpp(2)
    account = made.account(START)
    made.order(account, START, 1)
    for debit, credit, kind, item, text in (
        ("5", "-2", "POSTCHARGE", 0, None),
        ("0", "4", "STANDARD", 0, "a total"),
        ("9", "0", "Standard ", 0, "a total"),
        ("0", "7", "voucher", 0, None),
        ("10", "0", "PACKAGE", 1, "PACKAGE (Gold) HAS BEEN RENEWED."),
        ("0", "10", "PACKAGE", 1, "Gold has been renewed, taken back"),
        ("0", "0", "POSTCHARGE", 0, ""),
    ):
        made.detail(account, START, kind, debit=Decimal(debit), credit=Decimal(credit), item=item,
                    text=str(text))  # fmt: skip
        made.tables["invoice_details"][-1]["description"] = text
    ledger, said = astpp(made, mariadb, tmp_path)
    assert [(row["kind"], row["package_id"], row["amount"]) for row in sorted(
        ledger, key=lambda one: (one["kind"], one["amount"])
    )] == [
        ("correction", None, -5), ("correction", None, -2), ("package_activation", "1", -12),
        ("package_renewal", "1", -10), ("package_renewal", "1", 10), ("refill", None, 7),
        ("tax", None, Decimal("-1.2")),
    ]  # fmt: skip
    assert {(one.reason, one.rows, int(one.amount)) for one in said.left_out} == {
        ("an invoice's total of calls that are counted one by one", 2, -5),
        ("moves nothing", 1, 0),
    }


def test_rows_without_a_date_or_an_account_stop_nothing(mariadb: MariaDB, tmp_path: Path) -> None:
    made = Astpp(3)
    account = made.account(START)
    made.accounts[account]["creation"] = "1000-01-01 00:00:00"
    made.call(account, START, Decimal(1))["callstart"] = "0000-00-00 00:00:00"
    made.call(account, START, Decimal(2))["accountid"] = None
    made.detail(account, START, "REFILL", credit=Decimal(3))["created_date"] = None
    made.detail(account, START, "REFILL", credit=Decimal(4))
    ledger, said = astpp(made, mariadb, tmp_path)
    assert [row["amount"] for row in ledger] == [4]
    assert {(one.input, one.reason, int(one.amount)) for one in said.left_out} == {
        ("cdrs", "has no date", -1),
        ("cdrs", "of no account", -2),
        ("invoice_details", "has no date", 3),
    }
    (client,) = rows_of(tmp_path / "out", "clients")
    assert client["created_at"] == START.replace(tzinfo=None)
