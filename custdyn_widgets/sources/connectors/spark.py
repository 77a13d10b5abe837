"""Spark: tables of a session or Parquet files; clients are added up in the executors."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pyarrow as pa

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.model.schema import TABLES, Column, Reads, Table
from custdyn_widgets.sources.any_engine import Stoppable
from custdyn_widgets.sources.connectors.spark_session import Place, Session, explained
from custdyn_widgets.sources.parsing import NUMBER_TYPE
from custdyn_widgets.sources.place import MASTER
from custdyn_widgets.sources.reading import INSTANT_TYPE
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source

WHOLE = ("tinyint", "smallint", "int", "bigint")
READ_AS = {
    Reads.ID: {**dict.fromkeys(WHOLE, "bigint"), "string": "string"},
    Reads.TEXT: {"string": "string"},
    Reads.INSTANT: dict.fromkeys(("timestamp", "timestamp_ntz"), "timestamp_ntz"),
    Reads.DATE: {"date": "date"},
    Reads.WHOLE: dict.fromkeys(WHOLE, "bigint"),
    Reads.AMOUNT: dict.fromkeys(WHOLE, "bigint"),
    Reads.NUMBER: dict.fromkeys((*WHOLE, "decimal"), NUMBER_TYPE),
}
"""For each way of reading the types that are exact, and what they are cast to."""
IBIS_TYPES = {"bigint": "int64", "timestamp_ntz": INSTANT_TYPE}
NO_SNAPSHOT = (
    "tables of a Spark session are read step by step, not as of one moment: nothing should be "
    "written to them meanwhile"
)


def is_session(source: object) -> bool:
    """Whether something is a Spark session, without asking for Spark."""
    return type(source).__module__.startswith("pyspark.sql") and hasattr(source, "sparkContext")


def open_spark(
    spark: Session | str, name: str, *, folder: str | None = None, schema: str | None = None
) -> Source:
    """The source in Spark.

    `spark`: a session, or the master to make one for (`spark://host:7077`,
    `local-cluster[2,1,1024]`). `folder`: Parquet files or folders of the five names, where every
    executor can read them; else tables or views of the five names, of a `schema` (database) or
    the current one. Instants are read in UTC.
    """
    place = Place(spark, name, folder, schema)
    if folder is None:
        return Source(name, _load, engine=lambda *_: SparkEngine(place), held=False)
    return Source(name, _load, place.files, engine=lambda *_: SparkEngine(place))


def open_master(url: str, name: str) -> Source:
    """The source of a master's URL: `MASTER[/folder][?folder=…][?schema=…]`."""
    found = MASTER.fullmatch(url)
    options = dict(parse_qsl((found[3] or "")[1:])) if found else {}
    if found is None or set(options) - {"folder", "schema"}:
        right = "give spark://host:7077/folder, or ?folder=… or ?schema=… behind the host"
        raise SourceError(name, "is not understood", right)
    folder = options.get("folder") or found[2]
    return open_spark(found[1], name, folder=folder, schema=options.get("schema"))


