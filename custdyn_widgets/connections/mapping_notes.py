"""What is unusual in mapped data, but no error."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb

from custdyn_widgets.connections.canonical import ORIGIN_COLUMNS
from custdyn_widgets.connections.sql import count, types_of
from custdyn_widgets.connections.system import BALANCES, System
from custdyn_widgets.model.cells import few, many, shown
from custdyn_widgets.model.money import tidy


def notes_of(
    system: System, engine: duckdb.DuckDBPyConnection, currency: str | None
) -> Iterator[str]:
    """A currency that is replaced, inputs that serve nothing, balances of no client."""
    if not count(engine, "ledger"):
        yield "ledger.sql gives no entry"
    yield from _balances(system, engine)
    if currency is not None and "currency" in types_of(engine, "from_clients"):
        others = engine.execute(
            "SELECT code, count(*) FROM (SELECT currency::VARCHAR AS code FROM from_clients) "
            "WHERE code <> ? AND regexp_full_match(code, '[A-Z]{3}') GROUP BY ALL ORDER BY ALL",
            [currency],
        ).fetchall()
        for code, clients in others:
            of = many(clients, "client", "clients")
            yield f"{of} in {code}: taken for {currency}, as --currency says; nothing is converted"
    every = "\n".join(system.selects.values())
    for name in system.inputs:
        if not re.search(rf"\b{re.escape(name)}\b", every):
            yield f"input {name} is read, and is in no SELECT"
    if any(one.amount for one in system.inputs.values()) and not (
        set(ORIGIN_COLUMNS) <= set(types_of(engine, "from_ledger"))
    ):
        yield "ledger.sql gives no input and row_id: which rows were used is not known"


def unknown_clients(engine: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Entries of clients that there are not, those that are gone at the source included."""
    unknown = engine.execute(
        "SELECT count(*), coalesce(sum(amount), 0), list_sort(list(DISTINCT client_id)) "
        "FROM ledger ANTI JOIN clients USING (client_id)"
    ).fetchone()
    if unknown and unknown[0]:
        entries = many(unknown[0], "entry", "entries")
        yield (
            f"{entries} of clients that clients.sql does not give ({few(unknown[2])}), "
            f"{shown(tidy(unknown[1]))}: left out of every figure"
        )


def _balances(system: System, engine: duckdb.DuckDBPyConnection) -> Iterator[str]:
    """Balances of no client, and clients without one."""
    if BALANCES not in system.selects:
        return
    of_none = engine.execute(
        f"SELECT list_sort(list(DISTINCT client_id::VARCHAR)) FROM from_{BALANCES} "
        "WHERE client_id::VARCHAR NOT IN (SELECT client_id FROM clients)"
    ).fetchone()
    if of_none and of_none[0]:
        yield f"{BALANCES}.sql gives clients that clients.sql does not: {few(of_none[0])}"
    without = count(engine, "(SELECT client_id FROM clients ANTI JOIN stored USING (client_id))")
    if without:
        no = many(without, "client has no", "clients have no")
        yield f"{no} stored balance to compare"
