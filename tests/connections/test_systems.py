"""Mappings: their faults, the types of columns, and folders of one's own from every origin."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest

from custdyn_widgets.connections.connect import CallError, connect
from custdyn_widgets.connections.mapping_types import ColumnType, Style, major_units
from custdyn_widgets.connections.origins import open_origin
from custdyn_widgets.connections.system import MappingError, built_in, load_system
from custdyn_widgets.errors import DataError, QueryError, SourceError
from tests.support.billing import rows_of

OWN = """
title = "My system"
rounding = 0.005
[inputs.account]
key = "id"
[inputs.account.columns]
id = "int"
code = "text"
cur = "text"
opened = "datetime@America/New_York"
held = "decimal"
[inputs.move]
lists = { note = "text" }
key = "id"
amount = "cents"
[inputs.move.columns]
id = "int"
account = "int"
moment = "datetime@America/New_York"
what = "text"
cents = "minor@cur"
cur = "text"
"""
CLIENTS = """
SELECT id AS client_id, code AS name, 'client' AS type, cur AS currency, opened AS created_at
FROM account
"""
LEDGER = """
SELECT 'move' AS input, row_id, 'm' || id AS entry_id, account AS client_id, moment AS occurred_at,
    what AS kind, cents AS amount, note AS description
FROM move WHERE what <> 'void'
"""
ACCOUNTS = [
    (1, "Ann", "USD", "2026-01-01 00:00:00", "9.50"),
    (2, "Bo", "JPY", "2026-01-02 12:00:00", "500"),
]
MOVES = [
    (1, 1, "2026-01-01 20:00:00", "refill", "1000", "USD", "by hand"),
    (2, 1, "2026-07-01 00:00:00", "payg", "-50", "USD", "44207"),
    (3, 2, "2026-01-03 00:00:00", "refill", "500", "JPY", None),
    (4, 2, "2026-01-03 00:00:00", "void", "77", "JPY", None),
]
PLAIN = Style()
BALANCES = "SELECT id AS client_id, held AS balance FROM account"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A mapping of one's own."""
    return write_own(tmp_path / "my_system")


def write_own(folder: Path) -> Path:
    """Writes that mapping to a new folder."""
    folder.mkdir()
    (folder / "system.toml").write_text(OWN)
    for name, text in (("clients", CLIENTS), ("ledger", LEDGER), ("balances", BALANCES)):
        (folder / f"{name}.sql").write_text(text)
    return folder


def tables(connection: sqlite3.Connection | duckdb.DuckDBPyConnection) -> None:
    """The two tables, as an SQL database has them."""
    connection.execute(
        "CREATE TABLE account (id INTEGER, code TEXT, cur TEXT, opened TEXT, held TEXT)"
    )
    connection.execute(
        "CREATE TABLE move (id INTEGER, account INTEGER, moment TEXT, what TEXT, cents TEXT, "
        "cur TEXT, note TEXT)"
    )
    connection.executemany("INSERT INTO account VALUES (?, ?, ?, ?, ?)", ACCOUNTS)
    connection.executemany("INSERT INTO move VALUES (?, ?, ?, ?, ?, ?, ?)", MOVES)


