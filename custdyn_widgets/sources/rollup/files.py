"""The files of a rollup: written atomically, under a lock, swept when unused."""

from __future__ import annotations

import fcntl
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.errors import SourceError
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.place import MANIFEST
from custdyn_widgets.sources.rollup_manifest import Rollup

LOCK = ".lock"
OURS = re.compile(rf"({'|'.join(TABLES)})-[0-9a-f]{{32}}\.parquet|\.{re.escape(MANIFEST)}\..+")
"""What a run writes, or leaves where it is cut."""


def write(place: Path, name: str, parts: Iterator[pa.Table]) -> str:
    """Writes a new file, to the disk; gives its name."""
    file = place / f"{name}-{uuid.uuid4().hex}.parquet"
    first = next(parts)
    with file.open("wb") as opened:
        with pq.ParquetWriter(opened, first.schema, compression="zstd") as writer:
            writer.write_table(first)
            for part in parts:
                writer.write_table(part)
        opened.flush()
        os.fsync(opened.fileno())
    return file.name


def sweep(place: Path, *rollups: Rollup | None) -> None:
    """Removes files that no rollup names: those of runs before, and of a run that was cut.

    The last rollup's are kept: somebody may be reading them.
    """
    kept = {name for one in rollups if one for name in (*one.tables.values(), *one.ledger)}
    for file in place.iterdir():
        if OURS.fullmatch(file.name) and file.name not in kept:
            file.unlink(missing_ok=True)


@contextmanager
def alone(place: Path, source: str | None) -> Iterator[None]:
    """One writer of a folder at a time; the lock ends with its process."""
    if source is not None and place.name in TABLES and place.resolve().parent == Path(source):
        what = "in the source's folder a folder of this name is one of its tables"
        raise SourceError(str(place), what, "give another name")
    try:
        place.mkdir(parents=True, exist_ok=True)
        names = {file.name for file in place.iterdir()} - {LOCK}
        if MANIFEST not in names and not all(OURS.fullmatch(name) for name in names):
            what = "the folder holds other files, and no rollup"
            raise SourceError(str(place), what, "give an empty folder, or a new one")
        lock = (place / LOCK).open("w")
    except OSError as error:
        what = f"cannot be written: {error}"
        raise SourceError(str(place), what, "give another folder") from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            what = "another process is writing the rollup"
            raise SourceError(str(place), what, "wait for it") from None
        yield
