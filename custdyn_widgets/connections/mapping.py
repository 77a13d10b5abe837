"""The SELECTs of a system, run over its raw snapshot, and what they must keep to."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from custdyn_widgets.connections.canonical import (
    FALLBACK,
    ORIGIN_COLUMNS,
    RECORDED,
    REPEATS,
    UNNAMED,
    columns_of,
)
from custdyn_widgets.connections.faults import data_faults
from custdyn_widgets.connections.left_out import LeftOut, accounted, entries_of
from custdyn_widgets.connections.mapping_notes import notes_of
from custdyn_widgets.connections.mapping_types import AMOUNT
from custdyn_widgets.connections.numbering import number_entries
from custdyn_widgets.connections.raw import RawSnapshot
from custdyn_widgets.connections.sql import count, identifier, literal, parquet, types_of
from custdyn_widgets.connections.system import BALANCES, LEFT_OUT, ROW, MappingError, System
from custdyn_widgets.errors import DataError
from custdyn_widgets.model.schema import TABLES, Column, Reads
from custdyn_widgets.sources.suggestions import meant

MEMORY = "240MB"
_SQL = {
    Reads.ID: "VARCHAR",
    Reads.TEXT: "VARCHAR",
    Reads.INSTANT: "TIMESTAMP",
    Reads.DATE: "DATE",
    Reads.AMOUNT: AMOUNT,
    Reads.NUMBER: AMOUNT,
    Reads.WHOLE: "BIGINT",
}
_WHOLE = "U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?$"
TYPES = {
    Reads.INSTANT: "TIMESTAMP|DATE$",
    Reads.DATE: "DATE$",
    Reads.AMOUNT: f"DECIMAL|{_WHOLE}",
    Reads.NUMBER: f"DECIMAL|{_WHOLE}",
    Reads.WHOLE: _WHOLE,
}
"""What DuckDB may call the type of a column, by how it is read; others are text."""
DECLARED = {
    Reads.INSTANT: "datetime@ZONE or datetime:%d.%m.%Y@ZONE",
    Reads.DATE: "datetime@UTC, and cast it to DATE",
    Reads.AMOUNT: "decimal or float32, and write no number with an exponent",
    Reads.NUMBER: "decimal",
    Reads.WHOLE: "int",
}
"""What the raw column of such a value is declared as."""


@dataclass(frozen=True)
class Mapped:
    """The canonical tables in a DuckDB, each of its name, and what was used of each input.

    A client without a name is called by its id; one without an instant of creation has null.
    """

    connection: duckdb.DuckDBPyConnection
    used: dict[str, int]
    left_out: tuple[LeftOut, ...]
    notes: tuple[str, ...]
    entries: dict[str, int]


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
        engine.execute(f"SET {name} = {literal(value)}")
    places = ", ".join(literal(f"{one.resolve()}/") for one in readable)
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
    for name, described in system.inputs.items():
        if name in raw.files:
            _open_input(engine, name, parquet(raw.files[name]), unique=described.grow)
        else:  # it may be missing
            types = described.types(lists=True).items()
            nulls = [f"NULL::{kind.sql_type} AS {identifier(one)}" for one, kind in types]
            nothing = ", ".join([*nulls, f"NULL::VARCHAR AS {ROW}"])
            engine.execute(f"CREATE VIEW {identifier(name)} AS SELECT {nothing} WHERE false")
    faults: list[str] = []
    for name, text in system.selects.items():
        try:
            _run(engine, name, text)
        except (ValueError, duckdb.Error) as error:
            faults.append(f"{name}.sql: {_words(error)}")
    for name in (*TABLES, LEFT_OUT, BALANCES):
        if name in system.selects and not faults:
            faults += [*_column_faults(engine, name), *_type_faults(engine, name)]
    if faults:
        raise MappingError(system.name, faults)
    if currency is not None:
        engine.execute("CREATE MACRO given_currency() AS " + literal(currency))
    for name in TABLES:
        _canonical(engine, name, there=name in system.selects, lists=lists, currency=currency)
    balances = f"SELECT client_id, balance FROM from_{BALANCES} WHERE balance IS NOT NULL"
    if BALANCES not in system.selects:
        balances = "SELECT NULL AS client_id, NULL AS balance WHERE false"
    engine.execute(
        f"CREATE TABLE stored AS SELECT client_id::VARCHAR AS client_id, "
        f"balance::{AMOUNT} AS balance FROM ({balances}) "
        "WHERE client_id::VARCHAR IN (SELECT client_id FROM clients)"
    )
    if wrong := list(data_faults(engine, system.inputs)):
        raise DataError(wrong)
    used, left_out = accounted(system, raw, engine)
    notes = notes_of(system, engine, currency)
    return Mapped(engine, used, left_out, tuple(notes), entries_of(engine))


def _open_input(engine: duckdb.DuckDBPyConnection, name: str, rows: str, *, unique: bool) -> None:
    """The rows of an input by its name; where several have one key, their `row_id` tells which."""
    double = f"SELECT {ROW} FROM {rows} GROUP BY {ROW} HAVING count(*) > 1"
    if unique or not count(engine, f"({double} LIMIT 1)"):
        engine.execute(f"CREATE VIEW {identifier(name)} AS SELECT * FROM {rows}")
        return
    engine.execute(
        f"CREATE TABLE {identifier(name)} AS SELECT * FROM {rows} ANTI JOIN ({double}) "
        f"USING ({ROW}) UNION ALL BY NAME SELECT * REPLACE ({ROW} || ' (' || row_number() OVER "
        f"(PARTITION BY {ROW}) || ')' AS {ROW}) FROM {rows} SEMI JOIN ({double}) USING ({ROW})"
    )


def _run(engine: duckdb.DuckDBPyConnection, name: str, text: str) -> None:
    """A SELECT becomes the table `from_NAME`. Raises ValueError for anything else."""
    found = duckdb.extract_statements(text)
    if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
        raise ValueError(
            f"it must be one SELECT, and has {len(found)} statements; join parts with UNION ALL"
            if len(found) != 1
            else "it must be one SELECT"
        )
    engine.execute(f"CREATE TABLE from_{name} AS {found[0].query.strip().rstrip(';')}")


def _column_faults(engine: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """Columns that are missing, unknown, or of a type that is not exact."""
    there = types_of(engine, f"from_{name}")
    wanted, allowed = _columns_wanted(name)
    for one in wanted:
        if one not in there:
            near = meant(one, [other for other in there if other not in allowed])
            yield f"{name}.sql gives no column {one}" + (f"; is {near} meant?" if near else "")
    for one in there:
        if one not in allowed:
            yield f"{name}.sql gives the column {one}, which {name} has not"


def _type_faults(engine: duckdb.DuckDBPyConnection, name: str) -> Iterator[str]:
    """Columns that cannot be read as the table asks, or not exactly."""
    there = types_of(engine, f"from_{name}")
    reads = {"balance": Reads.AMOUNT}
    if name in TABLES:
        reads = {one.name: one.reads for one in TABLES[name].columns}
    for column, kind in reads.items():
        given, wanted = there.get(column), TYPES.get(kind)
        if given is None or wanted is None or re.match(wanted, given):
            continue
        found = engine.execute(
            f"SELECT {column}::VARCHAR FROM from_{name} WHERE {column} IS NOT NULL LIMIT 1"
        ).fetchone()
        if found is not None:
            exact = ", which is not exact" if given in ("FLOAT", "DOUBLE") else ""
            yield (
                f"{name}.sql gives {column} as {given}{exact} ({found[0]!r}): declare its raw "
                f"column in system.toml as {DECLARED[kind]}"
            )


def _columns_wanted(name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The columns that a SELECT must give, and those that it may give."""
    if name not in TABLES:
        own = ("input", ROW, "reason") if name == LEFT_OUT else ("client_id", "balance")
        return own, own
    columns = [one for one in TABLES[name].columns if one.name != RECORDED]
    needed = (one.name for one in columns if one.required and (name, one.name) not in FALLBACK)
    return tuple(needed), (*(one.name for one in columns), *ORIGIN_COLUMNS, REPEATS)


