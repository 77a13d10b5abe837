"""What a mapping's tables must keep to: needed values are there, keys do not repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from custdyn_widgets.connections.canonical import FALLBACK, RESERVED
from custdyn_widgets.connections.mapping_types import AMOUNT
from custdyn_widgets.connections.sql import identifier, literal, types_of
from custdyn_widgets.connections.system import BALANCES, ROW
from custdyn_widgets.errors import DataFault
from custdyn_widgets.model.schema import CLIENT_TYPES, TABLES, Table


def data_faults(engine: duckdb.DuckDBPyConnection, inputs: Iterable[str]) -> Iterator[DataFault]:
    """Nulls where there must be a value, keys that repeat, amounts that are too fine."""
    for table in TABLES.values():
        yield from _nulls(engine, table)
        yield from _repeated(engine, table)
    yield from _multiplied_entries(engine, inputs)
    if double := engine.execute(
        "SELECT client_id FROM stored GROUP BY client_id HAVING count(*) > 1 ORDER BY 1"
    ).fetchall():
        what = f"{BALANCES}.sql gives a client more than once"
        ids = tuple(row[0] for row in double[:3])
        yield DataFault(BALANCES, "client_id", len(double), what, ids)
    ours = " OR ".join(f"starts_with(entry_id, {literal(one)})" for one in RESERVED)
    found = engine.execute(f"SELECT count(*), min(entry_id) FROM ledger WHERE {ours}").fetchone()
    if found and found[0]:
        what = f"ids that begin with {', '.join(RESERVED)} are those of connect itself"
        yield DataFault("ledger", "entry_id", found[0], what, value=found[1])
    given = types_of(engine, "from_ledger")
    if given["amount"].startswith("DECIMAL") and int(given["amount"].rpartition(",")[2][:-1]) > 12:
        found = engine.execute(
            f"SELECT count(*), min(entry_id::VARCHAR), min(amount)::VARCHAR FROM from_ledger "
            f"WHERE amount <> CAST(amount AS {AMOUNT})"
        ).fetchone()
        if found and found[0]:
            what, remedy = "more than 12 decimals", "round it in ledger.sql"
            yield DataFault("ledger", "amount", found[0], what, (found[1],), found[2], remedy)
    listed = ", ".join(literal(one) for one in CLIENT_TYPES)
    types = engine.execute(
        f"SELECT type, count(*) FROM clients WHERE type NOT IN ({listed}) GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for kind, count in types:
        remedy = f"one of {', '.join(CLIENT_TYPES)}"
        yield DataFault("clients", "type", count, "no type of a client", (), kind, remedy)
    odd = engine.execute(
        "SELECT currency, count(*) FROM clients "
        "WHERE NOT regexp_full_match(currency, '[A-Z]{3}') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for code, count in odd:
        what = "no code of a currency"
        remedy = "write its ISO code in clients.sql, or give --currency, which is that of all"
        yield DataFault("clients", "currency", count, what, value=code, remedy=remedy)


def _nulls(engine: duckdb.DuckDBPyConnection, table: Table) -> Iterator[DataFault]:
    """Columns that must have a value, and have none in some rows."""
    free = {name for of, name in FALLBACK if of == table.name} - {"currency"}
    names = [one.name for one in table.columns if one.required and one.name not in free]
    missing = ", ".join(f"count(*) - count({name})" for name in names)
    counts = engine.execute(f"SELECT {missing} FROM {table.name}").fetchone() or ()
    for name, count in zip(names, counts, strict=True):
        if count:
            what = f"{table.name}.sql gives null"
            remedy = "give it a value, or leave the row out"
            if name == "currency":
                remedy = "give --currency, the currency of all clients, or say it in clients.sql"
            ids = _rows_with_null(engine, table.name, name)
            yield DataFault(table.name, name, count, what, ids, remedy=remedy)


def _rows_with_null(engine: duckdb.DuckDBPyConnection, table: str, name: str) -> tuple[str, ...]:
    """Three rows of a mapping's SELECT that have no value, where it says which they are."""
    if not {ROW, name} <= set(types_of(engine, f"from_{table}")):
        return ()
    found = engine.execute(
        f"SELECT coalesce({ROW}::VARCHAR, 'a row without row_id') FROM from_{table} "
        f"WHERE {name} IS NULL ORDER BY 1 LIMIT 3"
    ).fetchall()
    return tuple(row[0] for row in found)


def _repeated(engine: duckdb.DuckDBPyConnection, table: Table) -> Iterator[DataFault]:
    """Keys that occur twice: a join that multiplies rows."""
    if table.name == "client_tags":
        return
    keys = ", ".join(table.key)
    rows = engine.execute(
        f"SELECT concat_ws(', ', {keys}), count(*) FROM {table.name} "
        f"WHERE {table.key[0]} IS NOT NULL GROUP BY {keys} HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
    ).fetchall()
    yield from _multiplied(table.name, table.key[0], rows)


def _multiplied_entries(
    engine: duckdb.DuckDBPyConnection, inputs: Iterable[str]
) -> Iterator[DataFault]:
    """Entries that may have one id, more of them than raw rows: a join that multiplies them."""
    for name in inputs:
        rows = engine.execute(
            f"SELECT entry_id, count(*) AS entries, {ROW} FROM repeated WHERE input = ? "
            f"GROUP BY entry_id, {ROW} HAVING entries > "
            f"(SELECT count(*) FROM {identifier(name)} i WHERE i.{ROW} = repeated.{ROW}) "
            "ORDER BY 1 LIMIT 100",
            [name],
        ).fetchall()
        yield from _multiplied("ledger", "entry_id", rows)


def _multiplied(table: str, column: str, rows: list[tuple[str, ...]]) -> Iterator[DataFault]:
    if rows:
        what, remedy = f"{table}.sql gives a key more than once", "does a join find several rows?"
        ids = tuple(row[0] for row in rows[:3])
        yield DataFault(table, column, len(rows), what, ids, remedy=remedy)
