"""What installations do: other types, lost servers, copied folders, another database, secrets."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.origins import mysql, open_origin
from custdyn_widgets.connections.origins.mysql import MySQL
from custdyn_widgets.connections.origins.origin import Request
from custdyn_widgets.connections.system import Input, MappingError
from custdyn_widgets.errors import SourceChanged, SourceError
from custdyn_widgets.sources.place import has_bare_signs
from custdyn_widgets.sources.quality import Finding
from tests.connections.test_guards import DATA, FLOAT_CALL, amounts
from tests.connections.test_systems import OWN, tables, write_own
from tests.support.billing import FOLDER, rows_of
from tests.support.mariadb import MariaDB

ONCE_MORE = (5, 1, "2026-08-01 00:00:00", "payg", "-25", "USD", None)


@pytest.fixture
def url(mariadb: MariaDB) -> str:
    return mariadb.create("unexpected", FOLDER / "magnusbilling" / "tables.sql", DATA)


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A mapping of one's own, and its database next to it."""
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.commit()
    return write_own(tmp_path / "my_system")


def sql(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file)) as written:
        for one in statements:
            written.execute(one)
        written.commit()


def again(own: Path, to: Path, *statements: str) -> list[str]:
    """What connect says once the database has changed."""
    file = own.with_name("own.sqlite")
    sql(file, *statements)
    return [*connect(str(own), str(file), to=str(to)).lines()]


def findings_of(folder: Path) -> tuple[Finding, ...]:
    """What check finds in a source."""
    source = open_source(str(folder))
    source.check()
    return source.findings or ()


NEWS = f"INSERT INTO move VALUES {ONCE_MORE}".replace("None", "NULL")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://rd:100%sure-Passw0rd@127.0.0.1:1/db",
        "postgresql://rd:p@Passw0rd@127.0.0.1:1/db",
        "postgresql://rd:x/Passw0rd@127.0.0.1:1/db",
        "postgresql://rd:x?Passw0rd@127.0.0.1:1/db",
        "postgresql://rd:Passw0rd[1]@127.0.0.1:1/db",
        "mysql://rd:p@Passw0rd@127.0.0.1:1/db",
        "oracle://rd:Passw0rd@host:bad/db",
    ],
)
def test_a_password_that_no_url_can_hold_is_in_no_message(url: str) -> None:
    openers = [open_origin]
    if url.startswith("postgresql"):
        openers.append(lambda one: open_source(one).check())  # type: ignore[arg-type,return-value]
    for opened in openers:
        with pytest.raises(SourceError) as raised:
            opened(url)
        assert "Passw0rd" not in str(raised.value) and "the URL cannot be read" in str(raised.value)
        assert "percent-encode" in str(raised.value)


def test_other_urls_are_read() -> None:
    for fine in (
        "postgresql://u:p%40ss@h/db",
        "postgresql://h:5432/db?application_name=a@b",
        "postgresql://u:p@h:1,h2:2/db",
        "postgresql://u:secret@[::1]:5432/db?x=a@b",
        "postgresql:///db",
    ):
        assert not has_bare_signs(fine), fine


@pytest.mark.parametrize(
    ("change", "amount"),
    [
        ("sessionbill DECIMAL(15,5)", "98765.43211"),
        ("sessionbill DOUBLE", "98765.43211"),
        ("sessionbill FLOAT", "98765.43"),
    ],
)
def test_an_amount_is_read_by_the_type_that_its_column_has(
    change: str, amount: str, url: str, mariadb: MariaDB, tmp_path: Path
) -> None:
    """The mapping says float32, as MagnusBilling has it; some installations have changed it."""
    mariadb.run(f"ALTER TABLE pkg_cdr MODIFY {change}", "unexpected")
    if "DOUBLE" in change:  # which shows the digits that a FLOAT never had
        mariadb.run("UPDATE pkg_cdr SET sessionbill = ROUND(sessionbill, 4)", "unexpected")
    mariadb.run("UPDATE pkg_cdr SET sessionbill = 98765.43211 WHERE id_user = 5", "unexpected")
    connect("magnusbilling", url, to=str(tmp_path / "out"))
    read = amounts(tmp_path / "out")
    assert -Decimal(amount) in read.values()
    if "FLOAT" in change:
        assert read[FLOAT_CALL] == Decimal("-108.9999")


