"""A button that makes a file when it is clicked and hands it to the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anywidget
import traitlets

from ..errors import CustdynError
from .border import unexpected
from .table import STATIC

MakeFile = Callable[[], tuple[str, str, bytes]]


class Download(anywidget.AnyWidget):
    """`make` gives name, media type and bytes; they go through the browser, never a disk."""

    _esm = STATIC / "download.js"
    label = traitlets.Unicode("Download").tag(sync=True)
    disabled = traitlets.Bool(False).tag(sync=True)

    def __init__(self, make: MakeFile, tell: Callable[[str], None], **traits: Any) -> None:
        super().__init__(**traits)
        self._make = make
        self._tell = tell
        self.on_msg(self._asked)

    def send_file(self) -> None:
        """Hands the file to the browser, as a click does."""
        try:
            name, media_type, made = self._make()
        except Exception as error:
            self.send({"type": "failed"})
            self._tell(str(error) if isinstance(error, CustdynError) else unexpected(error))
            return
        self.send({"type": "file", "name": name, "media": media_type}, buffers=[made])

    def _asked(self, _widget: object, content: object, _buffers: object) -> None:
        if isinstance(content, dict) and content.get("type") == "get":
            self.send_file()
