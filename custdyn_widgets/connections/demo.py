"""A synthetic MagnusBilling, played by its own rules, with faults planted in its records."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np

from custdyn_widgets.connections.balances import plain
from custdyn_widgets.connections.column_types import ColumnType
from custdyn_widgets.connections.system import load_system

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
STORED = Decimal("0.0001")
"""The last digit of a stored balance."""
SEED, CLIENTS = 7, 300
DATABASE = "mbilling.sqlite"
FIVE = 5
"""The client whose refill is gone, and whose history is written here."""
Row = dict[str, Any]


@dataclass
class MagnusBilling:
    """The tables of a system, and what it does to them: table → rows, by column.

    Instants are seconds since 1970. `planted`: client → what is wrong with its records.
    """

    seed: int
    tables: dict[str, list[Row]] = field(default_factory=dict)
    planted: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)  # noqa: S311 the same every time
        self.users: dict[int, Row] = {}
        self.calls = 0
        for name in load_system("magnusbilling").inputs:
            if name != "calls":
                self.tables[name] = []
        self.tables |= {"pkg_cdr": [], "pkg_cdr_archive": []}
        groups = ((1, "Administrator", 1), (2, "Agent", 2), (3, "Client", 3))
        for number, name, kind in groups:
            self._add("pkg_group_user", id=number, name=name, id_user_type=kind)
        self._add("pkg_plan", id=1, name="Retail")
        self._add("pkg_configuration", config_key="base_currency", config_value="USD")
        for number, label in enumerate(("Gold 100", "Silver 50"), 1):
            self._add("pkg_offer", id=number, label=label)
        self._add("pkg_services", name="Disk 10GB")

    def user(self, at: datetime, *, agent: int = 1, group: int = 3, name: str = "") -> int:
        """Creates a user; gives its id."""
        number = len(self.users) + 2
        self.users[number] = self._add(
            "pkg_user",
            id=number,
            id_user=agent,
            id_group=group,
            id_plan=1,
            credit=Decimal(0),
            active=1,
            creationdate=_seconds(at),
            callshop="0",
            callingcard_pin=100_000 + number,
            username=name or f"user{number}",
            firstname=name,
            lastname="",
        )
        return number

    def refill(self, user: int, at: datetime, amount: Decimal, text: str, paid: int = 1) -> Row:
        """A row of pkg_refill, and the credit that it moves."""
        row = self._add(
            "pkg_refill",
            id=len(self.tables["pkg_refill"]) + 1,
            id_user=user,
            date=_seconds(at),
            credit=amount,
            description=text,
            payment=paid,
        )
        self._move(user, amount)
        return row

    def call(self, user: int, at: datetime, price: Decimal, resale: Decimal = Decimal(0)) -> Row:
        """A call of `price`, which an agent's client pays `resale` for."""
        bill = np.float32(str(price))  # as pkg_cdr keeps it
        self.calls += 1
        number = self.calls
        row = self._add(
            "pkg_cdr",
            id=number,
            id_user=user,
            uniqueid=f"{_seconds(at)}.{number}",
            starttime=_seconds(at),
            sessionbill=float(bill),
            agent_bill=resale,
            sessiontime=self.draw.randrange(1, 900),
            calledstation=f"49{self.draw.randrange(10**8)}",
            sipiax=0,
        )
        exact = Decimal(float(bill))
        agent = self.users[user]["id_user"]
        if resale > 0 and agent in self.users:
            self._move(user, -resale)
            self._move(agent, -exact)
        else:
            self._move(user, -exact)
        return row

    def offer(self, user: int, at: datetime, number: int, label: str, price: Decimal) -> None:
        """A plan from an instant on: the first month is free, then it is charged every 30 days."""
        uses = self.tables["pkg_offer_use"]
        self._add(
            "pkg_offer_use",
            id=len(uses) + 1,
            id_user=user,
            id_offer=number,
            reservationdate=_seconds(at),
        )
        end = BEGIN + timedelta(days=DAYS)
        while (at := at + timedelta(days=30)) < end:
            self.refill(user, at, -price, f"Monthly payment Plan {label}")

    def archive(self, before: datetime) -> None:
        """Moves calls to the archive, where they get new ids."""
        old = [one for one in self.tables["pkg_cdr"] if one["starttime"] < _seconds(before)]
        self.draw.shuffle(old)
        kept = [one for one in self.tables["pkg_cdr"] if one["starttime"] >= _seconds(before)]
        self.tables["pkg_cdr"] = kept
        first = len(self.tables["pkg_cdr_archive"]) + 1
        self.tables["pkg_cdr_archive"] += [
            {**one, "id": number} for number, one in enumerate(old, first)
        ]

    def _move(self, user: int, amount: Decimal) -> None:
        credit = self.users[user]["credit"] + amount
        self.users[user]["credit"] = credit.quantize(STORED, ROUND_HALF_UP)

    def _add(self, table: str, **row: Any) -> Row:
        self.tables[table].append(row)
        return row


@dataclass(frozen=True)
class DemoSystem:
    """A system with faults: its file, what is wrong with whose records, and how many calls."""

    path: str
    planted: dict[int, str]
    calls: int


