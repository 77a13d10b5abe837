"""The reader of the first round, for one comparison only: every value by way of text."""

from __future__ import annotations

import csv
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.model.schema import TABLES
from tests.support.reference.normalize import Canonical, canonical
from tests.support.reference.parsing import column_of

Columns = dict[str, list[Any]]


def read_as_before(place: Path) -> dict[str, Columns] | str:
    """The tables in a folder of CSV or Parquet files, or in a SQLite file; or what is wrong."""
    with closing(duckdb.connect()) as connection:
        connection.execute("SET TimeZone = 'UTC'")
        engine = ibis.duckdb.from_connection(connection)
        try:
            raws = dict(_raws(engine, connection, place))
        except (duckdb.Error, UnicodeDecodeError, csv.Error, sqlite3.Error) as error:
            return str(error)
        read = {
            name: canonical(name, raw, engine.to_pyarrow, whole_ids=set(), has_statistics=False)
            for name, raw in raws.items()
        }
        if faults := [str(fault) for one in read.values() for fault in one.faults]:
            return "; ".join(faults)
        return {name: columns(engine.to_pyarrow(one.table)) for name, one in read.items()}


def columns(table: pa.Table) -> Columns:
    """Values by column, in the order of all of them; whole ids as text, as queries see them."""
    ids = [pa.types.is_integer(one.type) for one in table.columns]
    some = [
        one.cast(pa.string()) if id_ else one for one, id_ in zip(table.columns, ids, strict=True)
    ]
    table = pa.table(some, names=table.column_names)
    named = [f"k{place}" for place in range(table.num_columns)]
    texts = pa.table([column.cast(pa.string()) for column in table.columns], names=named)
    order = pa.compute.sort_indices(texts, sort_keys=[(one, "ascending") for one in named])
    return {name: table[name].take(order).to_pylist() for name in table.column_names}


def _raws(engine: Any, connection: Any, place: Path) -> Mapping[str, ir.Table]:
    found = {}
    if place.is_file():
        with closing(sqlite3.connect(place)) as rows:
            for table in TABLES.values():
                held = rows.execute("SELECT name FROM pragma_table_info(?)", (table.name,))
                names = {row[0] for row in held}
                listed = [column for column in table.columns if column.name in names]
                if listed:
                    quoted = ", ".join(f'"{column.name}"' for column in listed)
                    read = rows.execute(f"SELECT {quoted} FROM {table.name}").fetchall()
                    values = zip(*read, strict=True) if read else [()] * len(listed)
                    text = {
                        column.name: column_of(some, column)[0]
                        for column, some in zip(listed, values, strict=True)
                    }
                    connection.register(table.name, pa.table(text))
                    found[table.name] = engine.table(table.name)
        return found
    for name in TABLES:
        if (file := place / f"{name}.parquet").is_file():
            found[name] = engine.read_parquet(file, table_name=name)
        if (file := place / f"{name}.csv").is_file():
            with file.open(encoding="utf-8-sig", newline="") as opened:
                header = next(csv.reader(opened), [])
            connection.read_csv(
                str(file),
                header=True,
                auto_detect=False,
                columns=dict.fromkeys(header, "VARCHAR"),
                sep=",",
                quotechar='"',
                escapechar='"',
                strict_mode=True,
            ).create(name)
            found[name] = engine.table(name)
    return found


__all__ = ["Canonical", "columns", "read_as_before"]
