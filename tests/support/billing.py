"""Billing systems that tests play: their rows in a MariaDB, and ASTPP by its own rules."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from custdyn_widgets.connections.system import load_system
from tests.support.mariadb import MariaDB

FOLDER = Path(__file__).parents[1] / "connections"
Row = dict[str, Any]
Tables = Mapping[str, Sequence[Row]]
START = datetime(2026, 1, 1, tzinfo=UTC)


def columns_of(system: str) -> dict[str, dict[str, str]]:
    """Table → column → type, of everything that is read."""
    found = {}
    for name, described in load_system(system).inputs.items():
        for table in described.tables(name):
            found[table] = {**described.columns, **described.lists}
    return found


def put(server: MariaDB, database: str, system: str, tables: Tables) -> str:
    """A database with these rows and no others; gives the reader's URL."""
    url = server.create(database, FOLDER / system / "tables.sql")
    if system == "magnusbilling":
        server.run("DROP TRIGGER charge_call", database)  # the rows have their credit
    fill(server, database, system, tables)
    return url


def fill(server: MariaDB, database: str, system: str, tables: Tables) -> None:
    """Replaces the rows of a database."""
    connection = server.connection(database)
    connection.autocommit(False)
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION time_zone = '+00:00', SESSION sql_mode = ''")
        for table, columns in columns_of(system).items():
            cursor.execute(f"DELETE FROM `{table}`")
            rows = [[row.get(name) for name in columns] for row in tables.get(table, [])]
            if rows:
                marks = ", ".join(
                    "FROM_UNIXTIME(%s)" if kind == "unix" else "%s" for kind in columns.values()
                )
                listed = ", ".join(f"`{name}`" for name in columns)
                cursor.executemany(f"INSERT INTO `{table}` ({listed}) VALUES ({marks})", rows)
    connection.commit()
    connection.close()


def rows_of(folder: Path | str, table: str) -> list[Row]:
    """The rows of a table that connect wrote."""
    place = Path(folder)
    parts = sorted((place / table).glob("*.parquet")) if table == "ledger" else []
    files = parts or [place / f"{table}.parquet"]
    return [row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()]


@dataclass
class Astpp:
    """The tables of an ASTPP, and what it does to them."""

    seed: int
    tables: dict[str, list[Row]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)  # noqa: S311 the same every time
        self.accounts: dict[int, Row] = {}
        self.tables = {name: [] for name in load_system("astpp").inputs}
        self.tables["system"].append({"name": "base_currency", "value": "USD", "reseller_id": 0})
        self.tables["pricelists"].append({"id": 1, "name": "default"})
        self.tables["products"] += [
            {"id": 1, "name": "Gold", "product_category": 1, "description": ""},
            {"id": 2, "name": "Refill 20", "product_category": 3, "description": ""},
        ]

    def account(self, at: datetime, *, reseller: int = 0, kind: int = 0, post: int = 0) -> int:
        """Creates an account; gives its id."""
        number = len(self.accounts) + 10
        self.accounts[number] = row = {
            "id": number, "reseller_id": reseller, "type": kind, "creation": _clock(at),
            "balance": Decimal(0), "posttoexternal": post, "deleted": 0,
            "deleted_date": "1000-01-01 00:00:00", "pricelist_id": 1, "number": f"C{number}",
            "first_name": "Given", "last_name": f"Family{number}", "company_name": "",
        }  # fmt: skip
        self.tables["accounts"].append(row)
        return number

    def detail(
        self,
        account: int,
        at: datetime,
        kind: str,
        *,
        debit: Decimal = Decimal(0),
        credit: Decimal = Decimal(0),
        item: int = 0,
        text: str = "",
        tax: int = 0,
    ) -> Row:
        """A row of invoice_details that moves the balance."""
        row = {
            "id": len(self.tables["invoice_details"]) + 1, "accountid": account,
            "order_item_id": item, "charge_type": kind, "is_tax": tax, "description": text,
            "debit": debit, "credit": credit, "created_date": _clock(at),
        }  # fmt: skip
        self.tables["invoice_details"].append(row)
        self._move(account, credit - debit)
        return row

    def call(self, account: int, at: datetime, debit: Decimal, kind: str = "STANDARD") -> Row:
        """A call; free minutes of a package show a debit, and move nothing."""
        number = len(self.tables["cdrs"])
        row = {
            "uniqueid": f"u{number}", "accountid": account, "call_direction": "outbound",
            "callstart": _clock(at), "debit": debit, "calltype": kind, "callednum": f"49{number}",
            "billseconds": 60,
        }  # fmt: skip
        self.tables["cdrs"].append(row)
        if kind != "FREE":
            self._move(account, -debit)
            reseller = self.accounts[account]["reseller_id"]
            if reseller in self.accounts:
                half = (debit / 2).quantize(Decimal("0.000001"))
                self.tables["reseller_cdrs"].append({**row, "accountid": reseller, "debit": half})
                self._move(reseller, -half)
        return row

    def order(self, account: int, at: datetime, months: int) -> None:
        """A package with tax, and its renewals."""
        number = len(self.tables["order_items"]) + 1
        self.tables["order_items"].append(
            {"order_id": number, "product_id": 1, "product_category": 1}
        )
        self.detail(account, at, "PACKAGE", debit=Decimal(12), item=number, text="Gold added")
        self.detail(account, at, "TAX", debit=Decimal("1.2"), item=number, tax=1)
        for month in range(1, months):
            text = "PACKAGE (Gold) has been renewed."
            when = at + timedelta(days=30 * month)
            self.detail(account, when, "PACKAGE", debit=Decimal(10), item=number, text=text)

    def invoice(self, account: int, at: datetime) -> None:
        """The invoice run's total of the calls, which moves nothing."""
        total = sum(
            (
                one["debit"]
                for one in self.tables["cdrs"]
                if one["accountid"] == account and one["calltype"] != "FREE"
            ),
            Decimal(0),
        )
        self.detail(account, at, "STANDARD", debit=total)
        self._move(account, total)

    def _move(self, account: int, amount: Decimal) -> None:
        row = self.accounts[account]
        signed = -amount if row["posttoexternal"] else amount
        row["balance"] = (row["balance"] + signed).quantize(Decimal("0.00001"), ROUND_HALF_UP)


def play_astpp(seed: int, clients: int) -> Astpp:
    """Half a year of a system; nothing is wrong with its records."""
    made = Astpp(seed)
    draw = made.draw
    resellers: list[int] = []
    for _ in range(clients):
        begin = START + timedelta(hours=draw.randrange(1000))
        kind = draw.choice((0, 0, 0, 0, 1, 5))
        reseller = draw.choice([0, *resellers]) if kind == 0 else 0
        account = made.account(begin, reseller=reseller, kind=kind, post=draw.random() < 0.2)
        if kind == 1:
            resellers.append(account)
        for _ in range(draw.randrange(4)):
            at = begin + timedelta(hours=draw.randrange(4000))
            made.detail(account, at, "REFILL", credit=Decimal(draw.randrange(5, 50)))
        for _ in range(draw.randrange(40)):
            at = begin + timedelta(seconds=draw.randrange(4000 * 3600))
            debit = Decimal(draw.randrange(1, 5_000_000)).scaleb(-6)
            made.call(account, at, debit, draw.choice(("STANDARD", "LOCAL", "BROADCAST", "FREE")))
        if draw.random() < 0.3:
            made.order(account, begin, draw.randrange(1, 5))
        if draw.random() < 0.5:
            made.invoice(account, begin + timedelta(days=170))
    return made


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"
