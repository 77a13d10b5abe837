"""Every raw row comes out in a table, or is left out and counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from custdyn_widgets.connections.canonical import ORIGIN_COLUMNS
from custdyn_widgets.connections.mapping_types import AMOUNT
from custdyn_widgets.connections.raw import RawSnapshot
from custdyn_widgets.connections.sql import identifier, types_of
from custdyn_widgets.connections.system import LEFT_OUT, ROW, MappingError, System, did_you_mean
from custdyn_widgets.model.schema import TABLES

IN_NO_TABLE = "in no table, for no reason given"


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


def accounted(
    system: System, raw: RawSnapshot, engine: duckdb.DuckDBPyConnection
) -> tuple[dict[str, int], tuple[LeftOut, ...]]:
    """Every raw row of the inputs with an amount comes out in a table, or is left out."""
    check_inputs(system, engine)
    parts = [
        f"SELECT input, CAST({ROW} AS VARCHAR) AS {ROW} FROM from_{name}"
        for name in system.selects
        if name in TABLES and set(ORIGIN_COLUMNS) <= set(types_of(engine, f"from_{name}"))
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
        amount = described.amount
        if amount in described.columns:
            amount = identifier(amount)
        found = _counted(
            engine,
            name,
            described.amount,
            f"WITH reasons AS (SELECT {ROW}, min(reason) AS reason FROM ({reasons}) "
            f"WHERE input = $name GROUP BY {ROW}) "
            f"SELECT coalesce(reason, $unexplained), count(*), "
            f"coalesce(sum({amount}), 0)::{AMOUNT}, min({ROW}, 3) "
            f"FROM (SELECT * FROM {identifier(name)} ANTI JOIN "
            f"(SELECT {ROW} FROM used_rows WHERE input = $name) USING ({ROW})) "
            f"LEFT JOIN reasons USING ({ROW}) GROUP BY 1 ORDER BY 1",
        )
        left_out += [LeftOut(name, row[0], row[1], row[2], tuple(row[3])) for row in found]
        used[name] = raw.rows(name) - sum(row[1] for row in found)
    return used, tuple(left_out)


def _counted(
    engine: duckdb.DuckDBPyConnection, name: str, amount: str, statement: str
) -> list[tuple[str, int, Decimal, list[str]]]:
    """Runs a statement that adds up an amount, which the mapping has written."""
    try:
        found = engine.execute(statement, {"name": name, "unexplained": IN_NO_TABLE})
        return list(found.fetchall())
    except duckdb.Error as error:
        said = str(error).splitlines()[0]
        fault = f"inputs.{name}: amount {amount!r} cannot be added up: is it a number? {said}"
        raise MappingError(name, [fault]) from None


def entries_of(engine: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """How many entries of the ledger each input has given."""
    if "input" not in types_of(engine, "from_ledger"):
        return {}
    found = engine.execute("SELECT input, count(*) FROM from_ledger GROUP BY input").fetchall()
    return {name: entries for name, entries in found if name is not None}


def check_inputs(system: System, engine: duckdb.DuckDBPyConnection) -> None:
    """Raises MappingError where a SELECT names an input that there is not."""
    faults = []
    for name in system.selects:
        if "input" not in types_of(engine, f"from_{name}"):
            continue
        for (given,) in engine.execute(
            f"SELECT DISTINCT input FROM from_{name} WHERE input IS NOT NULL ORDER BY 1"
        ).fetchall():
            if given not in system.inputs:
                hint = did_you_mean(str(given), system.inputs)
                faults.append(f"{name}.sql: there is no input {given!r}{hint}")
    if faults:
        raise MappingError(system.name, faults)
