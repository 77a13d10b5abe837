"""A folder of CSV or Parquet files named after the five tables."""

from __future__ import annotations

from pathlib import Path

import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.csv

from ..errors import DataError, DataFault, SourceError
from ..tables import TABLES
from .engine import Engine
from .source import Raw, Source, Token


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
    for table, files in found.items():
        if files[0].suffix == ".csv":
            tables[table] = engine.keep(f"raw_{table}", _csv(table, files[0]))
        else:
            tables[table] = engine.parquet(f"raw_{table}", files)
    return Raw(tables, copied=copied, folders=(folder.resolve(),))


def _csv(table: str, file: Path) -> pa.Table:
    """Every column as text; empty is null."""
    try:
        with file.open(encoding="utf-8-sig") as opened:
            if not opened.readline().strip():
                raise DataError([DataFault(table, None, 0, f"{file.name} has no header line")])
        rows = pa.csv.read_csv(
            file,
            parse_options=pa.csv.ParseOptions(newlines_in_values=True),
            convert_options=pa.csv.ConvertOptions(
                column_types={column.name: pa.string() for column in TABLES[table].columns},
                include_columns=_known_columns(table, file),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=True,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError) as error:
        what = f"{file.name} is not CSV in UTF-8: {str(error).splitlines()[0]}"
        raise DataError([DataFault(table, None, 0, what)]) from None
    except OSError as error:
        raise SourceError(str(file), f"cannot be read: {error}", "check the file") from None
    return rows


def _known_columns(table: str, file: Path) -> list[str]:
    reader = pa.csv.open_csv(file, parse_options=pa.csv.ParseOptions(newlines_in_values=True))
    header = reader.schema.names
    known = [column.name for column in TABLES[table].columns if column.name in header]
    if double := [name for name in known if header.count(name) > 1]:
        what = f"{file.name} has the column more than once"
        raise DataError([DataFault(table, name, 0, what) for name in double])
    return known
