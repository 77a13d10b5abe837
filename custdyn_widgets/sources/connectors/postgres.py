"""PostgreSQL: tables or views of the five names, read in one transaction for each report."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import Cancelled, DataError, DataFault, SourceError
from custdyn_widgets.model.schema import (
    MAX_DECIMALS,
    MAX_INTEGER_DIGITS,
    TABLES,
    Column,
    Reads,
    Table,
)
from custdyn_widgets.sources.any_engine import Stoppable
from custdyn_widgets.sources.parsing import NUMBER_TYPE
from custdyn_widgets.sources.place import ENCODE, has_bare_signs
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.suggestions import unread_columns

ROWS_AT_ONCE = 50_000
TIMEOUT = 3_600
"""Seconds that one statement may take, where the URL does not say: `?timeout=60`."""
WHOLE = {"int2": "int16", "int4": "int32", "int8": "int64"}
TEXTS = ("text", "varchar", "bpchar", "name", "citext")
PLAIN = {
    **WHOLE,
    **dict.fromkeys(TEXTS, "string"),
    "uuid": "uuid",
    "date": "date",
    "timestamp": "timestamp(6)",
    "timestamptz": "timestamp('UTC', 6)",
}
"""The types that are accepted, besides numeric, and what they are read as."""
_COLUMNS = """
SELECT a.attname, t.typname, a.atttypmod FROM pg_attribute a
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
JOIN pg_type t ON t.oid = a.atttypid
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
  AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""
_WIDEST = "SELECT max(scale(trim_scale({0}))), max(abs({0})) FROM {1}"
_SEEN = """
SELECT pg_current_snapshot()::text, current_database(), pg_postmaster_start_time()::text,
  current_user::text, CASE WHEN pg_is_in_recovery() OR EXISTS (
    SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %s AND c.relname = ANY(%s) AND (
      c.relkind IN ('v', 'f') OR c.relrowsecurity OR (c.relkind = 'r' AND c.relhassubclass)
      OR EXISTS (SELECT FROM pg_partition_tree(c.oid) t JOIN pg_class l ON l.oid = t.relid
                 WHERE l.relkind = 'f'))
  ) THEN clock_timestamp()::text END
"""


def open_postgres(url: str, name: str) -> Source:
    """The source in a PostgreSQL database.

    `url`: `postgresql://user@host/database`, with `?schema=` (else the first of the search path)
    and `?timeout=` in seconds, and what libpq takes. `name`: the URL without its password. Each
    report is one read-only transaction, repeatable read: writers are neither seen nor stopped.
    """
    try:
        parts = urlsplit(url)
        unreadable = has_bare_signs(url)
    except ValueError:  # a bracket
        unreadable = True
    if unreadable:
        raise SourceError(name, "the URL cannot be read", f"{ENCODE}PGPASSWORD")
    given = dict(parse_qsl(parts.query))
    schema, timeout = given.pop("schema", ""), given.pop("timeout", str(TIMEOUT))
    if not (timeout.isascii() and timeout.isdigit()):
        raise SourceError(name, f"timeout {timeout} is not a number of seconds", "mend the URL")
    asked = urlunsplit(parts._replace(query=urlencode(given)))
    return Source(
        name,
        _load,
        engine=lambda source, _: PostgresEngine(asked, schema, int(timeout), source),
        held=False,
    )


