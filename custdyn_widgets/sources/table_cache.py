"""The table cache: tables that are slow to read, kept as Parquet for the next process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO

import platformdirs

try:
    import fcntl
except ImportError:  # Windows has other locks: nothing is kept there
    fcntl = None  # type: ignore[assignment]

from custdyn_widgets.environment import CACHE_VARIABLE
from custdyn_widgets.files import private_folder, write_atomically
from custdyn_widgets.sources.memory_budget import size

FORMAT = f"1 {version('custdyn-widgets')}"
"""What is kept holds for this version only."""
LARGEST, SHARE = 10 << 30, 10
"""Bytes that are kept by default: that many, or a tenth of the free disk if that is less."""
SETTLED = 100_000_000
"""Nanoseconds after which a second change of a file has another time than the first."""
MINUTE = 60
"""Seconds after which a file that says what is kept, and is not complete, is left of a cut run."""
Token = tuple[tuple[str, int, int, int, int], ...]


def files_token(files: list[Path]) -> Token:
    """Path, size, times and inode of each file: it changes when one of them does."""
    return tuple((str(file.resolve()), *_marked(file)) for file in files)


def _marked(file: Path) -> tuple[int, int, int, int]:
    size, written, changed, inode = _mark(file.stat())
    # a reader of a SQLite log may give it to the owner of its file: no row changes
    return size, written, written if file.name.endswith("-wal") else changed, inode


def _mark(stat: os.stat_result) -> tuple[int, int, int, int]:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


@dataclass(frozen=True)
class Entry:
    """A table that is kept: of which files, where, and what a report should say of it."""

    form: str
    table: str
    token: str
    source: str
    file: str
    mark: list[int]
    notes: list[str]

    @property
    def manifest(self) -> str:
        """The name of the file that says this."""
        return f"{self.file.partition('-')[0]}.json"


def cache_folder(name: str = "tables") -> Path:
    """A folder in the user's cache that no other account can enter. Raises OSError."""
    folder = private_folder(platformdirs.user_cache_path("custdyn_widgets") / name)
    if os.name == "posix" and (folder.is_symlink() or folder.stat().st_uid != os.getuid()):
        raise PermissionError(f"{folder} is not this user's own folder")
    return folder


def limit(folder: Path) -> int:
    """Bytes that may be kept: as CACHE_VARIABLE says, 0 for none. Raises NoSize."""
    given = os.environ.get(CACHE_VARIABLE)
    if given:
        return size(given) if on() else 0
    free = shutil.disk_usage(folder).free + sum(used for _, used, _ in entries(folder))
    return min(LARGEST, free // SHARE)


def on() -> bool:
    """Whether anything is to be kept."""
    return fcntl is not None and os.environ.get(CACHE_VARIABLE, "").strip() != "0"


def entries(folder: Path) -> list[tuple[Entry, int, float]]:
    """What is kept, its bytes and when it was last used, the last used first."""
    found = []
    for manifest in folder.glob("*.json"):
        with suppress(OSError, ValueError, TypeError):
            entry = Entry(**json.loads(manifest.read_bytes()))
            held = (folder / entry.file).stat()
            found.append((entry, held.st_size, manifest.stat().st_mtime))
    return sorted(found, key=lambda one: -one[2])


@contextmanager
def opened(folder: Path, table: str, token: Token) -> Iterator[tuple[Path, Entry] | None]:
    """The file of a table of these very files, which stays while it is open; None: none is kept."""
    manifest = folder / f"{_key(table, token)}.json"
    try:
        entry = Entry(**json.loads(manifest.read_bytes()))
        file = folder / Path(entry.file).name
        held = file.open("rb")
    except (OSError, ValueError, TypeError):  # none, or not written by us
        yield None
        return
    with held:
        same = (entry.form, entry.token) == (FORMAT, repr(token))
        if same and _locked(held, file, fcntl.LOCK_SH) and list(_mark(file.stat())) == entry.mark:
            with suppress(OSError):
                os.utime(manifest)
            yield file, entry
        else:
            yield None


def keep(
    folder: Path, table: str, token: Token, notes: list[str], write: Callable[[Path], None]
) -> None:
    """Keeps a table that `write` writes to a file. Raises OSError, and what `write` raises.

    The file has a name of its own, so that no file that is read is replaced.
    """
    key = _key(table, token)
    file = folder / f"{key}-{uuid.uuid4().hex}.parquet"
    most = limit(folder)
    file.touch(mode=0o600, exist_ok=False)
    with file.open("rb") as held:
        try:
            if not _locked(held, file, fcntl.LOCK_EX):
                raise OSError(f"{file} cannot be locked")
            write(file)
            os.fsync(held.fileno())
            if (taken := file.stat().st_size) > most:
                raise OSError(f"its {taken} bytes are more than the {most} that may be kept")
            mark = list(_mark(file.stat()))
            entry = Entry(FORMAT, table, repr(token), token[0][0], file.name, mark, notes)
            write_atomically(folder / f"{key}.json", json.dumps(asdict(entry)).encode())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
    sweep(folder, most)


def sweep(folder: Path, most: int) -> int:
    """Deletes what is too much, the oldest first, and what is left of cut runs; bytes deleted.

    What a process reads or writes stays.
    """
    named, kept, gone = set(), 0, 0
    for entry, used, _ in entries(folder):
        kept += used
        if kept > most and _deleted(folder / entry.file):
            (folder / entry.manifest).unlink(missing_ok=True)
            gone += used
        else:
            named |= {entry.file, entry.manifest}
    for file in folder.iterdir():
        with suppress(OSError):
            found = file.stat()
            old = file.suffix == ".parquet" or found.st_mtime < time.time() - MINUTE
            if file.name not in named and old and _deleted(file):
                gone += found.st_size
    return gone


def settled(token: Token) -> bool:
    """Whether the files are old enough for another change to give them another token."""
    return max(mark[3] for mark in token) < time.time_ns() - SETTLED


def _deleted(file: Path) -> bool:
    try:
        with file.open("rb") as held:
            if _locked(held, file, fcntl.LOCK_EX):
                file.unlink()
                return True
    except OSError:
        pass
    return False


def _locked(held: BinaryIO, file: Path, kind: int) -> bool:
    """Whether an open file is locked, and still the one of that name."""
    try:
        fcntl.flock(held, kind | fcntl.LOCK_NB)
        return os.path.samestat(os.fstat(held.fileno()), file.stat())
    except OSError:
        return False


def _key(table: str, token: Token) -> str:
    return hashlib.sha256(repr((FORMAT, table, token)).encode()).hexdigest()[:32]