def source(kind: str, folder: Path, request: pytest.FixtureRequest) -> dict[str, Any]:
    """The rows in an origin of each kind; what `connect` is given."""
    if kind == "postgres":
        import psycopg

        base = str(request.getfixturevalue("postgres"))
        with psycopg.connect(base, autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS account, move")
            cursor.execute(
                "CREATE TABLE account (id bigint, code text, cur text, opened timestamp, "
                "held numeric)"
            )
            cursor.execute(
                "CREATE TABLE move (id bigint, account bigint, moment timestamp, what text, "
                "cents numeric, cur text, note text)"
            )
            cursor.executemany("INSERT INTO account VALUES (%s, %s, %s, %s, %s)", ACCOUNTS)
            cursor.executemany("INSERT INTO move VALUES (%s, %s, %s, %s, %s, %s, %s)", MOVES)
        return {"source": base}
    if kind == "sqlite":
        with closing(sqlite3.connect(folder / "own.sqlite")) as written:
            tables(written)
            written.commit()
        return {"source": f"sqlite:///{folder / 'own.sqlite'}"}
    with closing(duckdb.connect(str(folder / "own.duckdb"))) as made:
        tables(made)
        if kind == "duckdb":
            return {"source": str(folder / "own.duckdb")}
        files = folder / "files"
        files.mkdir()
        for name in ("account", "move"):
            made.execute(f"COPY {name} TO '{files / name}.{kind}' (HEADER)" if kind == "csv" else
                         f"COPY {name} TO '{files / name}.{kind}'")  # fmt: skip
    return {"files": str(files)}


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "csv", "parquet", "postgres"])
def test_one_s_own_system_from_every_origin(
    kind: str, own: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    given = source(kind, tmp_path, request)
    if kind == "parquet":
        text = OWN.replace("[inputs.account]", '[inputs.account]\nfile = "account.parquet"')
        (own / "system.toml").write_text(
            text.replace("[inputs.move]", '[inputs.move]\nfile = "move.parquet"')
        )
    made = connect(str(own), to=str(tmp_path / "out"), lists=True, **given)
    ledger = {row["entry_id"]: row for row in rows_of(tmp_path / "out", "ledger")}
    assert set(ledger) == {"m1", "m2", "m3"}
    assert (ledger["m1"]["amount"], ledger["m3"]["amount"]) == (Decimal(10), Decimal(500))
    assert ledger["m1"]["occurred_at"] == datetime(2026, 1, 2, 1)  # 20:00 in New York
    assert ledger["m2"]["occurred_at"] == datetime(2026, 7, 1, 4)  # in summer
    assert [ledger[one]["description"] for one in ("m1", "m3")] == ["by hand", None]
    assert not made.differences
    (left,) = made.left_out
    assert (left.input, left.rows, left.amount, left.keys) == ("move", 1, Decimal(77), ("4",))
    assert not connect(str(own), to=str(tmp_path / "out"), lists=True, **given).written


def test_a_query_of_the_database_is_an_input(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.commit()
    query = "SELECT *, 100 * 1 AS x FROM move WHERE note LIKE '%hand%' -- percent"
    (own / "system.toml").write_text(
        OWN.replace("[inputs.move]", f'[inputs.move]\nquery = "{query}"')
    )
    with pytest.raises(SourceError, match=r"mend|check"):  # a comment hides the parenthesis
        connect(str(own), str(tmp_path / "own.sqlite"), check=True)
    (own / "system.toml").write_text(
        OWN.replace("[inputs.move]", f'[inputs.move]\nquery = "{query.partition(" --")[0]}"')
    )
    assert connect(str(own), str(tmp_path / "own.sqlite"), check=True).read["move"] == 1


def test_every_fault_of_a_mapping_is_said_at_once(own: Path) -> None:
    text = OWN.replace('"decimal"', '"decimel"').replace('key = "id"', 'keey = "id"', 1)
    (own / "system.toml").write_text(text.replace('amount = "cents"', 'amount = "cent"'))
    (own / "packges.sql").write_text("SELECT 1")
    (own / "ledger.sql").unlink()
    with pytest.raises(MappingError) as raised:
        load_system(str(own))
    said = str(raised.value)
    for words in (
        "'decimel' is no type of a column",
        "there is no such setting; did you mean key?",
        "amount 'cent' is none of its columns; did you mean cents?",
        "packges.sql is none of its SELECTs; did you mean packages.sql?",
        "ledger.sql is missing",
    ):
        assert words in said, said


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("datetime", "names no zone"),
        ("datetime@Europe/Belin", "there is no zone"),
        ("minor", "needs the column of the currency"),
        ("int@UTC", "only datetime has a format or a zone"),
        ("", "is no type of a column"),
    ],
)
def test_a_type_that_is_none_is_said(given: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ColumnType.parse(given)


def test_tables_and_columns_that_are_missing_are_named_first(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        written.execute("CREATE TABLE accounts (id, code, cur, opened, helt)")
        written.execute("CREATE TABLE move (id, account, moment, what, cents, curr)")
    with pytest.raises(MappingError) as raised:
        connect(str(own), str(tmp_path / "own.sqlite"), check=True)
    said = str(raised.value)
    assert "has no account; did you mean accounts?" in said
    assert "move has no column cur; did you mean curr?" in said


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("ledger", LEDGER.replace("kind", "kint"), r"no column kind; is kint meant\?"),
        ("ledger", LEDGER.replace("cents AS amount", "cents::DOUBLE AS amount"), "not exact"),
        ("ledger", LEDGER.replace("note AS description", "note AS recorded_at"), "recorded_at"),
        ("ledger", LEDGER.replace("FROM move", "FROM moves"), "moves"),
        ("clients", CLIENTS.replace("'client'", "NULL"), "gives null"),
        ("ledger", LEDGER.replace("'m' || id", "'drift:' || id"), "connect itself"),
        ("ledger", LEDGER.replace("cents AS", "cents / 7 * 3.000000001::DECIMAL(12,9) AS"), ""),
        ("balances", BALANCES + " UNION ALL " + BALANCES, "a client more than once"),
        ("ledger", LEDGER.replace("moment AS", "'31.01.2026' AS"), "occurred_at as VARCHAR"),
        ("ledger", LEDGER.replace("cents AS amount", "'x' AS amount"), "amount as VARCHAR"),
        ("clients", CLIENTS.replace("opened AS", "code AS"), r"created_at as VARCHAR \('Ann'\)"),
        ("clients", CLIENTS.replace("'client'", "'customer'"), "no type of a client"),
        (
            "ledger",
            LEDGER.replace("'move' AS", "'moves' AS"),
            "no input 'moves'; did you mean move",
        ),
        ("ledger", LEDGER + ";SELECT 1", "has 2 statements"),
    ],
)
def test_what_a_select_gives_is_checked(
    name: str, text: str, words: str, own: Path, tmp_path: Path
) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.commit()
    (own / f"{name}.sql").write_text(text)
    with pytest.raises((MappingError, DataError), match=words):
        connect(str(own), str(tmp_path / "own.sqlite"), check=True)


