"""The balance check: what the system stores for each client, against what it records."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from custdyn_widgets.connections.mapping_types import AMOUNT
from custdyn_widgets.model.cells import shown

MUCH = 100
"""Last digits of a stored balance that one asks about, even if rounding may explain them."""
HEADER = (
    "client_id",
    "name",
    "currency",
    "stored",
    "recorded",
    "difference",
    "entries",
    "last_entry",
)


@dataclass(frozen=True)
class Difference:
    """A client whose stored balance is not the sum of what is recorded.

    `difference` is stored − recorded, in the client's currency; `last_entry` is UTC, None for a
    client without entries. `digit`: the last digit of a stored balance (0: all are shown).
    """

    client_id: str
    name: str
    currency: str
    stored: Decimal
    recorded: Decimal
    difference: Decimal
    entries: int
    last_entry: datetime | None
    digit: Decimal = Decimal(0)

    @property
    def figures(self) -> str:
        """`stored 20.2661, recorded −9.7339`, to the last digit that is stored."""
        return f"stored {number(self.stored)}, recorded {number(self._whole(self.recorded))}"

    def _whole(self, amount: Decimal) -> Decimal:
        return amount.quantize(self.digit, ROUND_HALF_UP) if self.digit else amount

    @property
    def hint(self) -> str:
        """What the difference looks like; nothing where it is no known kind."""
        near = self.entries * self.digit / 2
        turned = self.stored and abs(self.stored + self.recorded) <= near
        return "twice the balance: is its sign turned?" if turned else ""

    def __str__(self) -> str:
        named = f" ({self.name})" if self.name != self.client_id else ""
        hint = f"; {self.hint}" if self.hint else ""
        difference = number(self._whole(self.difference))
        return (
            f"client {self.client_id}{named}: {self.figures}, difference {difference} "
            f"{self.currency}{hint}"
        )

    def line(self) -> tuple[str, ...]:
        """A line of CSV; see HEADER."""
        last = "" if self.last_entry is None else f"{self.last_entry:%Y-%m-%d %H:%M:%S}"
        money = (plain(one) for one in (self.stored, self.recorded, self.difference))
        return (self.client_id, self.name, self.currency, *money, str(self.entries), last)


def number(amount: Decimal) -> str:
    """An amount as it is read: every decimal that it has, and a real minus."""
    return shown(Decimal(plain(amount))).replace("-", "−")


def plain(amount: Decimal) -> str:
    """An amount with no more decimals than it has."""
    text = f"{amount:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def differences(engine: duckdb.DuckDBPyConnection, rounding: Decimal) -> Iterator[Difference]:
    """Clients whose balance differs by more than their entries may be off, the largest first.

    `rounding`: how far each entry may be off the stored balance, half of its last digit.
    """
    return _compared(engine, rounding, f"> entries * CAST(? AS {AMOUNT})")


def furthest(engine: duckdb.DuckDBPyConnection, rounding: Decimal) -> Difference | None:
    """The client whose balance differs most by what its entries may be off, if that is much."""
    near = f"BETWEEN {2 * MUCH} * {rounding:f} AND entries * CAST(? AS {AMOUNT})"
    return next(_compared(engine, rounding, near), None) if rounding else None


def _compared(
    engine: duckdb.DuckDBPyConnection, rounding: Decimal, how: str
) -> Iterator[Difference]:
    """Clients whose balance differs so, the largest first."""
    rows = engine.execute(
        "WITH sums AS (SELECT client_id, sum(amount) AS amount, count(*) AS entries, "
        "max(occurred_at) AS last_at FROM ledger GROUP BY client_id), compared AS ("
        "SELECT client_id, coalesce(c.name, client_id) AS name, coalesce(c.currency, '') AS "
        f"currency, b.balance, coalesce(s.amount, 0)::{AMOUNT} AS recorded, "
        "coalesce(s.entries, 0) AS entries, s.last_at FROM stored b "
        "LEFT JOIN sums s USING (client_id) LEFT JOIN clients c USING (client_id)) "
        f"SELECT client_id, name, currency, balance, recorded, (balance - recorded)::{AMOUNT}, "
        "entries, last_at FROM compared "
        f"WHERE abs(balance - recorded) {how} "
        "ORDER BY abs(balance - recorded) DESC, client_id",
        [str(rounding)],
    )
    digit = (rounding * 2).normalize()
    while (row := rows.fetchone()) is not None:
        client, name, currency, stored, recorded, by, entries, last = row
        yield Difference(client, name, currency, stored, recorded, by, entries, last, digit)
