"""Entries that may have one id get a number at its end, which they keep."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from custdyn_widgets.connections.canonical import IDENTITY, REPEATS, UNNAMED, columns_of
from custdyn_widgets.connections.system import ROW


def number_entries(engine: duckdb.DuckDBPyConnection, *, lists: bool) -> None:
    """Makes the view `ledger`: entries of an id that may repeat have a number at its end.

    They are numbered by what they say, not by their row, which changes where it is archived. The
    table `numbers` has those of ids that do repeat; of others it is 1.
    """
    content = ", ".join(one.name for one in columns_of("ledger", lists=lists))
    engine.execute(
        f"CREATE TABLE numbers AS SELECT entry_id, {ROW}, "
        f"row_number() OVER (PARTITION BY entry_id ORDER BY {content}, {ROW}) AS n FROM "
        f"(SELECT * FROM {UNNAMED} SEMI JOIN (SELECT entry_id FROM {UNNAMED} WHERE {REPEATS} "
        "GROUP BY entry_id HAVING count(*) > 1) USING (entry_id))"
    )
    named = f"CASE WHEN {REPEATS} THEN concat_ws(':', entry_id, coalesce(n, 1)) ELSE entry_id END"
    engine.execute(
        f"CREATE VIEW ledger AS SELECT * EXCLUDE ({REPEATS}, {ROW}, n) REPLACE ({named} AS "
        f"entry_id) FROM {UNNAMED} LEFT JOIN numbers USING (entry_id, {ROW})"
    )


def number_again(engine: duckdb.DuckDBPyConnection) -> None:
    """Entries of one id keep the numbers that they have had: a late one gets the next."""
    content = f"({', '.join(IDENTITY)}, amount)::VARCHAR"
    engine.execute(
        f"CREATE TABLE again AS SELECT entry_id, {ROW}, coalesce(n, 1) AS n, {content} AS content "
        f"FROM {UNNAMED} LEFT JOIN numbers USING (entry_id, {ROW}) WHERE {REPEATS} AND ("
        "entry_id IN (SELECT entry_id FROM numbers) OR entry_id IN "
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
