"""The demo of a billing system: a year of a synthetic MagnusBilling, with planted faults."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np

from custdyn_widgets.connections.balances import plain
from custdyn_widgets.connections.magnusbilling import BEGIN, DAYS, MagnusBilling, Row
from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.system import load_system

SEED, CLIENTS = 7, 300
DATABASE = "mbilling.sqlite"
OURS = 0x63757374
"""SQLite's application_id of the file."""
FIVE = 5
"""The client whose refill is gone, and whose history is written here."""


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
    path = place / DATABASE
    if path.exists() and not _is_ours(path):
        raise FileExistsError(None, "it is there, and is no demo; give another folder", str(path))
    made = play(SEED, CLIENTS)
    plant(made)
    write_sqlite(made.tables, place / DATABASE)
    return DemoSystem(str(place / DATABASE), made.planted, made.calls)


def _is_ours(path: Path) -> bool:
    """Whether a file is a demo that was written before."""
    return path.read_bytes()[68:72] == OURS.to_bytes(4, "big")


def play(seed: int, clients: int) -> MagnusBilling:
    """A year of a system with that many clients; nothing is wrong with its records."""
    made = MagnusBilling(seed)
    draw = made.draw
    agents: list[int] = []
    for number in range(2, clients + 2):
        begin = BEGIN + timedelta(seconds=draw.randrange(DAYS * 21_600))
        if number == FIVE:
            made.user(BEGIN, name="Cafe Net")
            _history_of_five(made)
            continue
        kind = draw.random()
        if resold := bool(agents) and kind < 0.2:  # after its agent
            begin += timedelta(days=DAYS / 4)
        user = made.user(
            begin,
            agent=draw.choice(agents) if resold else 1,
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
        connection.execute(f"PRAGMA application_id = {OURS}")
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