class SparkEngine(Stoppable):
    """A session of its own beside the user's: same data, but in UTC, and exact or an error."""

    def __init__(self, place: Place) -> None:
        self.place = place
        super().__init__()
        self._group = f"custdyn-{uuid.uuid4().hex}"
        self._lock = threading.RLock()
        given = place.session()
        with explained(place.name):
            from pyspark.sql import SparkSession

            own = given._jsparkSession.cloneSession()  # with its temporary views
            self.session: Any = SparkSession(given.sparkContext, own)
            for key, value in {
                "spark.sql.session.timeZone": "UTC",
                "spark.sql.ansi.enabled": "true",
                "spark.sql.execution.arrow.pyspark.enabled": "true",
            }.items():
                self.session.conf.set(key, value)

    @property
    def token(self) -> Token:
        """Tables of a session do not tell when they change: never the same."""
        return "spark", self._group

    def fetch(self, expression: ir.Expr) -> pa.Table:
        """Runs an expression; an Arrow table with exact decimals."""
        schema = expression.as_table().schema().to_pyarrow()
        with self._working():
            rows: pa.Table = self._asked(expression).toArrow()
            return rows.cast(schema)

    def partitions(
        self, rows: ir.Table, key: str, count: int, work: Callable[[pa.Table], bytes]
    ) -> list[bytes]:
        """Does the work in the executors, on all rows of some keys at a time."""
        schema = rows.schema().to_pyarrow()

        def worked(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            read = list(batches)
            if read:
                made = work(pa.Table.from_batches(read).cast(schema))
                yield pa.record_batch({"made": pa.array([made], pa.binary())})

        with self._working():
            spread = max(count, self.session.sparkContext.defaultParallelism)
            parts = self._asked(rows).repartition(spread, key)
            return [bytes(one.made) for one in parts.mapInArrow(worked, "made binary").collect()]

    def tables(self) -> Iterator[tuple[Table, Any]]:
        """The tables that are there, as Spark has them."""
        with self._working():
            if self.place.folder is not None:
                for name, path in self.place.paths(self.session).items():
                    yield TABLES[name], self.session.read.parquet(path)
                return
            for table in TABLES.values():
                name = f"{self.place.schema}.{table.name}" if self.place.schema else table.name
                if self.session.catalog.tableExists(name):
                    yield table, self.session.table(name)

    def view(self, table: Table, frame: Any, kinds: dict[str, str]) -> ir.Table:
        """A table with its columns cast, as Ibis sees it."""
        name = f"custdyn_{table.name}"
        with self._working():
            columns = [f"CAST(`{one}` AS {kind}) AS `{one}`" for one, kind in kinds.items()]
            frame.selectExpr(*columns).createOrReplaceTempView(name)
        return ibis.table({one: IBIS_TYPES.get(kind, kind) for one, kind in kinds.items()}, name)

    def nothing(self) -> ir.Table:
        """A table without rows."""
        with self._working():
            self.session.range(0).createOrReplaceTempView("custdyn_nothing")
        return ibis.table({"id": "int64"}, "custdyn_nothing")

    def keep(self, name: str, rows: ir.Table | pa.Table) -> ir.Table:
        """Nothing is copied out of Spark."""
        raise NotImplementedError

    def shut(self) -> None:
        """Spark reads what it may read."""

    def interrupt(self) -> None:
        """Stops what runs, from another thread, and whatever would run next until `resume`."""
        self._stopped.set()
        self.session.sparkContext.cancelJobGroup(self._group)

    @property
    def done(self) -> float | None:
        """Spark does not tell how much of a question is done."""
        return None

    def close(self) -> None:
        """The session is the user's, or serves the next report."""

    def _asked(self, expression: ir.Expr) -> Any:
        return self.session.sql(str(ibis.to_sql(expression, dialect="pyspark")))

    @contextmanager
    def _working(self) -> Iterator[None]:
        """One call at a time, as a group of jobs that can be cancelled."""
        context = self.session.sparkContext
        with self._lock, explained(self.place.name, self._stopped):
            self.check()
            before = context.getLocalProperty("spark.jobGroup.id")
            context.setJobGroup(self._group, "custdyn", interruptOnCancel=True)
            try:
                yield
            finally:
                context.setLocalProperty("spark.jobGroup.id", before)


def _load(engine: Any) -> Raw:
    tables, faults = {}, []
    for table, frame in engine.tables():
        types = dict(frame.dtypes)
        kinds = {
            column.name: _kind(table, column, types[column.name])
            for column in table.columns
            if column.name in types
        }
        found = [kind for kind in kinds.values() if isinstance(kind, DataFault)]
        faults += found
        if not found:
            tables[table.name] = engine.view(table, frame, kinds)
    if faults:
        raise DataError(faults)
    lasting = engine.place.folder is not None
    return Raw(
        tables,
        copied=False,
        steady=lasting,
        partitions=engine.partitions,
        notes=() if lasting else (NO_SNAPSHOT,),
    )


def _kind(table: Table, column: Column, kind: str) -> str | DataFault:
    """What a column is cast to; a fault where it cannot be read exactly."""
    plain = kind.partition("(")[0]
    if plain == "void":
        return str(READ_AS[column.reads].get("bigint") or next(iter(READ_AS[column.reads])))
    plain = "string" if plain in ("varchar", "char") else plain
    if plain == "decimal" and column.reads is Reads.AMOUNT:
        return str(dt.dtype(kind)).replace(" ", "")
    if plain in READ_AS[column.reads]:
        return READ_AS[column.reads][plain]
    what = f"its type {kind} cannot be read as {column.reads.value}; make a view that casts it"
    return DataFault(table.name, column.name, 0, what)
