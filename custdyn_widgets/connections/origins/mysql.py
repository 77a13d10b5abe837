"""MySQL and MariaDB: one line a row, made by the server, in one read-only snapshot."""

from __future__ import annotations

import configparser
import io
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, unquote, urlsplit

import pyarrow as pa
import pymysql
from pyarrow import csv
from pymysql.constants import FIELD_TYPE
from pymysql.converters import encoders
from pymysql.cursors import SSCursor

from custdyn_widgets.connections.mapping_types import ColumnType
from custdyn_widgets.connections.origins.origin import (
    BATCH,
    CHUNK,
    SECONDS,
    Database,
    Request,
    no_zone,
)
from custdyn_widgets.errors import SourceError
from custdyn_widgets.sources.place import ENCODE, has_bare_signs, without_secrets

OWN_FILE = Path("~/.my.cnf")
OPTIONS = {
    "socket": "unix_socket",
    "unix_socket": "unix_socket",
    "ssl_ca": "ssl_ca",
    "ssl_cert": "ssl_cert",
    "ssl_key": "ssl_key",
    "charset": "charset",
}
"""What a URL may say → what PyMySQL calls it; the character set is always utf8mb4."""
LOST = "check the rights of its user and the server's limits, and run it again"
"""What helps where a server refuses or ends what it is asked."""
INSTANTS = (FIELD_TYPE.TIMESTAMP,)
ZONELESS = {FIELD_TYPE.DATETIME: "DATETIME", FIELD_TYPE.DATE: "DATE"}
SNAPSHOT_ENGINES = ("innodb", "rocksdb", "tokudb")
"""Engines whose tables are read as they were at one moment."""


