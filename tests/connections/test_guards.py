"""The guards of connect, each with its control: without it, the figures or the data are wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from custdyn_widgets.connections import faults, mapping
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.mapping import locked_engine
from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.mysql import MySQL
from custdyn_widgets.connections.origins.origin import Database
from custdyn_widgets.connections.system import MappingError
from custdyn_widgets.errors import DataError, SourceError
from tests.support.billing import FOLDER, rows_of
from tests.support.mariadb import MariaDB

DATA = FOLDER / "magnusbilling" / "data.sql"
FLOAT_CALL = "call:u41769958000:4:2026-02-01 15:00:00:1"


@pytest.fixture
def url(mariadb: MariaDB) -> str:
    """The hand-made MagnusBilling."""
    return mariadb.create("guarded", FOLDER / "magnusbilling" / "tables.sql", DATA)


def amounts(folder: Path) -> dict[str, Decimal]:
    """Entry → amount."""
    return {row["entry_id"]: row["amount"] for row in rows_of(folder, "ledger")}


def test_a_float_keeps_its_digits(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("magnusbilling", url, to=str(tmp_path / "cast"))
    assert amounts(tmp_path / "cast")[FLOAT_CALL] == Decimal("-108.9999")
    monkeypatch.setattr(
        MySQL, "as_text", lambda self, name, kind: f"CAST({self.quoted(name)} AS CHAR)"
        if kind.name != "unix" else f"UNIX_TIMESTAMP({self.quoted(name)})",
    )  # fmt: skip
    connect("magnusbilling", url, to=str(tmp_path / "plain"))
    assert amounts(tmp_path / "plain")[FLOAT_CALL] == -109  # the control: over the wire it is 109


def test_instants_do_not_depend_on_the_server_s_zone(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connect("magnusbilling", url, to=str(tmp_path / "utc"))
    assert FLOAT_CALL in amounts(tmp_path / "utc")

    def as_clock(self: MySQL, name: str, kind: ColumnType) -> str:
        if kind.name != "unix":
            return Database.as_text(self, name, kind).replace("VARCHAR", "CHAR")
        local = f"CONVERT_TZ({self.quoted(name)}, '+00:00', '-03:00')"
        return f"TIMESTAMPDIFF(SECOND, '1970-01-01', {local})"

    monkeypatch.setattr(MySQL, "as_text", as_clock)
    connect("magnusbilling", url, to=str(tmp_path / "local"))
    assert FLOAT_CALL not in amounts(tmp_path / "local")  # the control: three hours off


def test_a_join_that_multiplies_rows_is_an_error(
    url: str, mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.run("INSERT INTO pkg_offer VALUES (1001,1,'Gold 100',1,0,1,1,1)", "guarded")
    connect("magnusbilling", url, to=str(tmp_path / "fine"))  # two of one label are one package
    own = tmp_path / "own"
    module_show("magnusbilling", own)
    ledger = (own / "ledger.sql").read_text("utf-8")
    joined = ledger.replace("o.id = u.id_offer", "o.label = (SELECT min(label) FROM pkg_offer)")
    assert joined != ledger
    (own / "ledger.sql").write_text(joined, "utf-8")
    with pytest.raises(DataError, match=r"key more than once.*plan_use:1.*join"):
        connect(str(own), url, to=str(tmp_path / "double"))
    monkeypatch.setattr(faults, "_repeated", lambda *_: iter(()))
    connect(str(own), url, to=str(tmp_path / "double"))
    assert len(rows_of(tmp_path / "double", "ledger")) == 34  # the control: 32 and two doubles


def test_a_join_that_multiplies_calls_is_an_error_too(
    url: str, mariadb: MariaDB, tmp_path: Path
) -> None:
    """Calls of one id are fine where there are as many raw rows."""
    mariadb.run("INSERT INTO pkg_cdr SELECT NULL, id_user, uniqueid, starttime, sessiontime, "
                "calledstation, sessionbill, sipiax, src, agent_bill, buycost FROM pkg_cdr "
                "WHERE id_user = 5", "guarded")  # fmt: skip
    connect("magnusbilling", url, to=str(tmp_path / "twice"))
    assert sum("call:u51770217200" in one for one in amounts(tmp_path / "twice")) == 2
    own = tmp_path / "own"
    module_show("magnusbilling", own)
    ledger = (own / "ledger.sql").read_text("utf-8")
    (own / "ledger.sql").write_text(
        ledger.replace("    FROM calls\n", "    FROM calls, (SELECT 1 FROM pkg_plan)\n"), "utf-8"
    )
    with pytest.raises(DataError, match=r"key more than once.*call:ghost:99"):
        connect(str(own), url, check=True)


def module_show(system: str, folder: Path) -> None:
    """A copy of a built-in mapping."""
    from custdyn_widgets.connections.system import load_system

    folder.mkdir()
    for name, text in load_system(system).files():
        (folder / name).write_text(text, "utf-8")


def test_a_row_that_comes_out_in_no_table_is_counted(
    url: str, mariadb: MariaDB, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mariadb.run(
        "INSERT INTO pkg_cdr (id_user, uniqueid, starttime, sessionbill) "
        "VALUES (4, 'odd', '2026-03-03', -7.25)",
        "guarded",
    )
    made = connect("magnusbilling", url, check=True)
    (odd,) = [one for one in made.left_out if not one.explained]
    assert (odd.input, odd.rows, odd.amount) == ("calls", 1, Decimal("7.25"))
    assert "in no table" in "\n".join(made.lines())
    monkeypatch.setattr(mapping, "accounted", lambda *_: ({}, ()))
    assert not connect("magnusbilling", url, check=True).left_out  # the control: it would be lost


def test_a_mapping_reads_no_other_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("a\n1\n")
    inside = tmp_path / "inside"
    inside.mkdir()
    engine = locked_engine(inside, [inside])
    reads = f"SELECT * FROM read_csv('{secret}')"
    for statement in (
        reads,
        f"COPY (SELECT 1) TO '{tmp_path / 'written'}'",
        "SET enable_external_access = true",
        "INSTALL httpfs",
    ):
        with pytest.raises(duckdb.Error):
            engine.execute(statement)
    assert duckdb.connect().execute(reads).fetchall() == [(1,)]  # the control


@pytest.mark.parametrize(
    "text",
    [
        "DROP TABLE clients",
        "SELECT 1; SELECT 2",
        "INSERT INTO numbers VALUES (1)",
        "PRAGMA memory_limit = '9GB'",
        "",
    ],
)
def test_a_mapping_is_one_select(text: str, url: str, tmp_path: Path) -> None:
    own = tmp_path / "own"
    module_show("magnusbilling", own)
    (own / "packages.sql").write_text(text)
    with pytest.raises(MappingError, match=r"packages.sql: it must be one SELECT"):
        connect(str(own), url, check=True)


def test_the_database_cannot_be_written_to(url: str, mariadb: MariaDB) -> None:
    origin = MySQL(url)
    with pytest.raises(SourceError, match="denied"):
        origin._run("DELETE FROM pkg_user")
    origin.close()
    mariadb.run("GRANT ALL ON guarded.* TO 'reader'@'localhost'")
    origin = MySQL(url)
    with pytest.raises(SourceError, match="READ ONLY"):  # not by its rights alone
        origin._run("DELETE FROM pkg_user")
    origin.close()
    mariadb.run("REVOKE ALL ON guarded.* FROM 'reader'@'localhost'")
    mariadb.run("GRANT SELECT ON guarded.* TO 'reader'@'localhost'")


def test_a_currency_of_0_asks_for_one(url: str, mariadb: MariaDB, tmp_path: Path) -> None:
    for value in ("0", "", "dollars"):
        mariadb.run(
            f"UPDATE pkg_configuration SET config_value = '{value}' "
            "WHERE config_key = 'base_currency'",
            "guarded",
        )
        with pytest.raises(DataError, match="--currency"):
            connect("magnusbilling", url, check=True)
    connect("magnusbilling", url, to=str(tmp_path / "out"), currency="BRL")
    assert {row["currency"] for row in rows_of(tmp_path / "out", "clients")} == {"BRL"}


def test_zero_dates_are_no_instants(url: str, mariadb: MariaDB, tmp_path: Path) -> None:
    mariadb.run(
        "SET SESSION sql_mode = ''; "
        "INSERT INTO pkg_refill (id_user, date, credit, description, payment) "
        "VALUES (4, '0000-00-00 00:00:00', 3, 'Refill', 1); "
        "UPDATE pkg_user SET creationdate = '0000-00-00 00:00:00' WHERE id IN (5, 8);",
        "guarded",
    )
    made = connect("magnusbilling", url, to=str(tmp_path / "out"))
    assert any(one.reason == "has no date" and one.amount == 3 for one in made.left_out)
    created = {row["client_id"]: row["created_at"] for row in rows_of(tmp_path / "out", "clients")}
    first = [row["occurred_at"] for row in rows_of(tmp_path / "out", "ledger")]
    assert str(created["5"]) == "2026-01-05 13:00:00"  # its first entry
    assert created["8"] == min(first)


def test_a_table_that_is_not_read_at_one_moment_is_named(url: str, mariadb: MariaDB) -> None:
    unknown = (
        "1 entry of clients that clients.sql does not give (99), -0.7: left out of every figure"
    )
    assert connect("magnusbilling", url, check=True).notes == (unknown,)
    mariadb.run("ALTER TABLE pkg_cdr ENGINE = MyISAM", "guarded")
    note, _ = connect("magnusbilling", url, check=True).notes
    assert "pkg_cdr is a MyISAM table" in note


def test_a_folder_of_others_is_not_written_to(url: str, tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "clients.csv").write_text("client_id\n")
    with pytest.raises(SourceError, match="was not written by custdyn connect"):
        connect("magnusbilling", url, to=str(tmp_path / "theirs"))
    assert [one.name for one in (tmp_path / "theirs").iterdir()] == ["clients.csv"]


def test_a_folder_is_made_in_one_way(url: str, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    connect("magnusbilling", url, to=out)
    for other in ({"lists": True}, {"opening": "none"}, {"currency": "EUR"}):
        options: dict[str, Any] = other
        with pytest.raises(SourceError, match="--rebuild"):
            connect("magnusbilling", url, to=out, **options)
    assert connect("magnusbilling", url, to=out, lists=True, rebuild=True).written


def test_one_process_writes_at_a_time(url: str, tmp_path: Path) -> None:
    from custdyn_widgets.connections.folder import Folder

    connect("magnusbilling", url, to=str(tmp_path / "out"))
    with (
        Folder(str(tmp_path / "out")).writing(),
        pytest.raises(SourceError, match="another custdyn connect"),
    ):
        connect("magnusbilling", url, to=str(tmp_path / "out"))
