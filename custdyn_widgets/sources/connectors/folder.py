"""A folder of CSV or Parquet files named after the five tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.connection import facts_of, note_of, read_connection
from custdyn_widgets.sources.connectors.arrow import held
from custdyn_widgets.sources.connectors.csv_file import read_csv
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.table_cache import files_token

TIME = "occurred_at"
FEW = 4_000_000
MAX_NAMED = 10
MAX_OVERLAP = 2
"""How often a time may occur in the parts of a ledger that is in order, on the average."""


def open_folder(folder: Path, name: str) -> Source:
    """The source in a folder.

    `ledger.csv` or `ledger.parquet`, or a folder `ledger` of Parquet parts; so the other tables.
    """
    return Source(name, lambda engine: _load(engine, folder, name), lambda: _token(folder, name))


def _token(folder: Path, name: str) -> Token:
    try:
        return files_token([file for files in _found(folder, name).values() for file in files])
    except OSError as error:
        raise SourceError(name, f"cannot be read: {why(error)}", "check the folder") from None


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
        raise SourceError(name, "the folder has none of the five tables", _around(folder))
    return found


def _around(folder: Path) -> str:
    """What is there instead, and what to do."""
    others = [folder.parent, *sorted(one for one in folder.iterdir() if one.is_dir())]
    for other in others:
        if any(
            (other / f"{table}.{end}").is_file() for table in TABLES for end in ("csv", "parquet")
        ):
            return f"did you mean {other}?"
    there = sorted(one.name for one in folder.iterdir() if one.is_file())
    listed = f"it has {', '.join(there[:MAX_NAMED])}" if there else "it is empty"
    sheets = any(one.lower().endswith((".xlsx", ".xls", ".ods")) for one in there)
    how = "save each sheet as CSV UTF-8" if sheets else "name them"
    return f"{listed}; {how}: clients.csv and ledger.csv (docs/sources.md)"


def _load(engine: Engine, folder: Path, name: str) -> Raw:
    tables: dict[str, ir.Table] = {}
    notes: list[str] = []
    ledger: list[Path] = []
    for table, files in _found(folder, name).items():
        if files[0].suffix == ".csv":
            tables[table], said, files = read_csv(engine, table, files[0])
            notes += said
        else:
            schema = _schema(name, table, files)
            tables[table] = engine.parquet(f"raw_{table}", files)
            if wide := [one.name for one in schema if pa.types.is_decimal256(one.type)]:
                tables[table] = _with_wide(engine, table, files, schema, wide)
        ledger = files if table == "ledger" else ledger
    connection = read_connection(folder)
    if connection is not None:
        notes.append(note_of(connection))
    return Raw(
        tables,
        facts=() if connection is None else tuple(facts_of(connection)),
        edits=connection is not None and connection["edits"][0] > 0,
        in_order=bool(ledger) and in_order(ledger),
        notes=tuple(notes),
        there=tuple(sorted(one.name for one in folder.iterdir() if not one.name.startswith("."))),
    )


def _with_wide(
    engine: Engine, table: str, files: list[Path], schema: pa.Schema, wide: list[str]
) -> ir.Table:
    """A table with decimals of more than 38 digits, which the engine would take for floats."""
    known = [column.name for column in TABLES[table].columns if column.name in schema.names]
    rows = pa.concat_tables(pq.read_table(file, columns=known, partitioning=None) for file in files)
    for name in set(wide).intersection(known):
        rows = rows.set_column(rows.schema.get_field_index(name), name, held(rows[name]))
    return engine.keep(f"narrow_{table}", rows)


def _schema(name: str, table: str, files: list[Path]) -> pa.Schema:
    """The columns and types of the parts, the same in each, or the first would decide for all."""
    try:
        schemas = [pq.read_schema(file).remove_metadata() for file in files]
    except (OSError, pa.ArrowException) as error:
        raise SourceError(
            name, f"{table} cannot be read: {why(error)}", "check the files"
        ) from None
    for file, schema in zip(files, schemas, strict=True):
        if not schema.equals(schemas[0]):
            what = f"{file.name} has other columns or types than {files[0].name}"
            raise DataError([DataFault(table, None, 0, what)])
    return schemas[0]


def in_order(files: list[Path]) -> bool:
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
