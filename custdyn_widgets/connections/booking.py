"""What is booked besides a source's own entries: edits, opening balances, drifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

import duckdb

from custdyn_widgets.connections.balances import number
from custdyn_widgets.connections.canonical import IDENTITY
from custdyn_widgets.connections.mapping_types import AMOUNT


@dataclass(frozen=True)
class Edit:
    """An entry whose row has changed: by how much, and, in words, what else (`moved`)."""

    entry_id: str
    difference: Decimal
    moved: str = ""

    def __str__(self) -> str:
        by = number(self.difference)
        return f"{self.entry_id}: {self.moved}, {by}" if self.moved else f"{self.entry_id} {by}"


def book_edits(
    engine: duckdb.DuckDBPyConnection, names: Sequence[str], instant: datetime
) -> list[Edit]:
    """Rows that say something else than before: the first version stays, with the difference."""
    moved = " OR ".join(f"now.{one} IS DISTINCT FROM was.{one}" for one in IDENTITY)
    engine.execute(
        f"CREATE TABLE changed AS SELECT entry_id, edits, now.*, was.amount AS was, ({moved}) AS "
        f"moved, {', '.join(f'was.{one} AS was_{one}' for one in IDENTITY)} FROM compared "
        "WHERE was IS NOT NULL AND now IS NOT NULL"
    )
    same = {one: one for one in IDENTITY}
    back = {one: f"was_{one}" for one in IDENTITY}
    for where, edit, amount, identity in (
        ("NOT moved", 1, "amount - was", same),
        ("moved", 1, "-was", back),
        ("moved", 2, "amount", same),
    ):
        values = {
            **dict.fromkeys(names, "NULL"),
            **identity,
            "entry_id": f"'edit:' || entry_id || ':' || (edits + {edit})",
            "amount": amount,
            "recorded_at": "?::TIMESTAMP",
        }
        if "description" in names:
            values["description"] = "'edited at the source; it was ' || was::VARCHAR"
        listed = ", ".join(f"{values[one]} AS {one}" for one in names)
        engine.execute(
            f"INSERT INTO booked BY NAME SELECT {listed} FROM changed WHERE {where}", [instant]
        )
    words = ", ".join(
        f"CASE WHEN {one} IS DISTINCT FROM was_{one} THEN concat('{one} ', coalesce(was_{one}::"
        f"VARCHAR, 'none'), ' → ', coalesce({one}::VARCHAR, 'none')) END"
        for one in IDENTITY
    )
    found = engine.execute(
        f"SELECT entry_id, (amount - was)::{AMOUNT}, concat_ws(', ', {words}) FROM changed "
        "ORDER BY entry_id"
    ).fetchall()
    return [Edit(entry, by, moved) for entry, by, moved in found]


def book_balances(
    engine: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    instant: datetime,
    opening: str,
    *,
    first: bool,
) -> tuple[int, Decimal]:
    """What is stored and not recorded: once as an opening balance, later as a drift."""
    engine.execute(
        "CREATE TABLE sums AS SELECT client_id, sum(amount) AS amount, "
        "min(occurred_at) AS first_at FROM (SELECT client_id, amount, occurred_at FROM earlier "
        "UNION ALL SELECT client_id, amount, occurred_at FROM additions) GROUP BY client_id"
    )
    horizon = "(SELECT min(first_at) FROM sums)"
    dated = {
        "created": "least(created_at, first_at)",
        "horizon": f"least(greatest(created_at, {horizon}), first_at)",
    }[opening]
    since = f"coalesce({dated}, first_at, created_at, {horizon}, TIMESTAMP '1970-01-01')"
    kind = "opening" if first else "drift"
    values = {
        **dict.fromkeys(names, "NULL"),
        "client_id": "b.client_id",
        "amount": f"b.balance - coalesce(s.amount, 0)::{AMOUNT}",
        "kind": f"'{kind}'",
        "entry_id": "'opening:' || b.client_id",
        "occurred_at": since,
    }
    if not first:
        said = f"{instant:%Y-%m-%d %H:%M:%S.%f}"
        values |= {
            "entry_id": f"'drift:' || b.client_id || ':{said}'",
            "occurred_at": f"TIMESTAMP '{said}'",
            "recorded_at": f"TIMESTAMP '{said}'",
        }
    if "description" in names:
        values["description"] = "'stored balance minus what is recorded'"
    listed = ", ".join(f"{values[one]} AS {one}" for one in names)
    engine.execute(
        f"INSERT INTO booked BY NAME SELECT {listed} FROM stored b "
        "LEFT JOIN sums s ON s.client_id = b.client_id "
        "LEFT JOIN clients c ON c.client_id = b.client_id "
        "WHERE b.balance <> coalesce(s.amount, 0)"
    )
    found = engine.execute(
        f"SELECT count(*), coalesce(sum(amount), 0)::{AMOUNT} FROM booked "
        f"WHERE starts_with(entry_id, '{kind}:')"
    ).fetchone()
    return found or (0, Decimal(0))
