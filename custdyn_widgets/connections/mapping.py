"""The SELECTs of a system, run over its raw snapshot, and what they must keep to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from custdyn_widgets.connections.column_types import AMOUNT
from custdyn_widgets.connections.raw import RawSnapshot
from custdyn_widgets.connections.system import BALANCES, LEFT_OUT, ROW, MappingError, System
from custdyn_widgets.errors import DataError, DataFault
from custdyn_widgets.model.schema import TABLES, Column, Reads, Table
from custdyn_widgets.sources.suggestions import meant

RECORDED = "recorded_at"
"""The column that says which snapshot saw an entry first: connect's own."""
REPEATS = "repeats"
"""The column of ledger.sql that is true where several entries may have one `entry_id`."""
ORIGIN_COLUMNS = ("input", ROW)
"""The columns that say which raw row a row was made of."""
UNNAMED = "unnamed_ledger"
"""The ledger before entries that may have one id are numbered."""
RESERVED = ("opening:", "drift:", "edit:")
"""What begins the ids of entries that `connect` makes itself."""
MEMORY = "240MB"
IN_NO_TABLE = "in no table, for no reason given"
_SQL = {
    Reads.ID: "VARCHAR",
    Reads.TEXT: "VARCHAR",
    Reads.INSTANT: "TIMESTAMP",
    Reads.DATE: "DATE",
    Reads.AMOUNT: AMOUNT,
    Reads.NUMBER: AMOUNT,
    Reads.WHOLE: "BIGINT",
}
_FALLBACK = {("clients", "name"), ("clients", "created_at"), ("clients", "currency")}
"""Required columns that need not be mapped: see `Mapped`."""


@dataclass(frozen=True)
class LeftOut:
    """Raw rows that came out in no table: which input, why, how many, their sum, three keys."""

    input: str
    reason: str
    rows: int
    amount: Decimal
    keys: tuple[str, ...]

    @property
    def explained(self) -> bool:
        """Whether left_out.sql gives the reason."""
        return self.reason != IN_NO_TABLE


@dataclass(frozen=True)
class Mapped:
    """The canonical tables in a DuckDB, each of its name, and what was used of each input.

    A client without a name is called by its id; one without an instant of creation has null.
    """

    connection: duckdb.DuckDBPyConnection
    used: dict[str, int]
    left_out: tuple[LeftOut, ...]


def locked_engine(folder: Path, readable: Sequence[Path]) -> duckdb.DuckDBPyConnection:
    """A DuckDB that reads files of these folders only, and whose settings cannot change.

    What does not fit its memory goes to `folder`.
    """
    engine = duckdb.connect()
    for name, value in {
        "TimeZone": "UTC",
        "memory_limit": MEMORY,
        "temp_directory": str(folder / "spill"),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "python_enable_replacements": "false",
        "preserve_insertion_order": "false",  # what is written is sorted
        "threads": "2",
    }.items():
        engine.execute(f"SET {name} = {_literal(value)}")
    places = ", ".join(_literal(f"{one.resolve()}/") for one in readable)
    engine.execute(f"SET allowed_directories = [{places}]")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def run_mapping(
    system: System,
    raw: RawSnapshot,
    engine: duckdb.DuckDBPyConnection,
    *,
    lists: bool,
    currency: str | None = None,
) -> Mapped:
    """Makes the tables of a system. Raises MappingError and DataError, each with every fault.

    `currency`: that of all clients, instead of the one that the mapping gives.
    """
    for name, files in raw.files.items():
        listed = ", ".join(_literal(str(one.resolve())) for one in files)
        engine.execute(f"CREATE VIEW {_quoted(name)} AS SELECT * FROM read_parquet([{listed}])")
    faults: list[str] = []
    for name, text in system.selects.items():
        try:
            _run(engine, name, text)
        except (ValueError, duckdb.Error) as error:
            faults.append(f"{name}.sql: {_words(error)}")
    for name in (*TABLES, LEFT_OUT, BALANCES):
        if name in system.selects and not faults:
            faults += _column_faults(engine, name)
    if faults:
        raise MappingError(system.name, faults)
    if currency is not None:
        engine.execute("CREATE MACRO given_currency() AS " + _literal(currency))
    balances = f"SELECT client_id, balance FROM from_{BALANCES} WHERE balance IS NOT NULL"
    if BALANCES not in system.selects:
        balances = "SELECT NULL AS client_id, NULL AS balance WHERE false"
    engine.execute(
        f"CREATE TABLE stored AS SELECT client_id::VARCHAR AS client_id, "
        f"balance::{AMOUNT} AS balance FROM ({balances})"
    )
    for name in TABLES:
        _canonical(engine, name, there=name in system.selects, lists=lists, currency=currency)
    if wrong := list(_data_faults(engine)):
        raise DataError(wrong)
    used, left_out = _accounted(system, raw, engine)
    return Mapped(engine, used, left_out)


