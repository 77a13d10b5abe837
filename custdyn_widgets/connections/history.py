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
from custdyn_widgets.connections.system import ROW
from custdyn_widgets.connections.mapping import REPEATS, UNNAMED, columns_of

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
    `edits` counts the entries that bring differences to others, of every snapshot, and adds them.
    """

    first: bool

    added: int
    edited: tuple[tuple[str, Decimal], ...]
    gone: int
    gone_amount: Decimal
    booked: int
    booked_amount: Decimal
    edits: int
    edits_amount: Decimal

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
    instant = moment.replace(tzinfo=None)
    edited: list[tuple[str, Decimal]] = []
    gone: tuple[int, Decimal] = (0, Decimal(0))
    if parts:
        files = ", ".join("'" + str(one.resolve()).replace("'", "''") + "'" for one in parts)
        engine.execute(f"CREATE VIEW earlier AS SELECT * FROM read_parquet([{files}])")
        _number_again(engine)
        _compare(engine)
        engine.execute(
            "CREATE TABLE fresh AS SELECT * REPLACE (?::TIMESTAMP AS recorded_at) FROM "
            "(SELECT * FROM ledger SEMI JOIN (SELECT entry_id FROM compared WHERE was IS NULL) "
            "USING (entry_id))",
            [instant],
        )
    else:
        engine.execute("CREATE VIEW earlier AS SELECT * FROM ledger WHERE false")
        engine.execute("CREATE VIEW fresh AS SELECT * FROM ledger")
    engine.execute("CREATE TABLE booked AS SELECT * FROM ledger WHERE false")
    engine.execute("CREATE VIEW additions AS FROM fresh UNION ALL BY NAME FROM booked")
    if parts:
        edited = _book_edits(engine, names, instant)
        found = engine.execute(
            f"SELECT count(*), coalesce(sum(was.amount), 0)::{AMOUNT} FROM compared WHERE now IS NULL"
        ).fetchone()
        gone = found or gone
    booked: tuple[int, Decimal] = (0, Decimal(0))
    if opening != "none":
        booked = _book_balances(engine, names, instant, opening, first=not parts)
    added = _one(engine, "SELECT count(*) FROM fresh")
    edits = engine.execute(
        f"SELECT count(*), coalesce(sum(amount), 0)::{AMOUNT} FROM "
        "(SELECT entry_id, amount FROM earlier UNION ALL SELECT entry_id, amount FROM booked) "
        "WHERE starts_with(entry_id, 'edit:')"
    ).fetchone()
    return Changes(not parts, added, tuple(edited), *gone, *booked, *(edits or (0, Decimal(0))))


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


def _number_again(engine: duckdb.DuckDBPyConnection) -> None:
    """Entries of one id keep the numbers that they have had: a late one gets the next."""
    content = f"({', '.join(IDENTITY)}, amount)::VARCHAR"
    engine.execute(
        f"CREATE TABLE again AS SELECT entry_id, {ROW}, coalesce(n, 1) AS n, {content} AS content "
        f"FROM {UNNAMED} LEFT JOIN numbers USING (entry_id, {ROW}) WHERE {REPEATS} AND (entry_id IN "
        "(SELECT entry_id FROM numbers) OR entry_id IN "
        "(SELECT left(entry_id, -2) FROM earlier WHERE ends_with(entry_id, ':2')))"
    )
    before: dict[str, dict[int, str]] = {}
    for base, number, said in engine.execute(
        r"SELECT base, number, content FROM (SELECT regexp_replace(entry_id, ':\d+$', '') AS base, "
        rf"TRY_CAST(regexp_extract(entry_id, ':(\d+)$', 1) AS BIGINT) AS number, {content} AS "
        "content FROM earlier) WHERE base IN (SELECT entry_id FROM again) ORDER BY base, number"
    ).fetchall():
        before.setdefault(base, {})[number] = said
    now: dict[str, list[tuple[str, str]]] = {}
    for base, row, said in engine.execute(
        f"SELECT entry_id, {ROW}, content FROM again ORDER BY entry_id, n"
    ).fetchall():
        now.setdefault(base, []).append((row, said))
    numbered = [
        (base, row, number)
        for base, rows in now.items()
        for row, number in _matched(rows, before.get(base, {}))
    ]
    if numbered:
        engine.execute("DELETE FROM numbers WHERE entry_id IN (SELECT entry_id FROM again)")
        engine.executemany("INSERT INTO numbers VALUES (?, ?, ?)", numbered)


def _matched(rows: Sequence[tuple[str, str]], before: dict[int, str]) -> list[tuple[str, int]]:
    """Row → its number in the ledger: the same content first, then what is left."""
    free, found, rest = dict(before), [], []
    for row, said in rows:
        same = next((place for place, known in free.items() if known == said), None)
        if same is None:
            rest.append(row)
        else:
            del free[same]
            found.append((row, same))
    following = max(before, default=0)
    for row in rest:
        if free:
            place = min(free)
            del free[place]
        else:
            following += 1
            place = following
        found.append((row, place))
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


def _compare(engine: duckdb.DuckDBPyConnection) -> None:
    """The table `compared`: entries that the ledger and the source do not say alike.

    `was` and `now` are what they say, null where there is no such entry.
    """
    _versions(engine)
    content = ", ".join((*IDENTITY, "amount"))
    engine.execute(
        "CREATE TABLE differing AS SELECT entry_id FROM "
        f"(SELECT entry_id, hash({content}) AS said FROM versions) v FULL JOIN "
        f"(SELECT entry_id, hash({content}) AS said FROM ledger) n USING (entry_id) "
        "WHERE v.said IS DISTINCT FROM n.said"
    )
    said = ", ".join(f"'{one}': {one}" for one in (*IDENTITY, "amount"))
    one, other = (
        f"(SELECT *, {{{said}}} AS said FROM {table} SEMI JOIN differing USING (entry_id))"
        for table in ("versions", "ledger")
    )
    engine.execute(
        "CREATE TABLE compared AS SELECT entry_id, v.edits, v.said AS was, n.said AS now "
        f"FROM {one} v FULL JOIN {other} n USING (entry_id)"
    )


def _book_edits(
    engine: duckdb.DuckDBPyConnection, names: Sequence[str], instant: datetime
) -> list[tuple[str, Decimal]]:
    """Rows that say something else than before: the first version stays, the difference is added."""
    moved = " OR ".join(f"now.{one} IS DISTINCT FROM was.{one}" for one in IDENTITY)
    engine.execute(
        f"CREATE TABLE changed AS SELECT entry_id, edits, now.*, was.amount AS was, ({moved}) AS "
        f"moved, {', '.join(f'was.{one} AS was_{one}' for one in IDENTITY)} FROM compared "
        "WHERE was IS NOT NULL AND now IS NOT NULL"
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
            f"INSERT INTO booked BY NAME SELECT {listed} FROM changed WHERE {where}", [instant]
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


def _one(engine: duckdb.DuckDBPyConnection, statement: str) -> int:
    found = engine.execute(statement).fetchone()
    return int(found[0]) if found else 0