class PostgresEngine(Stoppable):
    """One transaction of a PostgreSQL. Calls from several threads wait for each other."""

    def __init__(self, url: str, schema: str, timeout: int, source: str) -> None:
        try:
            import psycopg
        except ImportError:
            what = "reading PostgreSQL needs psycopg"
            raise SourceError(source, what, "pip install custdyn-widgets[postgres]") from None
        self._source = source
        self._lock = threading.RLock()
        super().__init__()
        self._errors = psycopg.Error
        options = f"-c timezone=UTC -c statement_timeout={timeout * 1000}"
        with self._explained():
            self._connection = psycopg.connect(url, options=options)
            self._connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            self._connection.read_only = True
            found = self._rows("SELECT current_schema()")
        self.schema = schema or str(found[0][0])

    @property
    def token(self) -> Token:
        """What the transaction sees: the same as long as nobody has written.

        What a view, a foreign table or a policy shows can change without that, and a standby does
        not tell what is in progress: never the same.
        """
        with self._explained():
            return self.schema, *self._rows(_SEEN, (self.schema, list(TABLES)))[0]

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression; an Arrow table with exact decimals."""
        schema = expression.as_table().schema().to_pyarrow()
        with self._lock, self._explained(), self._connection.cursor(name="custdyn") as cursor:
            self.check()
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(ibis.to_sql(expression, dialect="postgres"))
            batches = []
            while rows := cursor.fetchmany(ROWS_AT_ONCE):
                self.check()
                columns = zip(*rows, strict=True)
                arrays = [
                    pa.array(one, type=of.type) for one, of in zip(columns, schema, strict=True)
                ]
                batches.append(pa.record_batch(arrays, schema=schema))
            return pa.Table.from_batches(batches, schema)

    def nothing(self) -> ir.Table:
        """A table without rows."""
        names = ibis.table({"datname": "string"}, name="pg_database", database="pg_catalog")
        return names.filter(ibis.literal(False))

    def columns(self, table: Table) -> dict[str, tuple[str, int]]:
        """Name → type and its modifier, of a table or view; nothing where there is none."""
        with self._explained():
            rows = self._rows(_COLUMNS, (self.schema, table.name))
        return {name: (kind, modifier) for name, kind, modifier in rows}

    def widest(self, table: str, column: str) -> tuple[int, Decimal | None]:
        """Most decimals, and the largest amount, of a numeric without a limit: a pass of its own.

        No amount: None.
        """
        from psycopg import sql

        names = (sql.Identifier(column), sql.Identifier(self.schema, table))
        with self._explained():
            ((scale, most),) = self._rows(sql.SQL(_WIDEST).format(*names))
        return int(scale or 0), most

    def keep(self, name: str, rows: ir.Table | pa.Table) -> ir.Table:
        """Nothing is copied out of a server."""
        raise NotImplementedError

    def shut(self) -> None:
        """The transaction can only read already."""

    def interrupt(self) -> None:
        """Stops what runs, from another thread, and whatever would run next until `resume`."""
        self._stopped.set()
        with suppress(self._errors):
            self._connection.cancel_safe(timeout=2)

    @property
    def done(self) -> float | None:
        """A server does not tell how much is done."""
        return None

    def close(self) -> None:
        """Ends the transaction."""
        with self._lock, suppress(self._errors):
            self._connection.close()

    def _rows(self, sql: Any, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """What the server says becomes an error of ours, in one line."""
        try:
            yield
        except self._errors as error:
            if self._stopped.is_set():
                raise Cancelled from None
            said = " ".join(str(error).split()) or type(error).__name__
            raise SourceError(self._source, f"the server says: {said}", "check the URL") from None
        except (pa.ArrowInvalid, OverflowError) as error:
            what = f"a value is out of range: {error}"
            raise SourceError(self._source, what, "check the data") from None


def _load(engine: Any) -> Raw:
    tables, faults, unread = {}, list[DataFault](), list[str]()
    for table in TABLES.values():
        columns = engine.columns(table)
        if not columns:
            continue
        unread += unread_columns(table, list(columns))
        kinds = {}
        for column in table.columns:
            if column.name in columns:
                kinds[column.name] = _kind(engine, table, column, *columns[column.name])
        faults += [fault for fault in kinds.values() if isinstance(fault, DataFault)]
        tables[table.name] = ibis.table(
            {name: kind for name, kind in kinds.items() if not isinstance(kind, DataFault)},
            name=table.name,
            database=engine.schema,
        )
    if faults:
        raise DataError(faults)
    return Raw(tables, copied=False, unread=tuple(unread))


def _kind(
    engine: PostgresEngine, table: Table, column: Column, kind: str, modifier: int
) -> dt.DataType | DataFault:
    """The type that a column is read as; a fault where it cannot be read exactly."""
    if column.reads in (Reads.AMOUNT, Reads.NUMBER):
        if kind in WHOLE and column.reads is Reads.AMOUNT:
            return dt.dtype(WHOLE[kind])
        if kind in WHOLE or (kind == "numeric" and column.reads is Reads.NUMBER):
            return dt.dtype(NUMBER_TYPE)
        if kind == "numeric":
            return _decimal(engine, table, column, modifier)
    elif kind in PLAIN and not (kind in TEXTS and column.reads not in (Reads.ID, Reads.TEXT)):
        return dt.dtype(PLAIN[kind])
    what = f"its type {kind} cannot be read as {column.reads.value}; make a view that casts it"
    return DataFault(table.name, column.name, 0, what)


def _decimal(
    engine: PostgresEngine, table: Table, column: Column, modifier: int
) -> dt.DataType | DataFault:
    """A numeric by its modifier, or where it has none, by what stands in it."""
    if modifier >= 0:
        digits, scale = (modifier - 4) >> 16, (modifier - 4) & 0x7FF
        if digits - scale <= MAX_INTEGER_DIGITS and scale <= MAX_DECIMALS:
            return dt.Decimal(digits, scale)
    scale, most = engine.widest(table.name, column.name)
    if most is None:
        return dt.Decimal(MAX_INTEGER_DIGITS, 0)
    if not most.is_finite() or most >= 10**MAX_INTEGER_DIGITS or scale > MAX_DECIMALS:
        what = (
            f"more than {MAX_DECIMALS} decimals or {MAX_INTEGER_DIGITS} integer digits, or not "
            "finite"
        )
        return DataFault(table.name, column.name, 0, what)
    return dt.Decimal(MAX_INTEGER_DIGITS + scale, scale)
