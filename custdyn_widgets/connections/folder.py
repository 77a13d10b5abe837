"""The folder that `connect` writes: the five tables as Parquet, whole at every moment."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.connections.canonical import columns_of
from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import private_folder, why
from custdyn_widgets.model.schema import Reads
from custdyn_widgets.sources.connection import CONNECTION, read_connection

INSIDE = ".connect"
CURRENT = "current"
ROWS_AT_ONCE = 50_000
_ARROW = {
    Reads.ID: pa.string(),
    Reads.TEXT: pa.string(),
    Reads.INSTANT: pa.timestamp("us"),
    Reads.DATE: pa.date32(),
    Reads.AMOUNT: pa.decimal128(38, 12),
    Reads.NUMBER: pa.decimal128(38, 12),
    Reads.WHOLE: pa.int64(),
}


class Folder:
    """A folder of snapshots; one process writes at a time, readers never wait.

    billing/
      clients.parquet  ledger/  …  connection.json    links into the snapshot in force
      .connect/current                                a link to it, replaced at once
      .connect/1/                                     a snapshot: tables, ledger by UTC month
      .connect/raw/                                   rows of growing tables: see `raw`
    """

    def __init__(self, path: str) -> None:
        self.path = Path(path).expanduser()
        self._inside = self.path / INSIDE
        if self.path.exists() and not self.path.is_dir():
            raise SourceError(path, "it is a file", "give a folder")
        if self.path.is_dir() and not self._inside.is_dir() and any(self.path.iterdir()):
            what = "the folder has other files, and was not written by custdyn connect"
            raise SourceError(path, what, "give an empty or a new one")

    @property
    def raw(self) -> Path:
        """Where rows of growing tables are kept."""
        return self._inside / "raw"

    @property
    def snapshot(self) -> Path | None:
        """The snapshot in force; None before the first."""
        current = self._inside / CURRENT
        return current.resolve() if current.is_dir() else None

    @property
    def manifest(self) -> dict[str, Any] | None:
        """What connection.json of the snapshot in force says; None before the first."""
        return read_connection(self.snapshot) if self.snapshot else None

    @property
    def parts(self) -> list[Path]:
        """The ledger of the snapshot in force, by month."""
        return sorted((self.snapshot / "ledger").glob("*.parquet")) if self.snapshot else []

    def check(self) -> None:
        """Raises SourceError where what it has kept is not there, or cannot be read."""
        remedy = "copy the folder back from a backup, or --rebuild, which forgets what is gone"
        if os.path.lexists(self._inside / CURRENT) and self.manifest is None:
            what = f"{INSIDE}/{CURRENT} leads to no snapshot with a {CONNECTION}"
            raise SourceError(str(self.path), what, remedy)
        for file in [*self.parts, *(self.snapshot.glob("*.parquet") if self.snapshot else [])]:
            try:
                pq.read_metadata(file)
            except (OSError, pa.ArrowException) as error:
                place = file.relative_to(self._inside.resolve())
                raise SourceError(str(self.path), f"{place}: {why(error)}", remedy) from None

    @contextmanager
    def writing(self) -> Iterator[Path]:
        """The only writer, with a folder for its work; what a killed one left is swept."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._inside.mkdir(exist_ok=True)
        private_folder(self.raw)
        with (self._inside / "lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                what = "another custdyn connect is writing to it"
                raise SourceError(str(self.path), what, "wait for it to end") from None
            for left in self._inside.glob("work-*"):
                shutil.rmtree(left, ignore_errors=True)
            work = Path(tempfile.mkdtemp(dir=self._inside, prefix="work-"))
            try:
                yield work
            finally:
                shutil.rmtree(work, ignore_errors=True)

    def write(
        self,
        engine: duckdb.DuckDBPyConnection,
        work: Path,
        manifest: Mapping[str, Any],
        names: Sequence[str],
        *,
        lists: bool,
        rebuild: bool,
    ) -> None:
        """Makes the next snapshot of the tables `names` of an engine, and puts it in force."""
        self._link_again()
        before = None if rebuild else self.snapshot
        new = work / "snapshot"
        (new / "ledger").mkdir(parents=True)
        tables = [name for name in names if name != "ledger"]
        for name in tables:
            rows = engine.execute(f"SELECT * FROM {name} ORDER BY ALL").to_arrow_table()
            pq.write_table(rows.cast(schema_of(name, lists=lists)), new / f"{name}.parquet")
        _write_ledger(engine, new / "ledger", before, lists=lists)
        (new / CONNECTION).write_text(json.dumps(manifest, indent=1, ensure_ascii=False))
        for file in (*new.rglob("*"), *self.raw.iterdir()):
            _to_disk(file)
        place = self._next()
        new.rename(place)
        for name in (*(f"{one}.parquet" for one in tables), "ledger", CONNECTION):
            link = self.path / name
            if not link.is_symlink():
                _remove(link)
                link.symlink_to(Path(INSIDE) / CURRENT / name)
        link = work / CURRENT
        link.symlink_to(place.name)
        link.replace(self._inside / CURRENT)  # from here on it is the new one
        _to_disk(self._inside)
        self._sweep(place, before)

    def _next(self) -> Path:
        """Where the next snapshot is to be."""
        numbers = [int(one.name) for one in self._inside.iterdir() if one.name.isdigit()]
        return self._inside / str(max(numbers, default=0) + 1)

    def _link_again(self) -> None:
        """A copy has folders where links were: its snapshot in force gets a number again."""
        current = self._inside / CURRENT
        if current.is_dir() and not current.is_symlink():
            place = self._next()
            current.rename(place)
            current.symlink_to(place.name)

    def _sweep(self, current: Path, before: Path | None) -> None:
        """Older snapshots go, but for the one before, which a report may be reading."""
        kept_names = {current.name, before.name if before else ""}
        for one in self._inside.iterdir():
            if one.name.isdigit() and one.name not in kept_names:
                shutil.rmtree(one, ignore_errors=True)
        kept = (read_connection(current) or {}).get("raw", {})
        names = {
            said[1] for tables in kept.values() for one in tables.values() for said in one.values()
        }
        for file in self.raw.iterdir():
            if file.name not in names:
                file.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    """Removes what a copy has in the place of a link."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def schema_of(name: str, *, lists: bool) -> pa.Schema:
    """The columns of a table as they are written."""
    return pa.schema([(one.name, _ARROW[one.reads]) for one in columns_of(name, lists=lists)])


def _write_ledger(
    engine: duckdb.DuckDBPyConnection, folder: Path, before: Path | None, *, lists: bool
) -> None:
    """The ledger by UTC month, in order of time; months without additions are the same files."""
    schema = schema_of("ledger", lists=lists)
    columns = ", ".join(schema.names)
    rows = f"SELECT {columns} FROM additions"
    if before is not None:
        touched = engine.execute("SELECT DISTINCT strftime(occurred_at, '%Y-%m') FROM additions")
        months = {row[0] for row in touched.fetchall()}
        for part in sorted((before / "ledger").glob("*.parquet")):
            if part.stem not in months and not (months and part.stem == _NONE):
                _same_file(part, folder / part.name)
        rows += (
            f" UNION ALL SELECT {columns} FROM earlier WHERE strftime(occurred_at, '%Y-%m') IN "
            "(SELECT DISTINCT strftime(occurred_at, '%Y-%m') FROM additions)"
        )
    writer, month = None, ""
    stream = engine.execute(
        f"SELECT strftime(occurred_at, '%Y-%m') AS month, * FROM ({rows}) "
        "ORDER BY occurred_at, entry_id"
    ).to_arrow_reader(ROWS_AT_ONCE)
    for batch in stream:
        months_of = batch.column(0).to_pylist()
        start = 0
        while start < len(batch):
            end = start + 1
            while end < len(batch) and months_of[end] == months_of[start]:
                end += 1
            if months_of[start] != month:
                if writer is not None:
                    writer.close()
                month = months_of[start]
                writer = pq.ParquetWriter(folder / f"{month}.parquet", schema, compression="zstd")
            assert writer is not None  # noqa: S101 the first row opens it
            own = pa.Table.from_batches([batch.slice(start, end - start)]).drop_columns("month")
            writer.write_table(own.cast(schema))
            start = end
    if writer is not None:
        writer.close()
    if not any(folder.iterdir()):
        pq.write_table(schema.empty_table(), folder / f"{_NONE}.parquet")


def _same_file(part: Path, place: Path) -> None:
    try:
        os.link(part, place)
    except OSError:  # a file system without hard links
        shutil.copyfile(part, place)


_NONE = "no-entries"
"""The part of a ledger without entries."""


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
