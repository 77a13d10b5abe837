"""The readers of the page: how many, and whose kernel ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

MEGABYTES = 300
"""What a reader's kernel takes with a report of ordinary size."""
MAX_AUTOMATIC = 16


@dataclass(eq=False)
class Reader:
    """One who has asked for the page: their kernel, as soon as there is one, and its last use."""

    kernel_id: str | None = None
    seen: float = field(default_factory=monotonic)
    connected: bool = False
    arriving: bool = True


class Full(Exception):
    """As many readers as there may be are here already."""


class Readers:
    """At most `most` readers, each with a kernel of their own.

    A kernel that no page connects to within `come` seconds has no reader, such as one that a
    health check has started; one whose socket is gone for `back` seconds has lost its own.
    """

    def __init__(self, most: int, *, come: float = 60, back: float = 600) -> None:
        self.most, self._come, self._back = most, come, back
        self._all: set[Reader] = set()

    def __len__(self) -> int:
        return len(self._all)

    @contextmanager
    def admit(self, kernels: Any = ()) -> Iterator[Reader]:
        """A place for one reader while their page is made, kept where they got a kernel.

        Those whose kernel is not among `kernels` any more have left. Raises Full.
        """
        self._all = {one for one in self._all if one.arriving or one.kernel_id in kernels}
        if len(self._all) >= self.most:
            raise Full
        reader = Reader()
        self._all.add(reader)
        try:
            yield reader
        finally:
            reader.arriving, reader.seen = False, monotonic()
            if reader.kernel_id is None:
                self._all.discard(reader)

    def look(self, kernels: Any) -> list[str]:
        """Looks at the kernels of a kernel manager; the ids of those that have to end."""
        now, ending = monotonic(), []
        for reader in list(self._all):
            if reader.arriving or reader.kernel_id is None:
                continue
            if reader.kernel_id not in kernels:
                self._all.discard(reader)
            elif kernels._kernel_connections.get(reader.kernel_id, 0) > 0:
                reader.connected, reader.seen = True, now
            elif now - reader.seen > (self._back if reader.connected else self._come):
                ending.append(reader.kernel_id)
        return ending


class Recorded:
    """A kernel manager that tells which kernel a reader got; all else is as it is."""

    def __init__(self, kernels: Any, reader: Reader) -> None:
        self._kernels, self._reader = kernels, reader

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernels, name)

    async def start_kernel(self, **options: Any) -> str:
        """Starts a kernel for the reader."""
        return self._record(await self._kernels.start_kernel(**options))

    async def get_rendered_notebook(self, **options: Any) -> Any:
        """Hands the reader a kernel that waits with the page."""
        found = await self._kernels.get_rendered_notebook(**options)
        self._record(found[2])
        return found

    def _record(self, kernel_id: str) -> str:
        self._reader.kernel_id, self._reader.seen = kernel_id, monotonic()
        return kernel_id
