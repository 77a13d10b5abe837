"""A folder of CSV and Parquet files, such as a system's exports."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as compute
import pyarrow.parquet as pq
from pyarrow import csv

from custdyn_widgets.connections.origins.origin import BATCH, Origin, Request
from custdyn_widgets.connections.system import did_you_mean
from custdyn_widgets.errors import SourceError

ENCODINGS = ("utf-8", "cp1252", "latin-1", "utf-16")
DELIMITERS = ",;\t|"
ROW = "row"
"""A key that every file has: the number of the row, 1 for the first below the header."""


class Files(Origin):
    """Files by name; a name with * is all that match, one after the other in order of name."""

    of_files = True

    def __init__(self, folder: Path) -> None:
        super().__init__(str(folder))
        self._folder = folder

    def columns(self, request: Request) -> list[str] | None:
        found = self._found(request)
        headers = [self._header(file, request) for file in found]
        for file, header in zip(found, headers, strict=True):
            if set(header) != set(headers[0]):
                odd = sorted(set(header) ^ set(headers[0]))
                what = f"{file.name} has other columns than {found[0].name}: {', '.join(odd)}"
                raise SourceError(self.name, what, "export them alike, or give each an input")
            if double := [one for one in request.columns if header.count(one) > 1]:
                what = f"{file.name} has the column {double[0]} more than once"
                raise SourceError(self.name, what, "name each column once")
        return headers[0] if headers else None

    def tables(self) -> list[str]:
        return sorted(one.name for one in self._folder.iterdir() if one.is_file())

    def rows(self, request: Request) -> Iterator[pa.Table]:
        for file in self._found(request):
            try:
                yield from self._read(file, request)
            except (OSError, UnicodeError, pa.ArrowException) as error:
                raise self._fault(file, request, error) from None

    def statements(self, request: Request) -> list[str]:
        columns = ", ".join(request.columns)
        return [f"{file}: {columns}" for file in self._found(request)]

    def close(self) -> None:
        return None

    def _found(self, request: Request) -> list[Path]:
        name = request.described.file or f"{request.input}.csv"
        return (
            sorted(self._folder.glob(name))
            if "*" in name
            else [one for one in [self._folder / name] if one.is_file()]
        )

    def _header(self, file: Path, request: Request) -> list[str]:
        try:
            if file.suffix == ".parquet":
                return list(pq.read_schema(file).names)
            with csv.open_csv(file, *self._options(request, None)) as reader:
                return list(reader.schema.names)
        except (OSError, UnicodeError, pa.ArrowException) as error:
            raise self._fault(file, request, error) from None

    def _fault(self, file: Path, request: Request, error: Exception) -> SourceError:
        given = request.described.delimiter
        with suppress(OSError):
            head = file.read_bytes().partition(b"\n")[0]
            best = max(DELIMITERS, key=lambda one: head.count(one.encode()))
            if head.count(best.encode()) > head.count(given.encode()):
                what = f"{file.name}: its header has no {given!r}, but {best!r}"
                return SourceError(self.name, what, f"write delimiter = {best!r} in system.toml")
        said = " ".join(str(error).split())
        what = f"{file.name} cannot be read: {said}"
        if isinstance(error, UnicodeError) or "UTF8" in said:
            encoding = request.described.encoding
            what = f"{file.name} cannot be read with encoding {encoding!r}: {said}"
        if not file.stat().st_size:
            what = f"{file.name} is empty"
        return SourceError(self.name, what, "check the file and what system.toml says of it")

    def _options(
        self, request: Request, columns: list[str] | None
    ) -> tuple[csv.ReadOptions, csv.ParseOptions, csv.ConvertOptions]:
        described = request.described
        try:
            codecs.lookup(described.encoding)
        except LookupError:
            hint = did_you_mean(described.encoding, ENCODINGS)
            what = f"input {request.input}: {described.encoding!r} is no encoding{hint}"
            raise SourceError(self.name, what, "mend system.toml") from None
        types = {name: pa.string() for name in columns or ()}
        return (
            csv.ReadOptions(encoding=described.encoding, block_size=1 << 24),
            csv.ParseOptions(delimiter=described.delimiter, newlines_in_values=True),
            csv.ConvertOptions(
                column_types=types,
                include_columns=columns,
                strings_can_be_null=True,
                null_values=[""],
            ),
        )

    def _read(self, file: Path, request: Request) -> Iterator[pa.Table]:
        names = [one for one in request.columns if one != ROW]
        first = 1
        if file.suffix == ".parquet":
            texts = ", ".join(f'"{one.replace(chr(34), chr(34) * 2)}"::VARCHAR' for one in names)
            found = duckdb.connect().from_parquet(str(file)).project(texts).to_arrow_reader(BATCH)
            batches: Iterator[pa.RecordBatch] = iter(found)
        else:
            batches = iter(csv.open_csv(file, *self._options(request, names)))
        several = len(self._found(request)) > 1
        for batch in batches:
            table = pa.Table.from_batches([batch]).rename_columns(names)
            if ROW in request.columns:
                numbers = map(str, range(first, first + len(batch)))
                named = [f"{file.name}:{one}" if several else one for one in numbers]
                table = table.append_column(ROW, pa.array(named, pa.string()))
            first += len(batch)
            for name, value in request.described.where.items():
                table = table.filter(compute.equal(table[name], value))
            yield table.select(list(request.columns))