def test_seconds_and_instants_without_a_zone(url: str, mariadb: MariaDB, tmp_path: Path) -> None:
    connect("magnusbilling", url, to=str(tmp_path / "instants"))
    mariadb.run(
        "ALTER TABLE pkg_refill ADD seconds BIGINT; "
        "UPDATE pkg_refill SET seconds = UNIX_TIMESTAMP(date); "
        "ALTER TABLE pkg_refill DROP date; ALTER TABLE pkg_refill CHANGE seconds date BIGINT",
        "unexpected",
    )
    connect("magnusbilling", url, to=str(tmp_path / "seconds"))
    assert rows_of(tmp_path / "seconds", "ledger") == rows_of(tmp_path / "instants", "ledger")
    mariadb.run("ALTER TABLE pkg_refill DROP date; ALTER TABLE pkg_refill ADD date DATETIME",
                "unexpected")  # fmt: skip
    with pytest.raises(MappingError, match=r"pkg_refill.date is a DATETIME.*datetime@ZONE.*--show"):
        connect("magnusbilling", url, check=True)


def test_a_table_that_cannot_be_seen_may_be_one_without_rights(url: str, mariadb: MariaDB) -> None:
    mariadb.run("DROP TABLE pkg_plan", "unexpected")
    with pytest.raises(MappingError, match=r"no pkg_plan, or its user may not read it: GRANT SEL"):
        connect("magnusbilling", url, check=True)


def test_a_server_that_ends_the_connection_is_an_error_of_one_line(
    url: str, mariadb: MariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql, "BATCH", 100)
    described = Input(query="SELECT seq AS id FROM seq_1_to_5000000", columns={"id": "int"})
    request = Request("many", described, described.types(lists=False))
    origin = MySQL(url)
    rows = origin.rows(request)
    assert len(next(rows)) == 100
    thread = origin._connection.thread_id()  # type: ignore[no-untyped-call]
    mariadb.run(f"KILL {thread}")
    with pytest.raises(SourceError, match=r"many: Lost connection"):
        list(rows)
    origin.close()
    origin = MySQL(url)
    rows = origin.rows(request)
    next(rows)
    with pytest.raises(KeyboardInterrupt):  # its other rows are not read to their end
        rows.throw(KeyboardInterrupt)  # type: ignore[attr-defined]
    origin.close()


