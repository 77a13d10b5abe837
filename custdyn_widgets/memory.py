"""What is kept for the next question, within a budget of bytes."""

from __future__ import annotations

import os
from collections.abc import Iterator

SHARE = 4
"""A quarter of the machine's memory."""


def machine_memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class Memory:
    """Values with their sizes, `most` bytes together (else a quarter of the machine's).

    What was not used for the longest time goes first; what is larger than the budget is not kept.
    """

    def __init__(self, most: int | None = None) -> None:
        self.most = machine_memory() // SHARE if most is None else most
        self._kept: list[tuple[object, int]] = []

    def __iter__(self) -> Iterator[object]:
        """What is kept, the last used first."""
        return iter([value for value, _ in reversed(self._kept)])

    def use(self, value: object) -> None:
        """Says that a value that is kept was of use."""
        self._kept.sort(key=lambda one: one[0] is value)

    def keep(self, value: object, size: int) -> None:
        """Keeps a value of so many bytes; others go, where they do not fit beside it."""
        self._kept = [one for one in self._kept if one[0] is not value]
        if size > self.most:
            return
        while self._kept and sum(of for _, of in self._kept) + size > self.most:
            del self._kept[0]
        self._kept.append((value, size))

    def clear(self) -> None:
        """Forgets everything."""
        self._kept = []

    def drop(self, value: object) -> None:
        """Forgets a value."""
        self._kept = [one for one in self._kept if one[0] is not value]
