"""Every raw row comes out in a table, or is left out and counted."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import duckdb

from custdyn_widgets.connections.canonical import ORIGIN_COLUMNS
from custdyn_widgets.connections.column_types import AMOUNT
from custdyn_widgets.connections.raw import RawSnapshot
from custdyn_widgets.connections.sql import identifier, types_of
from custdyn_widgets.connections.system import LEFT_OUT, ROW, System
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
        found = engine.execute(
            f"WITH reasons AS (SELECT {ROW}, min(reason) AS reason FROM ({reasons}) "
            f"WHERE input = $name GROUP BY {ROW}) "
            f"SELECT coalesce(reason, $unexplained), count(*), "
            f"coalesce(sum({amount}), 0)::{AMOUNT}, min({ROW}, 3) "
            f"FROM (SELECT * FROM {identifier(name)} ANTI JOIN "
            f"(SELECT {ROW} FROM used_rows WHERE input = $name) USING ({ROW})) "
            f"LEFT JOIN reasons USING ({ROW}) GROUP BY 1 ORDER BY 1",
            {"name": name, "unexplained": IN_NO_TABLE},
        ).fetchall()
        left_out += [LeftOut(name, row[0], row[1], row[2], tuple(row[3])) for row in found]
        used[name] = raw.rows(name) - sum(row[1] for row in found)
    return used, tuple(left_out)