def test_a_table_that_grows_while_it_is_read_is_read_again(
    url: str, mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MyISAM knows no snapshot: rows of a chunk come that was not there when it was summed up."""
    mariadb.run("INSERT INTO pkg_cdr (id, id_user, uniqueid, starttime, sessionbill) VALUES "
                "(900000, 5, 'late', '2026-03-03', 1)", "unexpected")  # fmt: skip
    sums = MySQL.checksums
    with monkeypatch.context() as patched:
        patched.setattr(
            MySQL, "checksums",
            lambda self, asked: {k: v for k, v in (sums(self, asked) or {}).items() if k < 50},
        )  # fmt: skip
        connect("magnusbilling", url, to=str(tmp_path / "out"))
    assert any("late" in one for one in amounts(tmp_path / "out"))
    made = connect("magnusbilling", url, to=str(tmp_path / "out"))
    assert made.changes is not None and made.changes.added == 0


def test_an_option_file_that_cannot_be_read_says_nothing_of_what_is_in_it(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mysql, "OWN_FILE", tmp_path / ".my.cnf")
    for text in (
        b"[client]\npassword=topsecret\npassword=topsecret\n",
        b"password=topsecret\n",
        b"!includedir /etc/topsecret\n",
        b"[client]\npassword=\xfftopsecret\n",
    ):
        (tmp_path / ".my.cnf").write_bytes(text)
        with pytest.raises(SourceError, match="cannot be read as a file of options") as raised:
            open_origin(url)
        assert "topsecret" not in str(raised.value)


@pytest.mark.parametrize("relative", [True, False])
def test_a_report_stays_in_the_snapshot_that_it_has_begun_with(
    relative: bool, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    to = Path("out") if relative else tmp_path / "out"
    again(own, to)
    source = open_source(str(to))
    with source.reading() as snapshot:
        again(own, to, NEWS)
        assert snapshot.contents().entries == 3  # as it was when it began
    with source.reading() as snapshot:
        assert snapshot.contents().entries == 5  # the call, and a drift
    with pytest.raises(SourceChanged), source.reading() as snapshot:
        for cents in (1, 2):  # the second one sweeps what is being read
            again(own, to, f"UPDATE move SET cents = {cents} WHERE id = 5")
        list(snapshot.fetch(snapshot.tables["clients"]).to_pylist())
    assert len([one for one in (to / ".connect").iterdir() if one.name.isdigit()]) == 2


def test_another_installation_and_an_empty_one_are_refused(own: Path, tmp_path: Path) -> None:
    to, file = tmp_path / "out", tmp_path / "own.sqlite"
    again(own, to)
    moved = file.rename(tmp_path / "moved.sqlite")  # the same rows elsewhere are fine
    assert not connect(str(own), str(moved), to=str(to)).differences
    moved.rename(file)
    again(own, to)
    sql(file, "UPDATE move SET id = id + 100")
    with pytest.raises(SourceError, match=r"3 of its 3 entries are not in .*another folder"):
        connect(str(own), str(file), to=str(to))
    sql(file, "UPDATE move SET id = id - 100 WHERE id = 101")
    said = "\n".join(again(own, to))  # of one and the same, much may be deleted
    assert "gone at the source: 2" in said
    other = file.rename(tmp_path / "other.sqlite")
    sql(other, "UPDATE move SET id = id + 500 WHERE id > 1")
    with pytest.raises(SourceError, match=r"2 of its 3 entries are not in .*other.*was made of"):
        connect(str(own), str(other), to=str(to))
    sql(other, "DELETE FROM move")
    before = sorted((to / ".connect").iterdir())
    with pytest.raises(SourceError, match="--rebuild, which forgets"):
        connect(str(own), str(other), to=str(to))
    assert sorted((to / ".connect").iterdir()) == before
    connect(str(own), str(other), to=str(to), rebuild=True)


def test_a_copy_with_its_links_resolved_goes_on(own: Path, tmp_path: Path) -> None:
    again(own, tmp_path / "out")
    again(own, tmp_path / "out", "UPDATE move SET cents = -51 WHERE id = 2")
    shutil.copytree(tmp_path / "out", tmp_path / "copy")  # links become what they lead to
    assert not (tmp_path / "copy/ledger").is_symlink()
    said = "\n".join(again(own, tmp_path / "copy", NEWS))
    assert "1 entry added" in said and (tmp_path / "copy/ledger").is_symlink()
    assert "nothing new" in "\n".join(again(own, tmp_path / "copy"))
    assert len(rows_of(tmp_path / "copy", "ledger")) == len(rows_of(tmp_path / "out", "ledger")) + 2


def test_a_folder_that_is_damaged_is_named(own: Path, url: str, tmp_path: Path) -> None:
    again(own, tmp_path / "out")
    (part, *_) = (tmp_path / "out/ledger").glob("*.parquet")
    whole = part.read_bytes()
    part.write_bytes(whole[:-9])
    with pytest.raises(SourceError, match=rf"1/ledger/{part.name}: .*--rebuild"):
        again(own, tmp_path / "out", NEWS)
    part.write_bytes(whole)
    (tmp_path / "out/.connect/current").unlink()
    (tmp_path / "out/.connect/current").symlink_to("7")
    with pytest.raises(SourceError, match=r".connect/current leads to no snapshot.*backup"):
        again(own, tmp_path / "out")
    connect("magnusbilling", url, to=str(tmp_path / "raw"))  # rows that are kept are read again
    for file in (tmp_path / "raw/.connect/raw").iterdir():
        os.truncate(file, file.stat().st_size - 9)
    made = connect("magnusbilling", url, to=str(tmp_path / "raw"))
    assert made.changes is not None and made.changes.added == 0


def test_a_client_who_is_gone_is_not_unknown_and_another_currency_is_said(
    own: Path, tmp_path: Path
) -> None:
    again(own, tmp_path / "out")
    said = again(own, tmp_path / "out", "DELETE FROM account WHERE id = 2",
                 "UPDATE account SET cur = 'EUR' WHERE id = 1")  # fmt: skip
    notes = [line for line in said if line.startswith("note: ")]
    assert notes == [
        "note: 1 client in USD before: their earlier amounts are taken for EUR, too; nothing is "
        "converted"
    ]
    report = run({"period": {"from": "2026-01-01", "to": "2026-12-31"}, "group_by": [],
                  "currency": "JPY", "rate_policy": "current"}, str(tmp_path / "out"))  # fmt: skip
    assert report.report.read.entries


def test_edits_are_no_duplicates(own: Path, tmp_path: Path) -> None:
    free = [f"({n}, 1, '2026-07-02 00:00:00', 'payg', '0', 'USD', NULL)" for n in (11, 12)]
    again(own, tmp_path / "out", f"INSERT INTO move VALUES {', '.join(free)}")
    again(own, tmp_path / "out", "UPDATE move SET what = 'plan' WHERE id > 10")
    found = {one.key: one.count for one in findings_of(tmp_path / "out")}
    assert found["duplicates"] == 2  # the two free calls, not what was made of them


def test_a_form_of_instants_that_there_is_not_is_named(own: Path, tmp_path: Path) -> None:
    text = OWN.replace('moment = "datetime@', 'moment = "datetime:%Q@')
    (own / "system.toml").write_text(text)
    with pytest.raises(MappingError, match=r"moment.*'%Q' is no form such as %d"):
        again(own, tmp_path / "out")


CHARGES = (
    "id,Type,Amount,Currency,Created (UTC),Description,Customer\n"
    "t1,charge,10.00,eur,2026-01-05 10:00:00,Sale,c1\n"
    "t2,charge,1000,jpy,2026-01-06 10:00:00,Sale,c1\n"
    "t3,charge,5.00,eur,2026-01-07 10:00:00,Sale,c2\n"
)
CUSTOMERS = (
    "id,Name,Description,Email,Created (UTC),Currency,Plan\n"
    "c1,A,,,2026-01-01 00:00:00,eur,\nc2,B,,,2026-01-01 00:00:00,,\n"
    "c3,C,,,2026-01-01 00:00:00,usd,\n"
)


@pytest.fixture
def exports(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "balance_transactions.csv").write_text(CHARGES)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    yield tmp_path


def test_stripe_in_another_currency_than_its_customer_is_left_out(exports: Path) -> None:
    made = connect("stripe", files=str(exports), to=str(exports / "out"))
    assert [(one.reason, one.amount) for one in made.left_out] == [
        ("not in the customer's currency: JPY", Decimal(1000))
    ]
    clients = {row["client_id"]: row["currency"] for row in rows_of(exports / "out", "clients")}
    assert clients == {"c1": "EUR", "c2": "EUR", "c3": "USD"}
    assert sum(row["amount"] > 0 for row in rows_of(exports / "out", "ledger")) == 2


def test_a_bank_line_in_another_currency_and_a_call_of_no_account_are_left_out(
    tmp_path: Path,
) -> None:
    (tmp_path / "customers.csv").write_text("number,name,currency,since\n10023,M,EUR,2026-01-01\n")
    (tmp_path / "statement.csv").write_text(
        "Buchungstag;Auftraggeber;Verwendungszweck;Betrag;Währung\n"
        "5. März 2026;M;K-10023;10,00;EUR\n6. März 2026;M;K-10023;7,00;CHF\n",
        "cp1252",
    )
    (left,) = connect("bank", files=str(tmp_path), check=True).left_out
    assert (left.reason, left.amount) == ("not in the customer's currency: CHF", Decimal(7))
    (tmp_path / "cdr.csv").write_text(
        "uniqueid,accountcode,start,billsec,dst,price\n"
        "u1,a,2026-01-01 10:00:00,60,1,0.5\nu2,,2026-01-01 10:00:00,60,1,0.7\n"
        ",a,2026-01-01 10:00:00,60,1,0.9\n"
    )
    (tmp_path / "accounts.csv").write_text("accountcode,name,currency,created,balance\na,A,EUR,,\n")
    (tmp_path / "payments.csv").write_text("id,accountcode,paid,amount\n")
    found = {
        one.reason: one.amount for one in connect("cdr", files=str(tmp_path), check=True).left_out
    }
    assert found == {"of no account": Decimal("-0.7"), "has no uniqueid": Decimal("-0.9")}


def test_what_rounding_may_explain_is_said_where_it_is_much(own: Path, tmp_path: Path) -> None:
    rows = [(n, 1, "2026-07-02 00:00:00", "payg", "-1", "USD", None) for n in range(100, 600)]
    file = tmp_path / "own.sqlite"
    with closing(sqlite3.connect(file)) as written:
        written.executemany("INSERT INTO move VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        written.execute("UPDATE account SET held = '2.5' WHERE id = 1")  # 4.5 are recorded
        written.commit()
    said = [*connect(str(own), str(file), check=True).lines()]
    assert "  rounding may explain up to 2 USD over 502 entries (client 1)" in said
