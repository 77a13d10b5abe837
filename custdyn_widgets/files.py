"""Writing files atomically: the whole new file, or the old one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from errno import EISDIR, ENOENT
from pathlib import Path
from typing import BinaryIO

MEDIA_TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
"""The media type of a file, by its kind."""


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which takes its place once everything is written.

    A link is followed; a device or pipe such as /dev/null is written to, not replaced.
    """
    given, path = path, path.resolve()
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(given.parent))
    if path.is_dir():
        raise IsADirectoryError(EISDIR, "it is a folder; name a file", str(given))
    if path.exists() and not path.is_file():
        with path.open("wb") as device:
            yield device
        return
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:80]}.")
    except OSError as error:
        raise OSError(error.errno, why(error), str(given)) from None
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(0o666 & ~_umask())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def write_atomically(path: Path, made: bytes) -> None:
    """Writes a file at once; see `whole_file`."""
    with whole_file(path) as file:
        file.write(made)


def why(error: Exception) -> str:
    """What is the matter with a file, without the names of calls: `no such file or directory`."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not text in UTF-8"
    words = getattr(error, "strerror", None) or str(error)
    return words[:1].lower() + words[1:]


def private_file(path: Path) -> None:
    """Makes a file that only its user can read, in a folder of theirs, where there is none.

    One that is there is closed to other accounts; a group that may write to it is a team that
    shares it. SQLite gives the files that it lays next to it the same rights. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
    for one in (path, *(path.with_name(f"{path.name}{ending}") for ending in ("-wal", "-shm"))):
        with suppress(FileNotFoundError):
            stat = one.stat()
            team = 0o070 if stat.st_mode & 0o020 else 0
            own = os.name == "posix" and stat.st_uid == os.getuid() and one.is_file()
            if own and stat.st_mode & 0o077 & ~team:
                one.chmod(stat.st_mode & (0o700 | team))


def private_folder(path: Path) -> Path:
    """Makes a folder that only its user can enter, or closes it to others. Raises OSError."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
