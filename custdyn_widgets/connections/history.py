"""The ledger from one snapshot to the next: entries stay, differences are booked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from custdyn_widgets.connections.booking import Edit, book_balances, book_edits
from custdyn_widgets.connections.canonical import IDENTITY, columns_of
from custdyn_widgets.connections.mapping_types import AMOUNT
from custdyn_widgets.connections.numbering import number_again
from custdyn_widgets.connections.sql import count, parquet
from custdyn_widgets.model.cells import many


@dataclass(frozen=True)
class Changes:
    """What a snapshot adds to the ledger (its table `additions`), in numbers.

    `edited`: entries whose row has changed at the source; `gone` counts entries whose row is no
    longer there, adds them up, and names three; they stay. `booked` clients
    got what is stored and not recorded: as an opening balance the first time, later as a drift.
    `edits` counts the entries that bring differences to others, of every snapshot, and adds them.
    """

    first: bool

    added: int
    edited: tuple[Edit, ...]
    gone: int
    gone_amount: Decimal
    gone_ids: tuple[str, ...]
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
    edited: list[Edit] = []
    gone: tuple[int, Decimal, list[str]] = (0, Decimal(0), [])
    if parts:
        engine.execute(f"CREATE VIEW earlier AS SELECT * FROM {parquet(parts)}")
        number_again(engine)
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
        edited = book_edits(engine, names, instant)
        found = engine.execute(
            f"SELECT count(*), coalesce(sum(was.amount), 0)::{AMOUNT}, "
            "coalesce(min(entry_id, 3), []) FROM compared WHERE now IS NULL"
        ).fetchone()
        gone = found or gone
    booked: tuple[int, Decimal] = (0, Decimal(0))
    if opening != "none":
        booked = book_balances(engine, names, instant, opening, first=not parts)
    added = count(engine, "fresh")
    edits = engine.execute(
        f"SELECT count(*), coalesce(sum(amount), 0)::{AMOUNT} FROM "
        "(SELECT entry_id, amount FROM earlier UNION ALL SELECT entry_id, amount FROM booked) "
        "WHERE starts_with(entry_id, 'edit:')"
    ).fetchone()
    return Changes(
        not parts,
        added,
        tuple(edited),
        gone[0],
        gone[1],
        tuple(gone[2]),
        *booked,
        *(edits or (0, Decimal(0))),
    )


def keep_the_gone(
    engine: duckdb.DuckDBPyConnection, snapshot: Path | None, moment: datetime
) -> list[str]:
    """Clients and packages that the source no longer has stay, the clients closed.

    A client without an instant of creation gets that of the first entry. Notes: clients whose
    currency is another than before, to which their earlier amounts are taken to belong.
    """
    known = "(SELECT client_id, occurred_at FROM earlier UNION ALL FROM "
    known += "(SELECT client_id, occurred_at FROM additions))"
    before = "(SELECT NULL AS client_id, NULL::TIMESTAMP AS created_at WHERE false)"
    if snapshot is not None:
        before = parquet([snapshot / "clients.parquet"])
    engine.execute(
        f"UPDATE clients SET created_at = coalesce((SELECT min(b.created_at) FROM {before} b "
        "WHERE b.client_id = clients.client_id), (SELECT min(k.occurred_at) FROM "
        f"{known} k WHERE k.client_id = clients.client_id), "
        f"(SELECT min(occurred_at) FROM {known}), TIMESTAMP '1970-01-01') WHERE created_at IS NULL"
    )
    if snapshot is None:
        return []
    changed = engine.execute(
        f"SELECT b.currency, c.currency, count(*) FROM {before} b JOIN clients c USING (client_id) "
        "WHERE b.currency <> c.currency GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for name, replaced in (
        ("clients", " REPLACE (coalesce(closed_at, ?::TIMESTAMP) AS closed_at)"),
        ("packages", ""),
    ):
        kept = parquet([snapshot / f"{name}.parquet"])
        key = f"{name.removesuffix('s')}_id"
        engine.execute(
            f"INSERT INTO {name} BY NAME SELECT *{replaced} FROM {kept} "
            f"ANTI JOIN (SELECT {key} FROM {name}) USING ({key})",
            [moment.replace(tzinfo=None)] if replaced else [],
        )
    return [
        f"{many(clients, 'client', 'clients')} in {was} before: their earlier amounts are taken "
        f"for {now}, too; nothing is converted"
        for was, now, clients in changed
    ]


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
    if not count(engine, "edits"):
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