def _run(engine: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    """A SELECT of the mapping becomes the table `from_NAME`. Raises ValueError for anything else."""
    found = duckdb.extract_statements(text)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise ValueError("it must be one SELECT")
    engine.execute(f"CREATE TABLE from_{name} AS {found[0].query.strip().rstrip(';')}")


def _column_faults(engine: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """Columns that are missing, unknown, or of a type that is not exact."""
    there = _types(engine, f"from_{name}")
    if name == LEFT_OUT:
        wanted, allowed = ("input", ROW, "reason"), ("input", ROW, "reason")
    elif name == BALANCES:
        wanted, allowed = ("client_id", "balance"), ("client_id", "balance")
    else:
        columns = TABLES[name].columns
        wanted = tuple(
            one.name for one in columns if one.required and (name, one.name) not in _FALLBACK
        )
        own = (one.name for one in columns if one.name != RECORDED)
        allowed = (*own, *ORIGIN_COLUMNS, REPEATS)
    for one in wanted:
        if one not in there:
            near = meant(one, [other for other in there if other not in allowed])
            yield f"{name}.sql gives no column {one}" + (f"; is {near} meant?" if near else "")
    for one in there:
        if one not in allowed:
            yield f"{name}.sql gives the column {one}, which {name} has not"
    for one in ("amount", "balance", "rate"):
        if there.get(one) in ("FLOAT", "DOUBLE"):
            yield (
                f"{name}.sql gives {one} as {there[one]}, which is not exact: declare its raw "
                "column as decimal or float32, and write no number with an exponent"
            )


def _types(engine: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {row[0]: row[1] for row in engine.execute(f"DESCRIBE {table}").fetchall()}


def _canonical(
    engine: duckdb.DuckDBPyConnection, name: str, *, there: bool, lists: bool, currency: str | None
) -> None:
    """The table with its own columns in their own types; of lists only where they are wanted."""
    given = _types(engine, f"from_{name}") if there else {}
    said = [
        f"{_column(name, one, given, currency)} AS {one.name}"
        for one in columns_of(name, lists=lists)
    ]
    source = f"FROM from_{name}" if there else "WHERE false"
    if name == "ledger":
        said.append(f"{REPEATS if REPEATS in given else 'false'} AS {REPEATS}")
        said.append(f"{ROW if ROW in given else 'NULL'}::VARCHAR AS {ROW}")
        engine.execute(f"CREATE VIEW {UNNAMED} AS SELECT {', '.join(said)} {source}")
        _number(engine, lists=lists)
        return
    distinct = "DISTINCT " if name == "client_tags" else ""
    engine.execute(f"CREATE TABLE {name} AS SELECT {distinct}{', '.join(said)} {source}")


def _number(engine: duckdb.DuckDBPyConnection, *, lists: bool) -> None:
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
    named = (
        f"CASE WHEN {REPEATS} THEN concat_ws(':', entry_id, coalesce(n, 1)) ELSE entry_id END"
    )
    engine.execute(
        f"CREATE VIEW ledger AS SELECT * EXCLUDE ({REPEATS}, {ROW}, n) REPLACE ({named} AS "
        f"entry_id) FROM {UNNAMED} LEFT JOIN numbers USING (entry_id, {ROW})"
    )


def columns_of(name: str, *, lists: bool) -> list[Column]:
    """The columns of a table that a folder has, with or without those that only lists show."""
    return [one for one in TABLES[name].columns if lists or not one.listed]


def _column(table: str, column: Column, given: dict[str, str], currency: str | None) -> str:
    kind = _SQL[column.reads]
    if (table, column.name) == ("clients", "currency") and currency is not None:
        return "given_currency()"
    if column.name not in given:
        value = "NULL"
    else:
        value = f"CAST({column.name} AS {kind})"
    if (table, column.name) == ("clients", "name"):
        value = f"COALESCE(NULLIF(trim({value}), ''), CAST(client_id AS VARCHAR))"
    return f"{value}::{kind}"


def _data_faults(engine: duckdb.DuckDBPyConnection) -> Iterator[DataFault]:
    """Nulls where there must be a value, keys that repeat, amounts that are too fine."""
    for table in TABLES.values():
        for column in table.columns:
            free = (table.name, column.name) in _FALLBACK and column.name != "currency"
            if column.required and not free:
                yield from _nulls(engine, table, column)
        yield from _repeated(engine, table)
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
    given = _types(engine, "from_ledger")
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
    key = f"from_{table.name}.{ROW}" if ROW in _types(engine, f"from_{table.name}") else None
    ids: list[Any] = []
    if key is not None and column.name in _types(engine, f"from_{table.name}"):
        ids = engine.execute(
            f"SELECT {key}::VARCHAR FROM from_{table.name} WHERE {column.name} IS NULL "
            "ORDER BY 1 LIMIT 3"
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
    if rows:
        what = f"{table.name}.sql gives a key more than once"
        yield DataFault(
            table.name,
            table.key[0],
            len(rows),
            what,
            tuple(row[0] for row in rows[:3]),
            remedy="does a join find several rows?",
        )


def _accounted(
    system: System, raw: RawSnapshot, engine: duckdb.DuckDBPyConnection
) -> tuple[dict[str, int], tuple[LeftOut, ...]]:
    """Every raw row of the inputs with an amount comes out in a table, or is left out."""
    parts = [
        f"SELECT input, CAST({ROW} AS VARCHAR) AS {ROW} FROM from_{name}"
        for name in system.selects
        if name in TABLES and set(ORIGIN_COLUMNS) <= set(_types(engine, f"from_{name}"))
    ]
    nothing = f"SELECT NULL::VARCHAR AS input, NULL::VARCHAR AS {ROW} WHERE false"
    engine.execute(f"CREATE VIEW used_rows AS {' UNION ALL '.join(parts) or nothing}")
    reasons = f"SELECT input, CAST({ROW} AS VARCHAR) AS {ROW}, reason FROM from_{LEFT_OUT}"
    if LEFT_OUT not in system.selects:
        reasons = f"SELECT *, NULL::VARCHAR AS reason FROM ({nothing})"
    used, left_out = {}, []
    for name, described in system.inputs.items():
        if name not in raw.files or not described.amount:
            continue
        found = engine.execute(
            f"WITH reasons AS (SELECT {ROW}, min(reason) AS reason FROM ({reasons}) "
            f"WHERE input = $name GROUP BY {ROW}) "
            f"SELECT coalesce(reason, $unexplained), count(*), "
            f"coalesce(sum({_quoted(described.amount)}), 0)::{AMOUNT}, min({ROW}, 3) "
            f"FROM (SELECT * FROM {_quoted(name)} ANTI JOIN "
            f"(SELECT {ROW} FROM used_rows WHERE input = $name) USING ({ROW})) "
            f"LEFT JOIN reasons USING ({ROW}) GROUP BY 1 ORDER BY 1",
            {"name": name, "unexplained": IN_NO_TABLE},
        ).fetchall()
        left_out += [LeftOut(name, row[0], row[1], row[2], tuple(row[3])) for row in found]
        used[name] = raw.rows(name) - sum(row[1] for row in found)
    return used, tuple(left_out)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _words(error: Exception) -> str:
    said = str(error).splitlines()
    line = next((one for one in said if one.startswith("LINE ")), "")
    return f"{said[0]} ({line})" if line else said[0]