def demo_system(folder: str | Path) -> DemoSystem:
    """Writes a synthetic MagnusBilling of CLIENTS clients and a year, with faults, to a folder."""
    place = Path(folder).expanduser()
    place.mkdir(parents=True, exist_ok=True)
    made = play(SEED, CLIENTS)
    plant(made)
    write_sqlite(made.tables, place / DATABASE)
    return DemoSystem(str(place / DATABASE), made.planted, made.calls)


def play(seed: int, clients: int) -> MagnusBilling:
    """A year of a system with that many clients; nothing is wrong with its records."""
    made = MagnusBilling(seed)
    draw = made.draw
    agents: list[int] = []
    for number in range(2, clients + 2):
        begin = BEGIN + timedelta(seconds=draw.randrange(DAYS * 43_200))
        if number == FIVE:
            made.user(BEGIN, name="Cafe Net")
            _history_of_five(made)
            continue
        kind = draw.random()
        user = made.user(
            begin,
            agent=draw.choice(agents) if agents and kind < 0.2 else 1,
            group=2 if kind > 0.95 else 3,
            name=f"Client {number}",
        )
        if kind > 0.95:
            agents.append(user)
        _history(made, user, begin)
    made.archive(BEGIN + timedelta(days=180))
    return made


def _history(made: MagnusBilling, user: int, begin: datetime) -> None:
    """Refills, calls and a plan of a client."""
    draw = made.draw
    seconds = int((BEGIN + timedelta(days=DAYS) - begin).total_seconds())

    def instant() -> datetime:
        return begin + timedelta(seconds=draw.randrange(seconds))

    resold = made.users[user]["id_user"] != 1
    for _ in range(draw.randrange(1, 8)):
        made.refill(user, instant(), Decimal(draw.choice((10, 20, 25, 50))), "Refill")
    for _ in range(draw.randrange(0, 100)):
        price = Decimal(draw.randrange(1, 50_000)).scaleb(-4)
        made.call(user, instant(), price, price * 2 if resold else Decimal(0))
    if draw.random() < 0.3:
        number, label, monthly = draw.choice(((1, "Gold 100", "9.9"), (2, "Silver 50", "4.95")))
        made.offer(user, instant(), number, label, Decimal(monthly))
    if draw.random() < 0.1:
        made.refill(user, instant(), Decimal(-5), "Chargeback")


def _history_of_five(made: MagnusBilling) -> None:
    """A client with a service that it gave back."""
    day = timedelta(days=1)
    made.refill(FIVE, BEGIN + 4 * day, Decimal(30), "Refill")
    made.call(FIVE, BEGIN + 34 * day, Decimal("2.25"))
    made.refill(FIVE, BEGIN + 40 * day, Decimal(-5), "activation Service Disk 10GB")
    made.refill(FIVE, BEGIN + 68 * day, Decimal(-5), "Monthly payment Service Disk 10GB")
    text = "Return credit after cancellation. Service name Disk 10GB"
    made.refill(FIVE, BEGIN + 83 * day, Decimal("2.51613"), text)


def plant(made: MagnusBilling) -> None:
    """Breaks the records of four clients, and says how."""
    refills, calls = made.tables["pkg_refill"], made.tables["pkg_cdr"]

    def call(after: int) -> Row:
        taken = made.planted.keys()
        return next(
            one
            for one in calls[after:]
            if one["id_user"] not in taken
            and made.users[one["id_user"]]["id_user"] == 1
            and one["sessionbill"] > 1
        )

    gone = next(one for one in refills if one["id_user"] == FIVE)
    refills.remove(gone)
    made.planted[FIVE] = f"a refill of {plain(gone['credit'])} is gone"
    lost = call(10)
    calls.remove(lost)
    made.planted[lost["id_user"]] = f"a call of {_price(lost)} is lost"
    double = call(200)
    calls.append({**double, "id": max(one["id"] for one in calls) + 1, "uniqueid": "twice"})
    made.planted[double["id_user"]] = f"a call of {_price(double)} is recorded twice"
    changed = next(
        one for one in refills[400:] if one["id_user"] not in made.planted and one["credit"] == 25
    )
    changed["credit"] = Decimal(52)
    made.planted[changed["id_user"]] = "a refill of 25 was changed to 52"


def write_sqlite(tables: Mapping[str, list[Row]], path: Path) -> None:
    """The tables as an SQLite file, which is replaced. Amounts are text: they stay exact."""
    new = path.with_name(f".{path.name}.new")
    new.unlink(missing_ok=True)
    inputs = load_system("magnusbilling").inputs
    with closing(sqlite3.connect(new)) as connection:
        for table, rows in tables.items():
            described = inputs["calls" if table.startswith("pkg_cdr") else table]
            types = described.types(lists=True)
            columns = ", ".join(f'"{name}" {_affinity(kind)}' for name, kind in types.items())
            connection.execute(f'CREATE TABLE "{table}" ({columns})')
            marks = ", ".join("?" * len(types))
            connection.executemany(
                f'INSERT INTO "{table}" VALUES ({marks})',
                [[_kept(row.get(name)) for name in types] for row in rows],
            )
        connection.commit()
    new.replace(path)


def _affinity(kind: ColumnType) -> str:
    return {"int": "INTEGER", "unix": "INTEGER", "float32": "REAL"}.get(kind.name, "TEXT")


def _kept(value: object) -> object:
    return str(value) if isinstance(value, Decimal) else value


def _price(call: Row) -> str:
    return str(np.float32(call["sessionbill"]))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
