"""MagnusBilling's tables, and what the system does to them: to play it, for the demo and tests."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from custdyn_widgets.connections.system import load_system

BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 365
STORED = Decimal("0.0001")
"""The last digit of a stored balance."""
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


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
