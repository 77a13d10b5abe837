"""SQLite: what its columns hold is not what they were declared with."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets import open_source

CLIENTS = (
    "create table clients (client_id, name, type, currency, created_at);"
    "insert into clients values (2, 'One', 'client', 'EUR', '2024-01-01');"
)
HEAD = "entry_id {0}, client_id {0}, occurred_at TEXT, kind TEXT, amount {1}"


def rows(file: Path, script: str) -> list[tuple[str, str, Decimal]]:
    """Ids and amounts of the ledger, as they are read."""
    with closing(sqlite3.connect(file)) as connection:
        connection.executescript(CLIENTS + script)
    with open_source(file, cache=False).reading() as snapshot:
        found = snapshot.fetch(snapshot.tables["ledger"]).to_pylist()
    return [(row["entry_id"], row["client_id"], row["amount"]) for row in found]


@pytest.mark.parametrize("declared", ["CHARINT", "POINT TEXT", "INTEGER", "REAL", "NUMERIC", ""])
def test_a_binary_float_keeps_its_digits(declared: str, tmp_path: Path) -> None:
    made = f"create table ledger ({HEAD.format('INTEGER', declared)});"
    made += "insert into ledger values (1, 2, '2024-01-02', 'refill', 12345678901234.56);"
    assert rows(tmp_path / "s.sqlite", made) == [("1", "2", Decimal("12345678901234.56"))]


@pytest.mark.parametrize("declared", ["INTEGER", "REAL", "TEXT", ""])
def test_ids_with_gaps_are_whole(declared: str, tmp_path: Path) -> None:
    made = f"create table ledger ({HEAD.format(declared, 'TEXT')});"
    made += "insert into ledger values (1, 2, '2024-01-02', 'refill', '1.5');"
    assert rows(tmp_path / "s.sqlite", made) == [("1", "2", Decimal("1.5"))]


def test_a_view_holds_more_than_its_first_part_says(tmp_path: Path) -> None:
    made = f"create table a ({HEAD.format('INTEGER', 'TEXT')});"
    made += f"create table b ({HEAD.format('REAL', 'REAL')});"
    made += "insert into a values (1, 2, '2024-01-02', 'refill', '0.25');"
    made += "insert into b values (3, 2, '2024-01-02', 'refill', 12345678901234.56);"
    made += "create view ledger as select * from a union all select * from b;"
    found = rows(tmp_path / "s.sqlite", made)
    assert sorted(found) == [("1", "2", Decimal("0.25")), ("3", "2", Decimal("12345678901234.56"))]
