"""What a mapping's tables must keep to: needed values are there, keys do not repeat."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from custdyn_widgets.connections.canonical import FALLBACK, RESERVED
from custdyn_widgets.connections.column_types import AMOUNT
from custdyn_widgets.connections.sql import identifier, types_of
from custdyn_widgets.connections.system import BALANCES, ROW
from custdyn_widgets.errors import DataFault
from custdyn_widgets.model.schema import TABLES, Column, Table


def data_faults(engine: duckdb.DuckDBPyConnection, inputs: Iterable[str]) -> Iterator[DataFault]:
    """Nulls where there must be a value, keys that repeat, amounts that are too fine."""
    for table in TABLES.values():
        for column in table.columns:
            free = (table.name, column.name) in FALLBACK and column.name != "currency"
            if column.required and not free:
                yield from _nulls(engine, table, column)
        yield from _repeated(engine, table)
    yield from _multiplied_entries(engine, inputs)
    if double := engine.execute(
        "SELECT client_id FROM stored GROUP BY client_id HAVING count(*) > 1 ORDER BY 1"
    ).fetchall():
        what = f"{BALANCES}.sql gives a client more than once"
        ids = tuple(row[0] for row in double[:3])
        yield DataFault(BALANCES, "client_id", len(double), what, ids)
    for prefix in RESERVED:
        found = engine.execute(
            "SELECT count(*), min(entry_id) FROM ledger WHERE starts_with(entry_id, ?)", [prefix]
        ).fetchone()
        if found and found[0]:
            what = f"ids that begin with {prefix} are those of connect itself"
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
    odd = engine.execute(
        "SELECT currency, count(*) FROM clients "
        "WHERE NOT regexp_full_match(currency, '[A-Z]{3}') GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    for code, count in odd:
        what, remedy = "no code of a currency", "give --currency, such as --currency USD"
        yield DataFault("clients", "currency", count, what, value=code, remedy=remedy)


def _nulls(engine: duckdb.DuckDBPyConnection, table: Table, column: Column) -> Iterator[DataFault]:
    count = engine.execute(
        f"SELECT count(*) FROM {table.name} WHERE {column.name} IS NULL"
    ).fetchone()
    if not count or not count[0]:
        return
    given = types_of(engine, f"from_{table.name}")
    ids: list[tuple[str]] = []
    if ROW in given and column.name in given:
        ids = engine.execute(
            f"SELECT coalesce({ROW}::VARCHAR, 'a row without row_id') FROM from_{table.name} "
            f"WHERE {column.name} IS NULL ORDER BY 1 LIMIT 3"
        ).fetchall()
    remedy = (
        "give --currency" if column.name == "currency" else "give it a value, or leave the row out"
    )
    yield DataFault(
        table.name,
        column.name,
        count[0],
        f"{table.name}.sql gives null",
        tuple(one[0] for one in ids),
        remedy=remedy,
    )


def _repeated(engine: duckdb.DuckDBPyConnection, table: Table) -> Iterator[DataFault]:
    """Keys that occur twice: a join that multiplies rows."""
    if table.name == "client_tags":
        return
    keys = ", ".join(table.key)
    rows = engine.execute(
        f"SELECT concat_ws(', ', {keys}), count(*) FROM {table.name} "
        f"GROUP BY {keys} HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
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