def test_a_value_of_another_type_is_named_with_its_row(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.execute("UPDATE move SET cents = '12,50' WHERE id = 2")
        written.execute("UPDATE move SET moment = '31.12.2026' WHERE id = 3")
        written.commit()
    with pytest.raises(DataError) as raised:
        connect(str(own), str(tmp_path / "own.sqlite"), check=True)
    said = str(raised.value)
    assert "move.cents: not a number of the type minor in 1 row (2): '12,50 USD'" in said
    assert "move.moment: not an instant of the type datetime in 1 row (3): '31.12.2026'" in said


def value(kind: str, text: str | None, style: Style = PLAIN) -> object:
    """How a text is read."""
    column = ColumnType.parse(kind, style)
    engine = duckdb.connect()
    engine.execute("SET TimeZone = 'UTC'")
    row = engine.execute(
        f"SELECT {column.read('g')} FROM (SELECT {column.given('t')} AS g FROM (SELECT ? AS t))",
        [text],
    ).fetchone()
    assert row is not None
    return row[0]


@pytest.mark.parametrize(
    ("kind", "text", "read"),
    [
        ("int", "12", 12), ("int", " 7 ", 7), ("int", "1.5", None), ("int", "1_000", None),
        ("int", "0x1F", None), ("int", "", None), ("int", "9223372036854775808", None),
        ("decimal", "1.25", Decimal("1.25")), ("decimal", "-.5", Decimal("-0.5")),
        ("decimal", "1e3", Decimal(1000)), ("decimal", "1.0000000000000", Decimal(1)),
        ("decimal", "0.0000000000001", None), ("decimal", "1e-13", None), ("decimal", "nan", None),
        ("decimal", "1,5", None), ("decimal", "1-2", None), ("decimal", "inf", None),
        ("decimal", "12345678901234567890123456.123456789012",
         Decimal("12345678901234567890123456.123456789012")),
        ("float32", "108.99990081787109", Decimal("108.9999")),
        ("float32", "0.012299999594688416", Decimal("0.0123")),
        ("float32", "1e-07", Decimal("1e-7")),
        ("float32", "16777216", Decimal(16777216)), ("float32", "nan", None),
        ("unix", "1767225600", datetime(2026, 1, 1)), ("unix", "0", None),
        ("unix", "0.000000", None),
        ("unix", "1767225600.5", datetime(2026, 1, 1, 0, 0, 0, 500_000)),
        ("unix", "-1.5", datetime(1969, 12, 31, 23, 59, 58, 500_000)), ("unix", "soon", None),
        ("datetime@UTC", "2026-01-05 10:15", datetime(2026, 1, 5, 10, 15)),
        ("datetime@UTC", "0000-00-00 00:00:00", None),
        ("datetime@Europe/Berlin", "2026-07-01", datetime(2026, 6, 30, 22)),
        ("datetime@Europe/Berlin", "2026-07-01T00:00:00Z", datetime(2026, 7, 1)),
        ("datetime@Europe/Berlin", "2026-07-01 00:00:00-03:00", datetime(2026, 7, 1, 3)),
        ("datetime@Europe/Berlin", "2026-10-25 02:30:00", datetime(2026, 10, 25, 1, 30)),
        ("datetime@UTC", "2026-02-30 00:00:00", None), ("datetime@UTC", "yesterday", None),
        ("datetime:%d/%m/%Y %H:%M@UTC", "05/01/2026 10:15", datetime(2026, 1, 5, 10, 15)),
        ("datetime:%d/%m/%Y@UTC", "2026-01-05", None),
        ("text", "", ""), ("text", "x", "x"),
    ],
)  # fmt: skip
def test_text_is_read_exactly_or_not_at_all(kind: str, text: str, read: object) -> None:
    assert value(kind, text) == read


def test_numbers_and_months_are_read_as_a_file_declares_them() -> None:
    months = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"
    german = Style(",", ".", tuple(months.split()))
    assert value("decimal", "1.234,50", german) == Decimal("1234.50")
    assert value("decimal", "-12,5", german) == Decimal("-12.5")
    assert value("decimal", "1.5", german) is None  # a point groups thousands, by three
    assert value("decimal", "1234.50", german) is None
    assert value("datetime:%d. %B %Y@UTC", "5. märz 2026", german) == datetime(2026, 3, 5)


def test_minor_units_are_those_of_iso_4217() -> None:
    engine = duckdb.connect()
    for code, units in (("USD", "12.34"), ("JPY", "1234"), ("KWD", "1.234"), ("eur", "12.34")):
        row = engine.execute(f"SELECT {major_units('1234::DECIMAL(38,12)', repr(code))}").fetchone()
        assert row == (Decimal(units),), code
    unknown = engine.execute(f"SELECT {major_units('1::DECIMAL(38,12)', repr('XXX'))}").fetchone()
    assert unknown == (None,)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hidden@127.0.0.1:1/db", "cannot be opened"),
        ("mysql://u:hidden@127.0.0.1:1", "names no database"),
        ("mysql://u:hidden@127.0.0.1:1/db?ssl=hid", "options that there are not"),
        ("mysql:/u:hidden@127.0.0.1/db", "it is no database"),
        ("mysql://u:hid?hidden@127.0.0.1/db", "the URL"),
        ("mysql://u:hid/hidden@127.0.0.1/db", "the URL cannot be read"),
        ("mysql://u:[hidden@127.0.0.1/db", "the URL cannot be read"),
        ("postgresql://u:hidden@127.0.0.1:1/db", "cannot be opened"),
        ("oracle://u:hidden@127.0.0.1/db", "cannot be opened"),
        ("none.sqlite", "there is no such database"),
        ("notes.txt", "it is no database"),
    ],
)
def test_what_cannot_be_opened_is_said_without_its_password(url: str, words: str) -> None:
    with pytest.raises(SourceError, match=words) as raised:
        open_origin(url)
    assert "hid" not in str(raised.value)


