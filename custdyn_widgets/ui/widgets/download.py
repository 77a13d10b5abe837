"""A button that makes a file when it is pressed and hands it to the browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.ui.error_boundary import unexpected
from custdyn_widgets.ui.widgets.button import Press

FILES = {"csv": "CSV", "xlsx": "XLSx", "xls": "XLS"}
MakeFile = Callable[[], tuple[str, str, bytes]]


class Download(Press):
    """`make` gives name, media type and bytes; they go through the browser, never a disk."""

    def __init__(self, make: MakeFile, tell: Callable[[str], None], **traits: Any) -> None:
        super().__init__(self.send_file, tell, **{"icon": "save", "waits": True, **traits})
        self._make = make
        self._tell = tell

    def send_file(self) -> None:
        """Hands the file to the browser, as a press does."""
        try:
            name, media_type, made = self._make()
        except Exception as error:
            self.send({"type": "failed"})
            self._tell(str(error) if isinstance(error, CustdynError) else unexpected(error))
            return
        self.send({"type": "file", "name": name, "media": media_type}, buffers=[made])
