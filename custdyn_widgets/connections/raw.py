"""The raw snapshot: the rows of a system's inputs, typed, as Parquet, all of one moment."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from custdyn_widgets.connections.mapping_types import (
    DECIMALS,
    ColumnType,
    is_too_fine,
    major_units,
)
from custdyn_widgets.connections.origins.files import ROW as FILE_ROW
from custdyn_widgets.connections.origins.origin import CHUNK, Origin, Request
from custdyn_widgets.connections.sql import identifier, literal
from custdyn_widgets.connections.system import (
    ROW,
    MappingError,
    System,
    built_in,
    did_you_mean,
)
from custdyn_widgets.errors import DataError, DataFault
from custdyn_widgets.model.cells import few

Chunks = dict[str, list[str]]
"""Chunk → checksum and name of the file that has its rows."""
Progress = Callable[[str], None]


@dataclass
class RawSnapshot:
    """What was read: the files of each input, and how many rows.

    `chunks`: input → table → chunk, of growing tables.
    """

    files: dict[str, list[Path]] = field(default_factory=dict)
    chunks: dict[str, dict[str, Chunks]] = field(default_factory=dict)

    def rows(self, name: str) -> int:
        """How many rows an input has."""
        return sum(pq.read_metadata(file).num_rows for file in self.files[name])


def requests_of(system: System, origin: Origin, *, lists: bool) -> list[Request]:
    """What has to be read; first the names are compared with those that there are.

    Raises MappingError with everything that is missing.
    """
    faults, found = [], []
    for name, described in system.inputs.items():
        for table in described.tables(name):
            request = Request(name, described, described.types(lists=lists), table)
            there = origin.columns(request)
            what = (described.file or f"{name}.csv") if origin.of_files else table
            if there is None:
                if not described.optional:
                    near = did_you_mean(what, origin.tables()) or origin.unseen
                    faults.append(f"{origin.name} has no {what}{near}")
                continue
            known = {*there, FILE_ROW} if origin.of_files else {*there}
            for column in sorted({*request.columns, *described.where} - known):
                hint = did_you_mean(column, there) or f"; it has {few(there)}"
                faults.append(f"{what} has no column {column}{hint}")
            if {*request.columns} <= known:
                try:
                    request = replace(request, columns=origin.typed(request))
                except ValueError as error:
                    faults.append(f"{what}.{error}")
            found.append(request)
    if faults and system.name in built_in():  # of another version, or made otherwise
        faults.append(f"to change what is read: custdyn connect {system.name} --show --to ./mine")
    if faults and not found:
        have = few(origin.tables()) or "nothing"
        raise MappingError(system.name, [f"{origin.name} has none of its tables; it has {have}"])
    if faults:
        raise MappingError(system.name, faults)
    return found


def read_raw(
    requests: Sequence[Request],
    origin: Origin,
    work: Path,
    folder: Path,
    *,
    lists: bool,
    known: Mapping[str, Mapping[str, Chunks]] | None = None,
    progress: Progress = lambda _: None,
) -> RawSnapshot:
    """Reads the rows of all requests: chunks of growing tables into `folder`, others into `work`.

    `known`: the chunks that the folder has. Raises DataError for values that are not of their
    type, SourceError where something cannot be read.
    """
    made = RawSnapshot()
    typed = _Typed()
    for request in requests:
        progress(f"reading {request.described.file or request.table}")
        files = made.files.setdefault(request.input, [])
        sums = origin.checksums(request) if request.described.grow else None
        if sums is None:
            files.append(_write_whole(request, origin, work, typed, lists=lists))
            continue
        before = (known or {}).get(request.input, {}).get(request.table, {})
        kept: Chunks = {
            chunk: said
            for chunk, said in before.items()
            if sums.get(int(chunk)) == said[0] and _is_whole(folder / said[1])
        }
        missing = sorted(chunk for chunk in sums if str(chunk) not in kept)
        if missing:
            asked = Request(
                request.input,
                request.described,
                request.columns,
                request.table,
                missing if kept else None,
            )
            for chunk, file in _write_chunks(asked, origin, folder, typed, sums, lists=lists):
                kept[str(chunk)] = [sums.get(chunk, ""), file]
        ordered = dict(sorted(kept.items(), key=lambda one: int(one[0])))
        made.chunks.setdefault(request.input, {})[request.table] = ordered
        files += [folder / said[1] for said in ordered.values()]
        if not ordered:
            files.append(_write_whole(request, origin, work, typed, lists=lists))
    return made


def _write_whole(
    request: Request, origin: Origin, folder: Path, typed: _Typed, *, lists: bool
) -> Path:
    path = folder / f"{_safe(request.input)}.{_safe(request.table)}.parquet"
    with pq.ParquetWriter(path, typed.schema(request, lists=lists), compression="zstd") as writer:
        for table in typed.tables(request, origin.rows(request), lists=lists):
            writer.write_table(table)
    return path


def _write_chunks(
    request: Request,
    origin: Origin,
    folder: Path,
    typed: _Typed,
    sums: Mapping[int, str],
    *,
    lists: bool,
) -> Iterator[tuple[int, str]]:
    """A file for each chunk: the rows come in the order of their keys."""
    schema = typed.schema(request, lists=lists)
    current, parts = None, []

    def write() -> tuple[int, str]:
        assert current is not None  # noqa: S101 there are parts
        table = f"{_safe(request.input)}.{_safe(request.table)}"
        # a table that grows while it is read has rows of chunks that were not summed up
        name = f"{table}.{current}.{_short(sums.get(current, ''))}.parquet"
        pq.write_table(pa.concat_tables(parts), folder / name, compression="zstd")
        return current, name

    for table in typed.tables(request, origin.rows(request), lists=lists):
        numbers = pc.divide(table[request.described.keys[0]], CHUNK).to_numpy()
        start = 0
        while start < len(table):
            chunk = int(numbers[start])
            end = int(numbers.searchsorted(chunk, side="right"))
            if current is not None and chunk != current:
                yield write()
                parts = []
            current = chunk
            parts.append(table.slice(start, end - start).cast(schema))
            start = end
    if parts:
        yield write()


class _Typed:
    """Reads the text of rows as their types."""

    def __init__(self) -> None:
        self._connection = duckdb.connect()
        self._connection.execute("SET TimeZone = 'UTC'; SET threads = 1")

    def schema(self, request: Request, *, lists: bool) -> pa.Schema:
        """The columns of an input as they are kept; those of lists are empty without lists."""
        nothing = pa.table({name: pa.array([], pa.string()) for name in request.columns})
        return self._read(request, nothing, 0, lists=lists).schema

    def tables(
        self, request: Request, texts: Iterable[pa.Table], *, lists: bool
    ) -> Iterator[pa.Table]:
        """Rows as they are kept. Raises DataError at the first value that is not of its type."""
        past = 0
        for text in texts:
            yield self._read(request, text, past, lists=lists)
            past += len(text)

    def _read(self, request: Request, text: pa.Table, past: int, *, lists: bool) -> pa.Table:
        described, columns = request.described, request.columns
        names = list(columns)
        given = [
            f"{kind.given(identifier(name))} AS g{n}"
            for n, (name, kind) in enumerate(columns.items())
        ]
        self._connection.register("text", text)
        self._connection.execute(
            "CREATE OR REPLACE TEMP TABLE given AS SELECT *, row_number() OVER () AS n, "
            f"{', '.join(given)} FROM text"
        )
        read = [
            f"{self._value(kind, f'g{n}', names)} AS {identifier(name)}"
            for n, (name, kind) in enumerate(columns.items())
        ]
        read += [
            f"NULL::{described.type_of(kind).sql_type} AS {identifier(name)}"
            for name, kind in ({} if lists else described.lists).items()
        ]
        read.append(f"{self._row(request, past)} AS {ROW}")
        found = self._connection.execute(
            f"SELECT {', '.join(read)} FROM given ORDER BY n"
        ).to_arrow_table()
        nulls = self._connection.execute(
            f"SELECT {', '.join(f'count(*) - count(g{n})' for n in range(len(names)))} FROM given"
        ).fetchone()
        bad = [found[n].null_count - (nulls or ())[n] for n in range(len(names))]
        if any(bad):
            raise DataError(list(self._faults(request, bad, past)))
        return found

    def _value(self, kind: ColumnType, given: str, names: Sequence[str]) -> str:
        value = kind.read(given)
        if kind.currency is None:
            return value
        return major_units(value, f"g{names.index(kind.currency)}")

    def _row(self, request: Request, past: int) -> str:
        """SQL: which raw row it is."""
        keys = request.described.keys
        named = f"concat_ws(':', {', '.join(map(identifier, keys))})"
        row = named if keys else f"'row ' || (n + {past})"
        several = len(request.described.tables(request.input)) > 1
        return f"{literal(request.table)} || ' ' || {row}" if several else row

    def _faults(self, request: Request, bad: Sequence[int], past: int) -> Iterator[DataFault]:
        names = list(request.columns)
        for number, (name, kind) in enumerate(request.columns.items()):
            if not bad[number]:
                continue
            value = self._value(kind, f"g{number}", names)
            shown = [identifier(one) for one in (name, kind.currency) if one]
            found = self._connection.execute(
                f"SELECT {self._row(request, past)}, {', '.join(shown)} FROM given "
                f"WHERE g{number} IS NOT NULL AND {value} IS NULL ORDER BY n LIMIT 3"
            ).fetchall()
            noun = "an instant" if kind.name in ("datetime", "unix") else "a number"
            what, remedy = f"not {noun} of the type {kind.name}", kind.remedy
            if kind.name == "decimal" and is_too_fine(str(found[0][1])):
                what, remedy = f"more than {DECIMALS} decimals", "round it where it is written"
            yield DataFault(
                request.described.file or request.table,
                name,
                bad[number],
                what,
                tuple(str(key) for key, *_ in found),
                " ".join(map(str, found[0][1:])),
                remedy,
            )


def _is_whole(file: Path) -> bool:
    """Whether a file of rows can be read: one that cannot is written again."""
    try:
        return bool(pq.read_metadata(file).num_rows)
    except (OSError, pa.ArrowException):
        return False


def _safe(name: str) -> str:
    return "".join(letter if letter.isalnum() or letter in "_-" else "_" for letter in name)


def _short(said: str) -> str:
    return hashlib.sha256(said.encode()).hexdigest()[:16]