def test_what_goes_not_together_is_said(tmp_path: Path) -> None:
    with pytest.raises(CallError, match="--from"):
        connect("magnusbilling", to=str(tmp_path / "out"))
    with pytest.raises(CallError, match=r"--to.*or --check"):
        connect("magnusbilling", "a.sqlite")
    with pytest.raises(QueryError, match="did you mean EUR"):
        connect("magnusbilling", "a.sqlite", check=True, currency="€")
    with pytest.raises(QueryError, match="created, horizon, none"):
        connect("magnusbilling", "a.sqlite", check=True, opening="never")
    with pytest.raises(CallError, match="not both"):
        connect("magnusbilling", "a.sqlite", files=".", check=True)
    with pytest.raises(MappingError, match="did you mean magnusbilling"):
        connect("magnusbiling", "a.sqlite", check=True)


def test_every_built_in_mapping_can_be_loaded() -> None:
    assert set(built_in()) == {"astpp", "bank", "cdr", "magnusbilling", "stripe"}
    for name in built_in():
        assert load_system(name).described.title


def test_what_is_odd_is_noted(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.execute(
            "INSERT INTO move VALUES (9, 77, '2026-01-05', 'refill', '100', 'USD', NULL)"
        )
        written.execute("CREATE TABLE spare (id INTEGER)")
        written.commit()
    (own / "system.toml").write_text(OWN + '[inputs.spare]\ncolumns = { id = "int" }\n')
    (own / "balances.sql").write_text(BALANCES + " WHERE id = 1 UNION ALL SELECT 5, 1")
    (own / "ledger.sql").write_text(LEDGER.replace("'move' AS input, row_id, ", ""))
    made = connect(str(own), str(tmp_path / "own.sqlite"), check=True, currency="EUR")
    said = "\n".join(made.notes)
    for words in (
        "1 entry of clients that clients.sql does not give (77), 1",
        "balances.sql gives clients that clients.sql does not: 5",
        "1 client has no stored balance to compare",
        "1 client in JPY: taken for EUR, as --currency says; nothing is converted",
        "input spare is read, and is in no SELECT",
        "ledger.sql gives no input and row_id",
    ):
        assert words in said, said


def test_an_input_that_may_be_missing_is_empty(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.execute("DROP TABLE move")
        written.commit()
    text = OWN.replace("[inputs.move]\n", "[inputs.move]\noptional = true\n")
    (own / "system.toml").write_text(text)
    made = connect(str(own), str(tmp_path / "own.sqlite"), check=True)
    assert made.tables["ledger"] == 0 and "ledger.sql gives no entry" in made.notes


def test_what_decides_no_entry_may_change(own: Path, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "own.sqlite")) as written:
        tables(written)
        written.commit()
    source, out = str(tmp_path / "own.sqlite"), str(tmp_path / "out")
    connect(str(own), source, to=out)
    (own / "left_out.sql").write_text(
        "SELECT 'move' AS input, row_id, 'void' AS reason FROM move WHERE what = 'void'"
    )
    made = connect(str(own), source, to=out)
    assert [one.reason for one in made.left_out] == ["void"]
    (own / "ledger.sql").write_text(LEDGER.replace("'m' ||", "'n' ||"))
    with pytest.raises(SourceError, match="with another mapping"):
        connect(str(own), source, to=out)
