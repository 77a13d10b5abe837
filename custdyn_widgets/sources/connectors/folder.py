"""A folder of CSV or Parquet files named after the five tables."""

from __future__ import annotations

import csv
from datetime import datetime, timedelta
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.engine import Engine, Unreadable
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source

TIME = "occurred_at"
FEW = 4_000_000
MAX_OVERLAP = 2
"""How often a time may occur in the parts of a ledger that is in order, on the average."""


def open_folder(folder: Path, name: str) -> Source:
    """The source in a folder.

    `ledger.csv` or `ledger.parquet`, or a folder `ledger` of Parquet parts; so the other tables.
    """
    return Source(name, lambda engine: _load(engine, folder, name), lambda: _token(folder, name))


def files_token(files: list[Path]) -> Token:
    """Path, size, time and inode of each file: it changes when one of them does."""
    marks = []
    for file in files:
        stat = file.stat()
        marks.append((str(file), stat.st_size, stat.st_mtime_ns, stat.st_ino))
    return tuple(marks)


def _token(folder: Path, name: str) -> Token:
    try:
        return files_token([file for files in _found(folder, name).values() for file in files])
    except OSError as error:
        raise SourceError(name, f"cannot be read: {error}", "check the folder") from None


def _found(folder: Path, name: str) -> dict[str, list[Path]]:
    found = {}
    for table in TABLES:
        parts = sorted((folder / table).glob("*.parquet"))
        whole = [folder / f"{table}{ending}" for ending in (".csv", ".parquet")]
        files = [[file] for file in whole if file.is_file()] + ([parts] if parts else [])
        if len(files) > 1:
            listed = ", ".join(file.name for group in files for file in group[:1])
            raise SourceError(name, f"{table} is there twice ({listed})", "keep one of them")
        if files:
            found[table] = files[0]
    if not found:
        raise SourceError(
            name, "the folder has none of the five tables", "it needs clients and ledger"
        )
    return found


def _load(engine: Engine, folder: Path, name: str) -> Raw:
    tables: dict[str, ir.Table] = {}
    found = _found(folder, name)
    copied = all(files[0].suffix == ".csv" for files in found.values())
    ledger = [file for file in found.get("ledger", []) if file.suffix == ".parquet"]
    for table, files in found.items():
        if files[0].suffix == ".csv":
            tables[table] = _csv(engine, table, files[0])
        else:
            _check_parts(name, table, files)
            tables[table] = engine.parquet(f"raw_{table}", files)
    in_order = bool(ledger) and _in_order(ledger)
    return Raw(tables, copied=copied, in_order=in_order, folders=(folder.resolve(),))


def _check_parts(name: str, table: str, files: list[Path]) -> None:
    """Parts must have the same columns and types, or the first would decide for all."""
    try:
        schemas = [pq.read_schema(file).remove_metadata() for file in files]
    except (OSError, pa.ArrowException) as error:
        raise SourceError(name, f"{table} cannot be read: {error}", "check the files") from None
    for file, schema in zip(files, schemas, strict=True):
        if not schema.equals(schemas[0]):
            what = f"{file.name} has other columns or types than {files[0].name}"
            raise DataError([DataFault(table, None, 0, what)])


def _in_order(files: list[Path]) -> bool:
    """Whether the parts of Parquet files hold the entries of different times, but for a few.

    Of so few entries that one pass is as fast, it does not matter.
    """
    spans: list[tuple[datetime, datetime]] = []
    known_files = [pq.read_metadata(file) for file in files]
    if sum(metadata.num_rows for metadata in known_files) < FEW:
        return False
    for metadata in known_files:
        leaves = [metadata.schema.column(place).path for place in range(metadata.num_columns)]
        if TIME not in leaves:
            return False
        for part in range(metadata.num_row_groups):
            known = metadata.row_group(part).column(leaves.index(TIME)).statistics
            try:
                spans.append((known.min, known.max))
            except (AttributeError, ValueError, OverflowError, pa.ArrowException):
                return False  # none, or of an instant that no calendar has
    if not spans or not all(isinstance(one, datetime) for span in spans for one in span):
        return False
    whole = max(last for _, last in spans) - min(first for first, _ in spans)
    return sum((last - first for first, last in spans), timedelta()) <= MAX_OVERLAP * whole


def _csv(engine: Engine, table: str, file: Path) -> ir.Table:
    """Every column as text; empty is null."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            header = next(csv.reader(opened), [])
        if not header:
            raise DataError([DataFault(table, None, 0, f"{file.name} has no header line")])
        if double := sorted({column for column in header if header.count(column) > 1}):
            what = f"{file.name} has the column more than once"
            raise DataError([DataFault(table, column, 0, what) for column in double])
        return engine.csv(f"raw_{table}", file, header)
    except (Unreadable, UnicodeDecodeError, csv.Error) as error:
        said = error.words if isinstance(error, Unreadable) else str(error)
        lines = [line for line in said.splitlines() if line and "Original Line" not in line]
        what = f"{file.name} is not CSV in UTF-8: {' '.join(lines[:2])}"
        raise DataError([DataFault(table, None, 0, what)]) from None
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error}", "check the file") from None
