"""Spark sessions and addresses; Spark's errors as ours."""

from __future__ import annotations

import atexit
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from custdyn_widgets.errors import Cancelled, SourceError
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.snapshot import Token

LOOPBACK = "127.0.0.1"
_RAISED = re.compile(r"[A-Za-z_.]*(Error|Exception): ")


class Session(Protocol):
    """What is needed of a `pyspark.sql.SparkSession`."""

    sparkContext: Any

    def sql(self, sqlQuery: str) -> Any:
        """Runs SQL."""


@dataclass(frozen=True)
class Place:
    """Where the tables are."""

    spark: Session | str
    name: str
    folder: str | None
    schema: str | None

    def session(self) -> Any:
        """The session: the one that was given, or one of its own. Raises SourceError."""
        if not isinstance(self.spark, str):
            return self.spark
        try:
            from py4j.protocol import Py4JError
            from pyspark.errors import PySparkException
            from pyspark.sql import SparkSession
        except ImportError:
            what = "reading Spark needs pyspark and Java"
            raise SourceError(self.name, what, "pip install custdyn-widgets[spark]") from None
        settings = {
            "spark.ui.enabled": "false",
            "spark.ui.showConsoleProgress": "false",
            "spark.log.level": "ERROR",
        }
        if not self.spark.startswith("spark:"):
            settings |= dict.fromkeys(("spark.driver.host", "spark.driver.bindAddress"), LOOPBACK)
            os.environ.setdefault("SPARK_LOCAL_IP", LOOPBACK)
            os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
        builder = SparkSession.builder.master(self.spark).appName("custdyn")
        for key, value in settings.items():
            builder = builder.config(key, value)
        try:
            session = builder.getOrCreate()
        except (PySparkException, Py4JError) as error:
            raise SourceError(self.name, said(error), "is Java there, and the master?") from None
        if session.sparkContext.master != self.spark:
            what = f"this process has a Spark of {session.sparkContext.master} already"
            raise SourceError(self.name, what, "stop it, or give its session")
        atexit.unregister(_stop)
        atexit.register(_stop, session)
        return session

    def files(self) -> Token:
        """Path, size and time of the Parquet files; with them changes what is read."""
        session = self.session()
        with explained(self.name):
            paths = self.paths(session).values()
            return tuple(mark for path in paths for mark in sorted(_files(session, path)))

    def paths(self, session: Any) -> dict[str, str]:
        """The path of each table that is there, `ledger.parquet` or a folder `ledger`."""
        found = {}
        for table in TABLES:
            for path in (f"{self.folder}/{table}.parquet", f"{self.folder}/{table}"):
                system, place = _file_system(session, path)
                if system.exists(place):
                    found[table] = path
                    break
        if not found:
            what = f"{self.folder} has none of the five tables as Parquet"
            raise SourceError(self.name, what, "it needs clients and ledger")
        return found


def _stop(session: Any) -> None:
    """Without a word: what a cluster says of its own end is of no use."""
    with suppress(Exception):
        session.sparkContext.setLogLevel("OFF")
        session.stop()


def _file_system(session: Any, path: str) -> tuple[Any, Any]:
    """Hadoop's file system of a path, and the path there."""
    jvm = session.sparkContext._jvm
    place = jvm.org.apache.hadoop.fs.Path(path)
    return place.getFileSystem(session.sparkContext._jsc.hadoopConfiguration()), place


def _files(session: Any, path: str) -> Iterator[tuple[str, int, int]]:
    system, place = _file_system(session, path)
    listed = system.listFiles(place, True)
    while listed.hasNext():
        one = listed.next()
        yield str(one.getPath()), int(one.getLen()), int(one.getModificationTime())


@contextmanager
def explained(source: str, stopped: threading.Event | None = None) -> Iterator[None]:
    """What Spark says becomes an error of ours, in one line."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError) as error:
        if stopped is not None and stopped.is_set():
            raise Cancelled from None
        raise SourceError(source, f"Spark says: {said(error)}", "check the source") from None


def said(error: Exception) -> str:
    """The first line of what Spark says, and what an executor raised: the rest are its own."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    raised = [line for line in lines[1:] if _RAISED.match(line)]
    return " ".join(lines[:1] + raised[-1:])[:400] or type(error).__name__