def _canonical(
    engine: duckdb.DuckDBPyConnection, name: str, *, there: bool, lists: bool, currency: str | None
) -> None:
    """The table with its own columns in their own types; of lists only where they are wanted."""
    given = types_of(engine, f"from_{name}") if there else {}
    said = [
        f"{_column(name, one, given, currency)} AS {one.name}"
        for one in columns_of(name, lists=lists)
    ]
    source = f"FROM from_{name}" if there else "WHERE false"
    if name == "ledger":
        said.append(f"{REPEATS if REPEATS in given else 'false'} AS {REPEATS}")
        said += [f"{one if one in given else 'NULL'}::VARCHAR AS {one}" for one in ORIGIN_COLUMNS]
        engine.execute(f"CREATE VIEW {UNNAMED} AS SELECT {', '.join(said)} {source}")
        number_entries(engine, lists=lists)
        return
    distinct = "DISTINCT " if name == "client_tags" else ""
    engine.execute(f"CREATE TABLE {name} AS SELECT {distinct}{', '.join(said)} {source}")


def _column(table: str, column: Column, given: dict[str, str], currency: str | None) -> str:
    kind = _SQL[column.reads]
    if (table, column.name) == ("clients", "currency") and currency is not None:
        return "given_currency()"
    value = f"CAST({column.name} AS {kind})" if column.name in given else "NULL"
    if (table, column.name) == ("clients", "name"):
        value = f"COALESCE(NULLIF(trim({value}), ''), CAST(client_id AS VARCHAR))"
    return f"{value}::{kind}"


def _words(error: Exception) -> str:
    said = str(error).splitlines()
    line = next((one for one in said if one.startswith("LINE ")), "")
    return f"{said[0]} ({line})" if line else said[0]
