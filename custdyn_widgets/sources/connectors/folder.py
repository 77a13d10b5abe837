"""A folder of CSV or Parquet files named after the five tables."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import DataError, DataFault, SourceError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.connection import SNAPSHOT, facts_of, note_of, read_connection
from custdyn_widgets.sources.connectors.arrow import held
from custdyn_widgets.sources.connectors.csv_file import header_of, read_csv
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.sources.place import SHEETS_AS_CSV
from custdyn_widgets.sources.snapshot import Raw, Token
from custdyn_widgets.sources.source import Source
from custdyn_widgets.sources.suggestions import meant, unread_columns
from custdyn_widgets.sources.table_cache import files_token
from custdyn_widgets.words import tr

TIME = "occurred_at"
FEW = 4_000_000
MAX_NAMED = 10
MAX_SHOWN = 80
MAX_OVERLAP = 2
"""How often a time may occur in the parts of a ledger that is in order, on the average."""


def open_folder(folder: Path, name: str) -> Source:
    """The source in a folder.

    `ledger.csv` or `ledger.parquet`, or a folder `ledger` of Parquet parts; so the other tables.
    """
    return Source(
        name,
        lambda engine: _load(engine, _in_force(folder), name),
        lambda: _token(_in_force(folder), name),
        still=_is_still,
    )


def _in_force(folder: Path) -> Path:
    """The snapshot in force of a folder that connect wrote: the next one leaves it as it is."""
    current = folder / SNAPSHOT
    return current.resolve() if current.is_dir() else folder


def _is_still(token: Token) -> bool:
    """Whether the files that were read are what they were."""
    try:
        now = files_token([Path(one[0]) for one in token])  # type: ignore[index]
    except OSError:
        return False
    return [*map(_unlinked, now)] == [*map(_unlinked, token)]


def _unlinked(one: Any) -> tuple[object, ...]:
    """What says that a file is the same; linked into another snapshot it gets another ctime."""
    path, size, written, changed, inode = one
    own = f"{os.sep}{Path(SNAPSHOT).parent}{os.sep}" in path
    return path, size, written, None if own else changed, inode


def _token(folder: Path, name: str) -> Token:
    try:
        return files_token([file for files in _found(folder, name).values() for file in files])
    except OSError as error:
        raise SourceError(name, f"cannot be read: {why(error)}", "check the folder") from None


def _found(folder: Path, name: str) -> dict[str, list[Path]]:
    found = {}
    for table in TABLES:
        parts = _parts(folder / table)
        whole = [folder / f"{table}{ending}" for ending in (".csv", ".parquet")]
        if no_file := [file for file in whole if os.path.lexists(file) and not file.is_file()]:
            what = f"{no_file[0].name} is no file: it is a folder, or a link that leads nowhere"
            raise SourceError(name, what, "put the table there as a file")
        files = [[file] for file in whole if file.is_file()] + ([parts] if parts else [])
        if len(files) > 1:
            listed = ", ".join(file.name for group in files for file in group[:1])
            raise SourceError(name, f"{table} is there twice ({listed})", "keep one of them")
        if files:
            found[table] = files[0]
        elif TABLES[table].required and (folder / table).is_dir():
            inside = _shortly(one.name for one in (folder / table).iterdir()) or "it is empty"
            what = f"the folder {table} has no *.parquet directly in it: {inside}"
            raise SourceError(name, what, f"put its parts there, or {table}.csv next to it")
    if not found:
        raise SourceError(name, "the folder has none of the five tables", _around(folder))
    return found


def _parts(folder: Path) -> list[Path]:
    """The parts of a table, directly in its folder; a system's own files are none."""
    return sorted(one for one in folder.glob("*") if _is_part(one)) if folder.is_dir() else []


def _is_part(file: Path) -> bool:
    own = file.name.startswith((".", "_"))
    return file.suffix.lower() == ".parquet" and not own and file.is_file()


def _unread(folder: Path, found: Mapping[str, Sequence[Path]]) -> Iterator[str]:
    """Warnings: files that look like a table, or like parts of one, and are not read."""
    used = {file for files in found.values() for file in files}
    others = {
        one.name.partition(".")[0]: one.name
        for one in sorted(folder.iterdir())
        if one.name[0] not in "._" and one not in used and one.name not in TABLES
    }
    for table in TABLES:
        left = [
            str(one.relative_to(folder))
            for one in sorted((folder / table).rglob("*"))
            if one.is_file() and one.name[0] not in "._" and one not in used
        ]
        if left:
            rule = tr("parts are *.parquet, directly in the folder {table}", table=table)
            said = tr("{files} is not read; {rule}", files=_shortly(left), rule=rule)
            yield f"{table}: {said}"
        near = None if table in found else meant(table, others)
        if near is not None:
            rule = tr("its name must be {table}.csv or {table}.parquet", table=table)
            yield f"{table}: " + tr("{files} is not read; {rule}", files=others[near], rule=rule)


def _shortly(names: Iterable[str]) -> str:
    """The first names in order of the alphabet."""
    first = sorted(names)
    return ", ".join(first[:MAX_NAMED]) + (", …" if len(first) > MAX_NAMED else "")


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
    how = SHEETS_AS_CSV if sheets else "name them"
    return f"{listed}; {how}: clients.csv and ledger.csv (docs/sources.md)"


def _load(engine: Engine, folder: Path, name: str) -> Raw:
    tables: dict[str, ir.Table] = {}
    notes: list[str] = []
    ledger: list[Path] = []
    found = _found(folder, name)
    unread = [*_unread(folder, found)]
    for table, files in found.items():
        if files[0].suffix == ".csv":
            file = files[0]
            tables[table], said, files = read_csv(engine, table, file)
            unread += unread_columns(TABLES[table], header_of(file)[0])
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
        unread=tuple(unread),
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
    schemas = []
    for file in files:
        try:
            schemas.append(pq.read_schema(file).remove_metadata())
        except (OSError, pa.ArrowException) as error:
            what = f"{file.name} cannot be read: {why(error)}"
            raise SourceError(name, what, "write it again") from None
    known = [column.name for column in TABLES[table].columns]
    if double := [one for one in known if schemas[0].names.count(one) > 1]:
        what = f"{files[0].name} has the column more than once"
        raise DataError([DataFault(table, one, 0, what) for one in double])
    for file, schema in zip(files, schemas, strict=True):
        if not schema.equals(schemas[0]):
            what = f"{file.name} has other columns or types than {files[0].name}"
            what += f": {_other(schema, schemas[0])}"
            remedy = "write all parts with the same columns, in one order, of the same types"
            raise DataError([DataFault(table, None, 0, what, remedy=remedy)])
    return schemas[0]


def _other(schema: pa.Schema, first: pa.Schema) -> str:
    """The first column that is not as in another file, and how it is there."""
    for name in dict.fromkeys([*schema.names, *first.names]):
        own, there = ([str(one.field(at).type) for at in one.get_all_field_indices(name)]
                      for one in (schema, first))  # fmt: skip
        if own != there:
            return f"{name} is {', '.join(own) or 'missing'}, not {', '.join(there) or 'missing'}"
    return f"they are in another order, {', '.join(schema.names)[:MAX_SHOWN]}"


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
