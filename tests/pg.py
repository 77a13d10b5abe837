"""A source's frames as tables of a PostgreSQL, typed as a warehouse has them."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

import pandas as pd
import psycopg
from psycopg import sql

TYPES = {
    "created_at": "timestamptz",
    "closed_at": "timestamptz",
    "occurred_at": "timestamptz",
    "recorded_at": "timestamptz",
    "valid_from": "date",
    "amount": "numeric",
    "rate": "numeric",
    "period_months": "integer",
}
IDS = ("client_id", "package_id", "entry_id")


def write(base: str, frames: Mapping[str, pd.DataFrame], **types: str) -> str:
    """Makes a schema of its own with the tables; gives the URL of the source."""
    schema = f"s_{uuid.uuid4().hex}"
    with psycopg.connect(base) as connection:
        connection.execute("SET TIME ZONE 'UTC'")
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(schema)))
        for name, frame in frames.items():
            _write(connection, sql.Identifier(schema, name), frame, types)
    return f"{base}{'&' if '?' in base else '?'}schema={schema}"


def _write(
    connection: psycopg.Connection[Any], name: sql.Identifier, frame: pd.DataFrame, types: Any
) -> None:
    kinds = {
        column: types.get(column) or TYPES.get(column) or _kind_of(column, frame[column])
        for column in frame.columns
    }
    listed = sql.SQL(", ").join(
        sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind))
        for column, kind in kinds.items()
    )
    connection.execute(sql.SQL("CREATE TABLE {} ({})").format(name, listed))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(name)) as copy:
        for row in frame.itertuples(index=False):
            copy.write_row([None if value is None else str(value) for value in row])


def _kind_of(column: str, values: pd.Series[Any]) -> str:
    whole = column in IDS and all(isinstance(one, int) for one in values.dropna())
    return "bigint" if whole else "text"
