"""The ledger from one snapshot to the next: entries stay, and what changed is booked beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from custdyn_widgets.connections.column_types import AMOUNT
from custdyn_widgets.connections.mapping import NUMBER, columns_of

OPENINGS = ("created", "horizon", "none")
"""When opening balances are dated, or that none are booked."""
IDENTITY = ("client_id", "kind", "package_id", "occurred_at")
"""What an edit cannot change of an entry: it is taken back there, and booked again."""


@dataclass(frozen=True)
class Changes:
    """What a snapshot adds to the ledger (its table `additions`), in numbers.

    `edited`: entry ids whose row has changed at the source, with the difference, each; `gone`
    counts entries whose row is no longer there, and adds them up; they stay. `booked` clients
    got what is stored and not recorded: as an opening balance the first time, later as a drift.
    """

    first: bool

    added: int
    edited: tuple[tuple[str, Decimal], ...]
    gone: int
    gone_amount: Decimal
    booked: int
    booked_amount: Decimal

    @property
    def booked_as(self) -> str:
        """What is booked where more or less is stored than recorded."""
        return "opening balance" if self.first else "drift"


def follow(
    engine: duckdb.DuckDBPyConnection,
    parts: Sequence[Path],
    moment: datetime,
    *,
    lists: bool,
    opening: str,
) -> Changes:
    """Makes the table `additions`: the entries that the ledger (`parts`, none: the first) lacks.

    The table `ledger` has what the source says now, `stored` its stored balances.
    """
    names = [one.name for one in columns_of("ledger", lists=lists)]
    if parts:
        files = ", ".join("'" + str(one.resolve()).replace("'", "''") + "'" for one in parts)
        engine.execute(f"CREATE VIEW earlier AS SELECT * FROM read_parquet([{files}])")
        _number_again(engine)
    _name_entries(engine)
    edited: list[Any] = []
    gone = (0, Decimal(0))
    instant = moment.replace(tzinfo=None)
    if parts:
        _versions(engine)
        engine.execute(
            "CREATE TABLE additions AS SELECT * REPLACE (?::TIMESTAMP AS recorded_at) FROM "
            "(SELECT * FROM ledger ANTI JOIN earlier USING (entry_id))",
            [instant],
        )
        edited = _book_edits(engine, names, instant)
        found = engine.execute(
            f"SELECT count(*), coalesce(sum(amount), 0)::{AMOUNT} "
            "FROM versions ANTI JOIN ledger USING (entry_id)"
        ).fetchone()
        gone = found or gone
    else:
        engine.execute("CREATE TABLE additions AS SELECT * FROM ledger")
        engine.execute("CREATE VIEW earlier AS SELECT * FROM ledger WHERE false")
    added = _one(engine, "SELECT count(*) FROM additions WHERE NOT starts_with(entry_id, 'edit:')")
    booked = (0, Decimal(0))
    if opening != "none":
        booked = _book_balances(engine, names, instant, opening, first=not parts)
    return Changes(not parts, added, tuple(edited), *gone, *booked)


def keep_the_gone(
    engine: duckdb.DuckDBPyConnection, snapshot: Path | None, moment: datetime
) -> None:
    """Clients and packages that the source no longer has stay, the clients closed.

    A client without an instant of creation gets that of the first entry.
    """
    engine.execute(
        "UPDATE clients SET created_at = coalesce(f.first_at, (SELECT min(occurred_at) FROM "
        "additions), TIMESTAMP '1970-01-01') FROM (SELECT c.client_id, min(l.occurred_at) AS "
        "first_at FROM clients c LEFT JOIN (SELECT client_id, occurred_at FROM earlier UNION ALL "
        "SELECT client_id, occurred_at FROM additions) l USING (client_id) "
        "WHERE c.created_at IS NULL GROUP BY ALL) f WHERE clients.client_id = f.client_id"
    )
    if snapshot is None:
        return
    for name, replaced in (
        ("clients", " REPLACE (coalesce(closed_at, ?::TIMESTAMP) AS closed_at)"),
        ("packages", ""),
    ):
        file = str(snapshot / f"{name}.parquet").replace("'", "''")
        key = f"{name.removesuffix('s')}_id"
        engine.execute(
            f"INSERT INTO {name} BY NAME SELECT *{replaced} FROM read_parquet('{file}') "
            f"ANTI JOIN (SELECT {key} FROM {name}) USING ({key})",
            [moment.replace(tzinfo=None)] if replaced else [],
        )


def _name_entries(engine: duckdb.DuckDBPyConnection) -> None:
    """The number of an entry becomes the end of its id."""
    numbered = _one(engine, f"SELECT count(*) FROM ledger WHERE {NUMBER} IS NOT NULL")
    if numbered:
        engine.execute(
            f"UPDATE ledger SET entry_id = entry_id || ':' || {NUMBER} WHERE {NUMBER} IS NOT NULL"
        )
    engine.execute(f"ALTER TABLE ledger DROP COLUMN {NUMBER}")


def _number_again(engine: duckdb.DuckDBPyConnection) -> None:
    """Entries of one id keep the numbers that they have had: a late one gets the next."""
    engine.execute(
        f"CREATE TABLE repeated AS SELECT entry_id FROM ledger WHERE {NUMBER} IS NOT NULL "
        "GROUP BY entry_id HAVING count(*) > 1 UNION "
        "SELECT left(entry_id, -2) FROM earlier WHERE ends_with(entry_id, ':2') "
        f"INTERSECT SELECT entry_id FROM ledger WHERE {NUMBER} IS NOT NULL"
    )
    if not _one(engine, "SELECT count(*) FROM repeated"):
        return
    content = f"({', '.join(IDENTITY)}, amount)::VARCHAR"
    now: dict[str, list[tuple[int, str]]] = {}
    for base, number, said in engine.execute(
        f"SELECT entry_id, {NUMBER}, {content} FROM ledger SEMI JOIN repeated USING (entry_id) "
        f"ORDER BY entry_id, {NUMBER}"
    ).fetchall():
        now.setdefault(base, []).append((number, said))
    before: dict[str, dict[int, str]] = {}
    for base, number, said in engine.execute(
        r"SELECT base, number, content FROM (SELECT regexp_replace(entry_id, ':\d+$', '') AS base, "
        rf"TRY_CAST(regexp_extract(entry_id, ':(\d+)$', 1) AS BIGINT) AS number, {content} AS "
        "content FROM earlier) WHERE base IN (SELECT entry_id FROM repeated) ORDER BY base, number"
    ).fetchall():
        before.setdefault(base, {})[number] = said
    moves = [
        (base, number, place)
        for base, rows in now.items()
        for number, place in _matched(rows, before.get(base, {}))
        if number != place
    ]
    if moves:
        engine.execute("CREATE TABLE moves (entry_id VARCHAR, was BIGINT, place BIGINT)")
        engine.executemany("INSERT INTO moves VALUES (?, ?, ?)", moves)
        engine.execute(
            f"UPDATE ledger SET {NUMBER} = place FROM moves "
            f"WHERE ledger.entry_id = moves.entry_id AND {NUMBER} = was"
        )


def _matched(rows: Sequence[tuple[int, str]], before: dict[int, str]) -> list[tuple[int, int]]:
    """Number in this snapshot → number in the ledger: the same content first, then what is left."""
    free, found, rest = dict(before), [], []
    for number, said in rows:
        same = next((place for place, known in free.items() if known == said), None)
        if same is None:
            rest.append(number)
        else:
            del free[same]
            found.append((number, same))
    following = max(before, default=0)
    for number in rest:
        if free:
            place = min(free)
            del free[place]
        else:
            following += 1
            place = following
        found.append((number, place))
    return found


def _versions(engine: duckdb.DuckDBPyConnection) -> None:
    """The table `versions`: each source entry as the ledger has it now, edits added in.

    `edits`: the highest number of its edits, 0 for none.
    """
    own = "entry_id, client_id, kind, package_id, occurred_at, amount"
    plain = (
        f"SELECT {own}, 0::BIGINT AS edits FROM earlier WHERE NOT (starts_with(entry_id, 'edit:') "
        "OR starts_with(entry_id, 'opening:') OR starts_with(entry_id, 'drift:'))"
    )
    engine.execute(
        "CREATE TABLE edits AS SELECT * REPLACE "
        r"(regexp_replace(substr(entry_id, 6), ':\d+$', '') AS entry_id), "
        r"regexp_extract(entry_id, ':(\d+)$', 1)::BIGINT AS edits "
        f"FROM (SELECT {own} FROM earlier WHERE starts_with(entry_id, 'edit:'))"
    )
    if not _one(engine, "SELECT count(*) FROM edits"):
        engine.execute(f"CREATE VIEW versions AS {plain}")
        return
    engine.execute(
        f"CREATE TABLE versions AS SELECT * FROM ({plain}) ANTI JOIN edits USING (entry_id) "
        f"UNION ALL SELECT entry_id, client_id, kind, package_id, occurred_at, amount, edits FROM ("
        f"SELECT entry_id, client_id, kind, package_id, occurred_at, sum(amount)::{AMOUNT} AS "
        "amount, max(max(edits)) OVER (PARTITION BY entry_id) AS edits, max(edits) AS own "
        f"FROM (SELECT * FROM ({plain}) SEMI JOIN edits USING (entry_id) UNION ALL "
        f"SELECT {own}, edits FROM edits) "
        "GROUP BY entry_id, client_id, kind, package_id, occurred_at) WHERE own = edits"
    )


def _book_edits(
    engine: duckdb.DuckDBPyConnection, names: Sequence[str], instant: datetime
) -> list[tuple[str, Decimal]]:
    """Rows that say something else than before: the first version stays, the difference is added."""
    other = " OR ".join(f"n.{one} IS DISTINCT FROM v.{one}" for one in IDENTITY)
    engine.execute(
        f"CREATE TABLE changed AS SELECT n.*, v.edits, v.amount AS was, ({other}) AS moved, "
        f"{', '.join(f'v.{one} AS was_{one}' for one in IDENTITY)} "
        f"FROM ledger n JOIN versions v USING (entry_id) WHERE n.amount <> v.amount OR {other}"
    )
    same = {one: one for one in IDENTITY}
    back = {one: f"was_{one}" for one in IDENTITY}
    for where, number, amount, identity in (
        ("NOT moved", 1, "amount - was", same),
        ("moved", 1, "-was", back),
        ("moved", 2, "amount", same),
    ):
        values = {
            **{one: "NULL" for one in names},
            **identity,
            "entry_id": f"'edit:' || entry_id || ':' || (edits + {number})",
            "amount": amount,
            "recorded_at": "?::TIMESTAMP",
        }
        if "description" in names:
            values["description"] = "'edited at the source; it was ' || was::VARCHAR"
        listed = ", ".join(f"{values[one]} AS {one}" for one in names)
        engine.execute(
            f"INSERT INTO additions BY NAME SELECT {listed} FROM changed WHERE {where}", [instant]
        )
    return engine.execute(
        f"SELECT entry_id, (amount - was)::{AMOUNT} FROM changed ORDER BY entry_id"
    ).fetchall()


def _book_balances(
    engine: duckdb.DuckDBPyConnection,
    names: Sequence[str],
    instant: datetime,
    opening: str,
    *,
    first: bool,
) -> tuple[int, Decimal]:
    """What is stored and not recorded: once as an opening balance, later as a drift."""
    engine.execute(
        "CREATE TABLE sums AS SELECT client_id, sum(amount) AS amount, min(occurred_at) AS first_at "
        "FROM (SELECT client_id, amount, occurred_at FROM earlier UNION ALL "
        "SELECT client_id, amount, occurred_at FROM additions) GROUP BY client_id"
    )
    horizon = "(SELECT min(first_at) FROM sums)"
    dated = {
        "created": "least(created_at, first_at)",
        "horizon": f"least(greatest(created_at, {horizon}), first_at)",
    }[opening]
    since = f"coalesce({dated}, first_at, created_at, {horizon}, TIMESTAMP '1970-01-01')"
    kind = "opening" if first else "drift"
    values = {
        **{one: "NULL" for one in names},
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
        f"INSERT INTO additions BY NAME SELECT {listed} FROM stored b "
        "LEFT JOIN sums s ON s.client_id = b.client_id "
        "LEFT JOIN clients c ON c.client_id = b.client_id "
        "WHERE b.balance <> coalesce(s.amount, 0)"
    )
    found = engine.execute(
        f"SELECT count(*), coalesce(sum(amount), 0)::{AMOUNT} FROM additions "
        f"WHERE starts_with(entry_id, '{kind}:')"
    ).fetchone()
    return found or (0, Decimal(0))


def _one(engine: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = engine.execute(statement).fetchone()
    return int(found[0]) if found else 0
