"""The mappings that ship for exports: a priced CDR and a bank statement."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets.connections.connect import connect
from custdyn_widgets.errors import DataError, SourceError
from tests.support.billing import rows_of

CDR = """uniqueid,accountcode,start,billsec,dst,price
1767.1,a1,2026-01-10 23:30:00,61,4420712,0.1234
1767.1,a1,2026-01-10 23:30:00,12,4420713,0.05
1767.2,a2,2026-07-01 00:10:00,0,4420712,0
"""
ACCOUNTS = """accountcode,name,currency,created,balance
a1,"Ann, Ltd",eur,2026-01-01 00:00:00,9.8266
a2,Bo,EUR,2026-01-01 00:00:00,0
"""
PAYMENTS = "id,accountcode,paid,amount\np1,a1,2026-01-02 12:00:00,10.00\n"


def cdr(folder: Path) -> Path:
    """The exports of a switch: two days, accounts, payments."""
    (folder / "cdr-01.csv").write_text(CDR)
    (folder / "cdr-02.csv").write_text(
        CDR.partition("\n")[0] + "\n1768.1,a2,2026-01-11 00:00:00,5,44,-0.2\n"
    )
    (folder / "accounts.csv").write_text(ACCOUNTS)
    (folder / "payments.csv").write_text(PAYMENTS)
    return folder


def test_a_priced_cdr_is_a_source(tmp_path: Path) -> None:
    made = connect("cdr", files=str(cdr(tmp_path)), to=str(tmp_path / "out"), lists=True)
    ledger = {row["entry_id"]: row for row in rows_of(tmp_path / "out", "ledger")}
    assert {key: row["amount"] for key, row in ledger.items() if row["kind"] != "opening"} == {
        "call:1767.1:1": Decimal("-0.1234"),
        "call:1767.1:2": Decimal("-0.05"),
        "call:1768.1:1": Decimal("0.2"),
        "payment:p1": Decimal(10),
    }
    assert ledger["call:1767.1:1"]["occurred_at"] == datetime(2026, 1, 10, 22, 30)
    assert [(one.client_id, one.difference) for one in made.differences] == [
        ("a2", Decimal("-0.2"))
    ]
    names = {row["client_id"]: row["name"] for row in rows_of(tmp_path / "out", "clients")}
    assert names["a1"] == "Ann, Ltd"
    # the next day comes as one more file
    (tmp_path / "cdr-03.csv").write_text(
        CDR.partition("\n")[0] + "\n1769.1,a1,2026-01-12 08:00:00,5,44,1\n"
    )
    again = connect("cdr", files=str(tmp_path), to=str(tmp_path / "out"), lists=True)
    assert again.changes is not None and (again.changes.added, again.changes.gone) == (1, 0)


def test_files_of_one_name_have_the_same_columns(tmp_path: Path) -> None:
    cdr(tmp_path)
    (tmp_path / "cdr-03.csv").write_text("uniqueid,accountcode,start,billsec,dst,cost\n")
    with pytest.raises(
        SourceError, match=r"cdr-03.csv has other columns than cdr-01.csv: cost, price"
    ):
        connect("cdr", files=str(tmp_path), check=True)


STATEMENT = (
    "Buchungstag;Auftraggeber;Verwendungszweck;Betrag;Währung\r\n"
    '5. März 2026;Müller;"Rechnung K-10023; danke";1.234,50;EUR\r\n'
    "5. März 2026;Müller;K-10023 Rest;10,00;EUR\r\n"
    "5. März 2026;Müller;K-10023 Rest;10,00;EUR\r\n"
    "31. Oktober 2026;Bank;Gebühren;-3,90;EUR\r\n"
)


def test_a_bank_statement_is_a_source(tmp_path: Path) -> None:
    (tmp_path / "statement-2026.csv").write_bytes(STATEMENT.encode("cp1252"))
    (tmp_path / "customers.csv").write_text(
        "number,name,currency,since\n10023,Müller,EUR,2026-01-01\n"
    )
    made = connect("bank", files=str(tmp_path), to=str(tmp_path / "out"), lists=True)
    ledger = rows_of(tmp_path / "out", "ledger")
    assert sorted(row["amount"] for row in ledger) == [10, 10, Decimal("1234.5")]
    assert {row["occurred_at"] for row in ledger} == {datetime(2026, 3, 4, 23)}
    assert len({row["entry_id"] for row in ledger}) == 3
    (left,) = made.left_out
    assert (left.rows, left.amount, left.reason) == (1, Decimal("-3.9"), "names no customer")


def test_a_file_in_another_encoding_or_with_other_numbers_is_named(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("number,name,currency,since\n10023,M,EUR,2026-01-01\n")
    (tmp_path / "statement.csv").write_text(STATEMENT.replace("1.234,50", "1234.50"), "cp1252")
    with pytest.raises(DataError, match=r"statement.*Betrag.*'1234.50\?'|'1234.50'"):
        connect("bank", files=str(tmp_path), check=True)
    own = tmp_path / "own"
    own.mkdir()
    from custdyn_widgets.connections.system import load_system

    for name, text in load_system("bank").files():
        (own / name).write_text(text.replace('"cp1252"', '"utf-8"'), "utf-8")
    with pytest.raises(SourceError, match=r"statement.csv cannot be read"):
        connect(str(own), files=str(tmp_path), check=True)
