"""Entries that may have one id get a number at its end, which they keep."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from custdyn_widgets.connections.canonical import IDENTITY, REPEATS, UNNAMED, columns_of
from custdyn_widgets.connections.sql import count
from custdyn_widgets.connections.system import ROW


def number_entries(engine: duckdb.DuckDBPyConnection, *, lists: bool) -> None:
    """Makes the view `ledger`: entries of an id that may repeat have a number at its end.

    They are numbered by what they say, not by their row, which changes where it is archived. The
    table `repeated` has those of ids that do repeat, with their number `n`; of others it is 1.
    """
    content = ", ".join(one.name for one in columns_of("ledger", lists=lists))
    engine.execute(
        f"CREATE TABLE repeated AS SELECT *, row_number() OVER (PARTITION BY entry_id "
        f"ORDER BY {content}, {ROW}) AS n FROM {UNNAMED} SEMI JOIN (SELECT entry_id FROM {UNNAMED} "
        f"WHERE {REPEATS} GROUP BY entry_id HAVING count(*) > 1) USING (entry_id)"
    )
    _name_entries(engine)


def _name_entries(engine: duckdb.DuckDBPyConnection) -> None:
    plain = f"CASE WHEN {REPEATS} THEN entry_id || ':1' ELSE entry_id END"
    view = (
        f"SELECT * EXCLUDE ({REPEATS}, input, {ROW}) REPLACE ({plain} AS entry_id) FROM {UNNAMED}"
    )
    if count(engine, "repeated"):
        view += (
            " ANTI JOIN (SELECT DISTINCT entry_id FROM repeated) USING (entry_id) UNION ALL "
            f"SELECT * EXCLUDE ({REPEATS}, input, {ROW}, n) "
            "REPLACE (concat_ws(':', entry_id, n) AS entry_id) FROM repeated"
        )
    engine.execute(f"CREATE OR REPLACE VIEW ledger AS {view}")


def number_again(engine: duckdb.DuckDBPyConnection) -> None:
    """Entries of one id keep the numbers that they have had: a late one gets the next."""
    engine.execute(
        "CREATE TABLE repeated_before AS SELECT left(entry_id, -2) AS entry_id FROM earlier "
        "WHERE ends_with(entry_id, ':2') EXCEPT SELECT entry_id FROM repeated"
    )
    if count(engine, "repeated_before"):
        engine.execute(
            f"INSERT INTO repeated SELECT *, 1 FROM {UNNAMED} SEMI JOIN repeated_before "
            f"USING (entry_id) WHERE {REPEATS}"
        )
    if not count(engine, "repeated"):
        return
    content = f"({', '.join(IDENTITY)}, amount)::VARCHAR"
    before: dict[str, dict[int, str]] = {}
    for base, number, said in engine.execute(
        r"SELECT base, number, content FROM (SELECT regexp_replace(entry_id, ':\d+$', '') AS base, "
        rf"TRY_CAST(regexp_extract(entry_id, ':(\d+)$', 1) AS BIGINT) AS number, {content} AS "
        "content FROM earlier) WHERE base IN (SELECT entry_id FROM repeated) ORDER BY base, number"
    ).fetchall():
        before.setdefault(base, {})[number] = said
    now: dict[str, list[tuple[int, str]]] = {}
    for base, number, said in engine.execute(
        f"SELECT entry_id, n, {content} FROM repeated ORDER BY entry_id, n"
    ).fetchall():
        now.setdefault(base, []).append((number, said))
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
            "UPDATE repeated SET n = place FROM moves "
            "WHERE repeated.entry_id = moves.entry_id AND n = was"
        )
    _name_entries(engine)


def _matched(rows: Sequence[tuple[int, str]], before: dict[int, str]) -> list[tuple[int, int]]:
    """Number now → number in the ledger: the same content first, then what is left."""
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
