"""A button that makes a file and hands it to the browser."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable
from typing import Any, BinaryIO

from custdyn_widgets.files import MEDIA_TYPES
from custdyn_widgets.ui.error_boundary import words_of
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.widgets.button import Button

FILES = {"csv": "CSV", "xlsx": "XLSx", "xls": "XLS"}
MakeFile = Callable[[], tuple[str, str, bytes]]
PART = 4 << 20
PATIENCE = 120.0
"""Seconds that the browser may take for a part."""


class Download(Button):
    """`make` gives name, media type and bytes; they go through the browser, never a disk."""

    def __init__(self, make: MakeFile, on_error: Callable[[str], None], **traits: Any) -> None:
        super().__init__(self.send_file, on_error, **{"icon": "save", "waits": True, **traits})
        self._make = make
        self._tell = on_error

    def send_file(self) -> None:
        """Hands the file to the browser, as a press does."""
        try:
            name, media_type, made = self._make()
        except Exception as error:
            self.send({"type": "failed"})
            self._tell(words_of(error))
            return
        self.send({"type": "file", "name": name, "media": media_type}, buffers=[made])


class StreamedDownload(Button):
    """`make` writes a file of a kind and gives its name; the browser asks for part after part."""

    def __init__(
        self,
        kind: str,
        make: Callable[[str, BinaryIO], str],
        on_error: Callable[[str], None],
        **traits: Any,
    ) -> None:
        super().__init__(self._begin, on_error, **{"icon": "save", "waits": True, **traits})
        self._kind, self._make, self._tell = kind, make, on_error
        self._taken = threading.Event()

    def _begin(self) -> None:
        in_background(self._work, stop=self._taken.set)

    def _work(self) -> None:
        try:
            with tempfile.TemporaryFile() as file:
                name = self._make(self._kind, file)
                file.seek(0)
                while part := file.read(PART):
                    self._taken.clear()
                    self.send({"type": "part"}, buffers=[part])
                    if not self._taken.wait(PATIENCE):
                        return  # nobody is there any more
            self.send({"type": "file", "name": name, "media": MEDIA_TYPES[self._kind]})
        except Exception as error:
            self.send({"type": "failed"})
            self._tell(words_of(error))

    def _received(self, widget: object, content: object, buffers: object) -> None:
        if isinstance(content, dict) and content.get("type") == "taken":
            self._taken.set()
        else:
            super()._received(widget, content, buffers)
