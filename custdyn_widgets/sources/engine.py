"""The embedded engine: DuckDB behind Ibis."""

from __future__ import annotations

import re
import tempfile
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
from ibis.backends.sql.datatypes import DuckDBType

from custdyn_widgets.errors import Cancelled, SourceError, TooManyDigits
from custdyn_widgets.sources.any_engine import FileRead, Stoppable
from custdyn_widgets.sources.backend import Backend, named

LONGEST_LINE = 1 << 26
DIRECT_BITS = 20
"""Groups whose keys are whole numbers within 2**DIRECT_BITS of each other are not hashed."""
LEAST_MEMORY = 256 << 20
BY_A_SIGNAL = "Query interrupted"
"""What DuckDB says where a signal, such as a keyboard's interrupt, raised something meanwhile."""


class Unreadable(SourceError):
    """The engine cannot read the source; `words` is all that it says of it."""

    def __init__(self, source: str, words: str) -> None:
        self.words = words
        super().__init__(source, f"cannot be read: {words.splitlines()[0]}", "check the files")


class Engine(Stoppable):
    """One DuckDB in memory. Calls from several threads wait for each other.

    It takes `memory` bytes, or LEAST_MEMORY; what is more goes to a temporary file. `caches`:
    whether tables that are slow to read are kept for other processes. `held` is what stays open as
    long as it does, `file` what is being read.
    """

    def __init__(self, source: str, memory: int) -> None:
        self._source = source
        self._lock = threading.RLock()
        super().__init__()
        self.held = ExitStack()
        self._folders: set[Path] = set()
        self._connection = duckdb.connect()
        spill = Path(tempfile.gettempdir()) / f"custdyn-{uuid.uuid4().hex}"
        for name, value in {
            "TimeZone": "UTC",  # text and aware instants become UTC, never the machine's time
            "preserve_insertion_order": "false",
            "temp_directory": str(spill),
            "memory_limit": f"{max(memory, LEAST_MEMORY)} bytes",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
            "enable_progress_bar": "true",  # counted, so that it can be shown, but never printed
            "enable_progress_bar_print": "false",
            "progress_bar_time": "0",
            "perfect_ht_threshold": str(DIRECT_BITS),
            "parquet_metadata_cache": "true",
        }.items():
            self._set(name, value)
        self.backend = Backend.from_connection(self._connection)

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression; an Arrow table with exact decimals."""
        with self._working():
            return self.backend.to_pyarrow(expression)

    def parquet(self, name: str, files: Sequence[Path]) -> ir.Table:
        """Parquet files of one schema as one table, read where they are."""
        self._folders |= {file.resolve().parent for file in files}
        with self._working():
            paths = [_literally(file) for file in files]
            return named(self.backend.read_parquet(paths, table_name=name, hive_partitioning=False))

    def csv(self, name: str, file: Path, columns: Sequence[str], delimiter: str) -> ir.Table:
        """A CSV file as a view of text; empty is null. What reads it raises Unreadable."""
        self._folders.add(file.resolve().parent)
        with self._working():
            self._connection.read_csv(
                _literally(file),
                header=True,
                auto_detect=False,
                hive_partitioning=False,
                columns=dict.fromkeys(columns, "VARCHAR"),
                sep=delimiter,
                quotechar='"',
                escapechar='"',
                strict_mode=True,
                max_line_size=LONGEST_LINE,
                buffer_size=LONGEST_LINE,
            ).create_view(name)
            return named(self.backend.table(name))

    def write(self, rows: ir.Table, file: Path) -> None:
        """Writes rows to a Parquet file that is there: into the same file. Raises Unreadable."""
        query = self.backend.compile(rows)
        with self._working():
            self._connection.execute(
                f"COPY ({query}) TO {_quoted(str(file))} "
                "(FORMAT parquet, PARQUET_VERSION v2, COMPRESSION lz4_raw, USE_TMP_FILE false)"
            )

    def attach(self, file: Path) -> tuple[dict[str, ir.Table], set[str]]:
        """The tables and views of a DuckDB file, opened for reading only; which are views."""
        with self._working():
            place = _quoted(str(file.resolve()))
            self._connection.execute(f"ATTACH {place} AS source (READ_ONLY)")
            names = self.backend.list_tables(database=("source", "main"))
            listed = "SELECT view_name FROM duckdb_views() WHERE database_name = 'source'"
            views = {name for (name,) in self._connection.execute(listed).fetchall()}
            own = ("source", "main")
            return {name: named(self.backend.table(name, database=own)) for name in names}, views

    def keep(self, name: str, rows: ir.Table | pa.Table) -> ir.Table:
        """A copy of the rows inside the engine."""
        with self._working():
            if isinstance(rows, ir.Table):
                schema, query = rows.schema(), self.backend.compile(rows)
                typed = (
                    f"{_named(key)} {DuckDBType.to_string(one)}" for key, one in schema.items()
                )
                self._connection.execute(f"CREATE TABLE {_named(name)} ({', '.join(typed)})")
                self._connection.execute(f"INSERT INTO {_named(name)} {query}")
                return ibis.table(schema, name=name)
            # not ibis' own memtable: with sqlglot 30.30 it fails to drop its view
            self._connection.register("arriving", rows)
            try:
                self._connection.execute(f"CREATE TABLE {_named(name)} AS FROM arriving")
            finally:
                self._connection.unregister("arriving")
            return named(self.backend.table(name))

    def nothing(self) -> ir.Table:
        """A table without rows."""
        with self._working():
            return self.backend.sql("SELECT 1 AS absent WHERE false")

    @property
    def token(self) -> tuple[object, ...]:
        """Its data are watched from outside."""
        return ()

    def shut(self) -> None:
        """From here on only the folders of its files can be read, and no setting changed."""
        with self._lock:
            # DuckDB compares a path as it is written: see `_literally`
            written = {*map(str, self._folders), *map(_literally, self._folders)}
            self._set("allowed_directories", [f"{name}/" for name in sorted(written)])
            self._set("enable_external_access", "false")
            self._set("lock_configuration", "true")

    def interrupt(self) -> None:
        """Stops what runs, from another thread, and whatever would run next until `resume`."""
        self._stopped.set()
        self._connection.interrupt()

    @property
    def done(self) -> float | None:
        """How much of what runs is done, 0 to 1; None where it is not known."""
        try:
            percent = self._connection.query_progress()
        except duckdb.Error:  # it was closed in between
            return None
        share = percent / 100 if percent > 0 else None
        return share if self.file is None else self.file.share(share)

    def close(self) -> None:
        """Frees the memory."""
        with self._lock:
            self._connection.close()
            self.held.close()

    @contextmanager
    def reading_file(self, file: Path) -> Iterator[None]:
        """Counts what is read of a file, so that it can be shown."""
        self.file = FileRead(file.name, file.stat().st_size)
        try:
            yield
        finally:
            self.file = None

    def step(self, share: float) -> None:
        """How much of a pass is done that it does not make itself."""
        if self.file is not None:
            self.file.own = share

    @contextmanager
    def _working(self) -> Iterator[None]:
        """One call at a time; what the engine raises becomes an error of ours."""
        with self._lock:
            self.check()
            try:
                yield
            except duckdb.InterruptException:
                raise Cancelled from None
            except RuntimeError as error:
                if str(error) != BY_A_SIGNAL:
                    raise
                self._end()
                raise (error.__cause__ or KeyboardInterrupt()) from None
            except duckdb.OutOfRangeException:
                raise TooManyDigits(self._source) from None
            except duckdb.PermissionException:
                what = "a view of it reads other files, which no report may do"
                remedy = "make it a table: CREATE TABLE ledger AS FROM …"
                raise SourceError(self._source, what, remedy) from None
            except duckdb.Error as error:
                raise Unreadable(self._source, str(error)) from None
            finally:
                if self.file is not None:
                    self.file.past += 1

    def _end(self) -> None:
        """Ends what was asked for: a signal leaves it going on."""
        self._connection.interrupt()
        with suppress(duckdb.InterruptException):  # it may have ended: then this is what is hit
            self._connection.execute("SELECT 1")

    def _set(self, name: str, value: str | list[str]) -> None:
        # names are our own literals; values are bound or escaped by DuckDB's own rule
        quoted = _quoted(value) if isinstance(value, str) else f"[{', '.join(map(_quoted, value))}]"
        self._connection.execute(f"SET {name} = {quoted}")


def _quoted(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _named(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literally(file: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    return re.sub(r"([*?\[])", r"[\1]", str(file.resolve()))
