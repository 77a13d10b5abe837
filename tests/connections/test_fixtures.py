"""Hand-made data on the systems' schemas: the ledger row by row, the report cell for cell."""

from __future__ import annotations

import csv
import io
import os
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets import Query, run
from custdyn_widgets.connections.connect import connect
from tests.support.billing import FOLDER, rows_of
from tests.support.mariadb import PASSWORD, MariaDB

TABLES = ("clients", "client_tags", "packages", "ledger")
QUERY = Query.model_validate(
    {
        "group_by": ["month", "package"],
        "currency": "USD",
        "client_type": "all",
        "period": {"from": "2026-01-01", "to": "2026-04-30"},
    }
)


@pytest.mark.parametrize("system", ["magnusbilling", "astpp"])
def test_hand_made_data_gives_every_row_and_every_cell(
    system: str, mariadb: MariaDB, tmp_path: Path
) -> None:
    url = mariadb.create(system, FOLDER / system / "tables.sql", FOLDER / system / "data.sql")
    made = connect(system, url, to=str(tmp_path / "out"), lists=True)
    compare(FOLDER / system, tmp_path / "out")
    assert not [one for one in made.left_out if not one.explained]
    again = connect(system, url, to=str(tmp_path / "out"), lists=True)
    assert not again.written


def test_stripe_s_exports_give_every_row_and_every_cell(tmp_path: Path) -> None:
    made = connect("stripe", files=str(FOLDER / "stripe"), to=str(tmp_path / "out"), lists=True)
    compare(FOLDER / "stripe", tmp_path / "out", FOLDER / "stripe" / "expected")
    assert [(one.rows, str(plain("amount", one.amount))) for one in made.left_out] == [
        (1, "-1E+2"),
        (1, "-2"),
    ]


def compare(place: Path, out: Path, tables: Path | None = None) -> None:
    """Holds what was written to the expected files."""
    for table in TABLES:
        text = ((tables or place) / f"{table}.csv").read_text("utf-8-sig")
        expected = list(csv.DictReader(io.StringIO(text)))
        names = list(expected[0])
        found = [{name: row.get(name) for name in names} for row in rows_of(out, table)]
        assert ordered(found) == ordered(expected), table
    report = run(QUERY, str(out), as_of="2026-05-01T00:00:00Z").to_csv()
    assert report.decode("utf-8-sig").replace("\r", "") == (
        place / "expected_report.csv"
    ).read_text("utf-8-sig").replace("\r", "")


def ordered(rows: list[dict[str, Any]]) -> list[list[tuple[str, Any]]]:
    """Rows as they are compared: amounts as numbers, nothing as empty text."""
    return sorted([(name, plain(name, value)) for name, value in row.items()] for row in rows)


def plain(name: str, value: object) -> object:
    """A value as it is compared."""
    if value is None or value == "":
        return ""
    return str(Decimal(str(value)).normalize()) if name in ("amount", "quantity") else str(value)


@pytest.mark.parametrize("system", ["magnusbilling", "astpp"])
def test_without_lists_no_file_holds_a_number_called_or_a_name(
    system: str, mariadb: MariaDB, tmp_path: Path
) -> None:
    data = FOLDER / system / "data.sql"
    url = mariadb.create(f"{system}_bare", FOLDER / system / "tables.sql", data)
    bare, whole = tmp_path / "bare", tmp_path / "whole"
    connect(system, url, to=str(bare))
    connect(system, url, to=str(whole), lists=True)
    secrets = {
        "magnusbilling": ("Acme", "Sub", "sub_bob", "5511999", "88216", "49303", "Voucher 777001"),
        "astpp": ("Acme", "Rita", "Family", "C22", "'4420'", "4930", "manual"),
    }[system]
    assert not {one for one in secrets if one in everything(bare)}
    assert {"Acme"} <= {one for one in secrets if one in everything(whole)}  # the control
    amounts = {row["entry_id"]: row["amount"] for row in rows_of(bare, "ledger")}
    assert amounts == {row["entry_id"]: row["amount"] for row in rows_of(whole, "ledger")}


def everything(folder: Path) -> str:
    """Every value in every file below a folder, with what is hidden."""
    import pyarrow.parquet as pq

    said = []
    for place, _, names in os.walk(folder, followlinks=False):
        for name in names:
            path = Path(place) / name
            if path.suffix == ".parquet":
                said.append(str(pq.read_table(path, partitioning=None).to_pylist()))
            elif path.is_file():
                said.append(path.read_text("utf-8"))
    return "\n".join(said)


def test_the_server_is_only_asked_to_select(mariadb: MariaDB, tmp_path: Path) -> None:
    data = FOLDER / "magnusbilling" / "data.sql"
    url = mariadb.create("only_select", FOLDER / "magnusbilling" / "tables.sql", data)
    before = len(mariadb.statements())
    made = connect("magnusbilling", url, to=str(tmp_path / "out"))
    sent = mariadb.statements()[before:]
    others = [one for one in sent if not one.startswith("SELECT ")]
    assert len(sent) > len(others) > 0
    allowed = ("SET NAMES utf8mb4", "SET SESSION time_zone", "SET AUTOCOMMIT = 0")
    session = (*allowed, "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    assert all(one.startswith(session) for one in others), others
    assert not [
        one for one in sent if "smtp" in one or "config_value FROM pkg_configuration" in one
    ]
    assert PASSWORD not in everything(tmp_path) + "\n".join(made.lines())
    assert "not to be read" not in everything(tmp_path)