class MySQL(Database):
    """A database of a MySQL or MariaDB server: `mysql://user@host:3306/database`; see OPTIONS.

    The password comes from MYSQL_PWD or the section `client` of ~/.my.cnf, unless the URL has it.
    The session runs in UTC, and its transaction is read-only.
    """

    quote = "`"
    unseen = ", or its user may not read it: GRANT SELECT"

    def __init__(self, url: str) -> None:
        super().__init__(without_secrets(url))
        try:
            parts, port = urlsplit(url), urlsplit(url).port
        except ValueError:
            remedy = "write mysql://user@host:3306/database, with the password in MYSQL_PWD"
            self._fail("the URL cannot be read", remedy)
        asked = {OPTIONS.get(name, name): value for name, value in parse_qsl(parts.query)}
        self._database = parts.path.strip("/")
        if set(asked) - {*OPTIONS.values()}:
            known = ", ".join(OPTIONS)
            self._fail("the URL has options that there are not", f"there are {known}")
        if not self._database:
            self._fail("the URL names no database", "write mysql://user@host/database")
        given: dict[str, Any] = {}
        if OWN_FILE.expanduser().is_file():
            given["read_default_file"] = str(OWN_FILE.expanduser())
        if has_bare_signs(url):
            self._fail("the URL cannot be read", f"{ENCODE}MYSQL_PWD")
        if "MYSQL_PWD" in os.environ:
            given["password"] = os.environ["MYSQL_PWD"]
        if parts.password is not None:
            given["password"] = unquote(parts.password)
        if parts.username:
            given["user"] = unquote(parts.username)
        given |= {name: value for name, value in asked.items() if name != "charset"}
        try:
            if parts.hostname:
                given |= {"host": parts.hostname, "port": port or 3306}
            self._connection = pymysql.connect(
                database=self._database,
                charset="utf8mb4",
                connect_timeout=15,
                use_unicode=False,
                conv=_encoders(),  # and no decoders: every value stays what the server wrote
                init_command="SET SESSION time_zone = '+00:00', SESSION sql_mode = ''",
                **given,
            )
        except (configparser.Error, UnicodeError):  # which would say what is in it
            what = f"{OWN_FILE} cannot be read as a file of options"
            self._fail(what, "mend it, or move it away and set MYSQL_PWD")
        except (pymysql.Error, OSError, RuntimeError) as error:
            remedy = "check server, user and password"
            if isinstance(error, RuntimeError):  # MySQL 8 without TLS
                remedy = "pip install cryptography, or connect by a socket or with TLS (?ssl_ca=)"
            self._fail(f"it cannot be opened: {_words(error)}", remedy)
        self._run("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        self._columns: dict[str, list[str]] = {}
        for table, column in self._run(
            "SELECT TABLE_NAME, COLUMN_NAME FROM information_schema.COLUMNS "
            "WHERE TABLE_SCHEMA = DATABASE() ORDER BY TABLE_NAME, ORDINAL_POSITION"
        ):
            self._columns.setdefault(table.decode(), []).append(column.decode())
        engines = self._run(
            "SELECT TABLE_NAME, ENGINE FROM information_schema.TABLES "
            "WHERE TABLE_SCHEMA = DATABASE() AND ENGINE IS NOT NULL"
        )
        self._engines = {table.decode(): engine.decode() for table, engine in engines}

    def columns(self, request: Request) -> list[str] | None:
        if not request.described.query:
            return self._columns.get(request.table)
        return list(self._described(request))

    def typed(self, request: Request) -> dict[str, ColumnType]:
        codes, kinds = self._described(request), dict(request.columns)
        for name, kind in request.columns.items():
            code = codes.get(name)
            if kind.name in ("decimal", "float32"):  # as it is kept, whatever is declared
                is_single = code == FIELD_TYPE.FLOAT
                kinds[name] = replace(kind, name="float32" if is_single else "decimal")
            if kind.name == "unix" and code in ZONELESS:
                raise no_zone(name, ZONELESS[code])
            if kind.name == "unix" and code not in INSTANTS:
                kinds[name] = replace(kind, format=SECONDS)
        return kinds

    def _described(self, request: Request) -> dict[str, int]:
        """Its columns, and the numbers of their types."""
        try:
            with self._connection.cursor() as cursor:
                statement = f"SELECT * FROM {self.source(request)} LIMIT 0"
                cursor.execute(statement.replace("%", "%%"), ())
                return {one[0]: one[1] for one in cursor.description or ()}
        except pymysql.Error as error:
            of = f"input {request.input}" if request.described.query else request.table
            self._fail(f"{of}: {_words(error)}", "mend its query, or the rights of its user")

    def tables(self) -> list[str]:
        return list(self._columns)

    def moment(self) -> datetime:
        (now,) = self._run("SELECT UNIX_TIMESTAMP(NOW(6))")
        return datetime.fromtimestamp(float(now[0]), UTC)

    def as_text(self, name: str, kind: ColumnType) -> str:
        column = self.quoted(name)
        if kind.name == "unix" and kind.format != SECONDS:
            return f"UNIX_TIMESTAMP({column})"
        if kind.name == "float32":
            return f"CAST({column} AS DOUBLE)"
        return f"CAST({column} AS CHAR)"

    def rows(self, request: Request) -> Iterator[pa.Table]:
        engine = self._engines.get(request.table, "")
        if engine and engine.lower() not in SNAPSHOT_ENGINES:
            note = (
                f"{request.table} is a {engine} table, which cannot be read as it was at one "
                "moment: what was booked meanwhile may show as a difference"
            )
            self.notes += [] if note in self.notes else [note]
        for statement in self.statements(request):
            yield from self._lines(request, statement)

    def _lines(self, request: Request, statement: str) -> Iterator[pa.Table]:
        names = list(request.columns)
        options: dict[str, Any] = {
            "read_options": csv.ReadOptions(column_names=names, block_size=1 << 24),
            "parse_options": csv.ParseOptions(newlines_in_values=True),
            "convert_options": csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()),
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                null_values=[""],
            ),
        }
        cursor = SSCursor(self._connection)
        try:
            cursor.execute(statement)
            while lines := cursor.fetchmany(BATCH):
                text = b"\n".join([line[0] for line in lines]) + b"\n"
                yield csv.read_csv(io.BytesIO(text), **options)
        except BaseException as error:
            self._abandon(cursor)
            if not isinstance(error, pymysql.Error):
                raise
            self._fail(f"{request.table or request.input}: {_words(error)}", LOST)
        cursor.close()

    def _abandon(self, cursor: Any) -> None:
        """Ends a connection whose rows are not read to their end: to close them would read them."""
        connection: Any = self._connection
        if (rows := cursor._result) is not None:
            rows.unbuffered_active, rows.connection = False, None
        cursor.connection = None
        connection._force_close()

    def select(self, request: Request, span: tuple[int, int] | None) -> str:
        line = self._line(request)
        return f"SELECT {line} FROM {self.source(request)}{self.conditions(request, span)}"

    def _line(self, request: Request) -> str:
        """A row as a line of CSV: null is empty, text is quoted."""
        fields = []
        for name, kind in request.columns.items():
            text = self.as_text(name, kind)
            if kind.name == "text" or (kind.format and kind.format != SECONDS):
                text = f"""CONCAT('"', REPLACE({text}, '"', '""'), '"')"""
            fields.append(f"IFNULL({text}, '')")
        # a single empty field would be an empty line, which CSV readers skip
        return (
            f"CONCAT_WS(',', {', '.join(fields)})"
            if len(fields) > 1
            else f"IFNULL({fields[0]}, '')"
        )

    def checksums(self, request: Request) -> dict[int, str] | None:
        fields = ", ".join(
            f"IFNULL({self._plain(name, kind)}, '-')" for name, kind in request.columns.items()
        )
        where = self.conditions(request, None).partition(" ORDER BY ")[0]
        found = self._run(
            f"SELECT {self.quoted(request.described.keys[0])} DIV {CHUNK} AS chunk, "
            f"CONCAT_WS('-', COUNT(*), SUM(CRC32(CONCAT_WS('|', {fields})))) "
            f"FROM {self.source(request)}{where} GROUP BY chunk",
            request.table,
        )
        return {int(chunk): said.decode() for chunk, said in found}

    def _plain(self, name: str, kind: ColumnType) -> str:
        """A column as a checksum takes it: in whatever form differs where the value does."""
        return self.as_text(name, kind) if kind.name == "float32" else self.quoted(name)

    def close(self) -> None:
        with suppress(pymysql.Error):
            self._connection.close()

    def _run(self, statement: str, of: str = "") -> list[tuple[bytes, ...]]:
        try:
            with self._connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        except pymysql.Error as error:
            self._fail(f"{of}: {_words(error)}" if of else _words(error), LOST)

    def _fail(self, what: str, remedy: str) -> NoReturn:
        raise SourceError(self.name, what, remedy) from None


def _encoders() -> Any:
    return {**encoders}


def _words(error: Exception) -> str:
    """What the server says, without the number of the error."""
    said = str(error.args[-1]) if error.args else str(error)
    return " ".join(said.split()) or "the connection is lost"
