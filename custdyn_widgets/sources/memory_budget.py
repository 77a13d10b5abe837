"""The memory budget: its size, what is kept within it; `slicing.py` reads within its share."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from fractions import Fraction

from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.errors import CustdynError

SHARE = 4
"""A quarter of the machine's memory."""
_UNITS = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]?)I?B?", re.IGNORECASE)


class NoSize(CustdynError):
    """A text that is no number of bytes."""

    exit_code = 2

    def __init__(self, text: str) -> None:
        super().__init__(f"{text} is not a size such as 512M, 1.5G or 2000000000")


def size(text: str) -> int:
    """Bytes of a size such as `512M` or `1.5G`: K, M, G and T are powers of 1024.

    Raises NoSize.
    """
    found = _SIZE.fullmatch(text.strip())
    bytes_ = int(Fraction(found[1]) * 2 ** _UNITS[found[2].upper()]) if found else 0
    if not bytes_:
        raise NoSize(text)
    return bytes_


def machine_memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def budget() -> int:
    """Bytes that reports may take: as MEMORY_VARIABLE says, else a quarter of the machine's.

    Raises NoSize.
    """
    given = os.environ.get(MEMORY_VARIABLE)
    return size(given) if given else machine_memory() // SHARE


class Memory:
    """Values with their sizes, `most` bytes together (else the `budget`).

    What was not used for the longest time goes first; what is larger than that is not kept.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = budget() if most is None else most
        self._kept: list[tuple[object, int]] = []

    @property
    def share(self) -> int:
        """Half of it: what the engine may take, and what is read at once from it."""
        return max(self.most // 2, 1)

    @property
    def apart(self) -> int:
        """An eighth of that: what is on its way from the engine."""
        return max(self.share // 8, 1)

    @property
    def taken(self) -> int:
        """How many bytes what is kept takes."""
        return sum(size for _, size in self._kept)

    def __iter__(self) -> Iterator[object]:
        """What is kept, the last used first."""
        return iter([value for value, _ in reversed(self._kept)])

    def use(self, value: object) -> None:
        """Says that a value that is kept was of use."""
        self._kept.sort(key=lambda one: one[0] is value)

    def keep(self, value: object, size: int) -> None:
        """Keeps a value of that many bytes; others go, where they do not fit, too."""
        self._kept = [one for one in self._kept if one[0] is not value]
        if size > self.most:
            return
        self.make_room(size)
        self._kept.append((value, size))

    def make_room(self, size: int) -> None:
        """Lets go of what does not fit next to that many bytes that are about to be used."""
        while self._kept and self.taken + size > self.most:
            del self._kept[0]

    def clear(self) -> None:
        """Forgets everything."""
        self._kept = []

    def drop(self, value: object) -> None:
        """Forgets a value."""
        self._kept = [one for one in self._kept if one[0] is not value]
