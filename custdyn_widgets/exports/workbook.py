"""Writing XLSX: safe text, shared styles, no clock in the file."""

from __future__ import annotations

import re
import shutil
import tempfile
import zipfile
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, BinaryIO

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.worksheet._write_only import WriteOnlyWorksheet

EPOCH_OF_ZIP = (1980, 1, 1, 0, 0, 0)
ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
"""Text that a reader of XLSX would take for an escaped character."""
IN_MEMORY = 1 << 24


def style_of(page: WriteOnlyWorksheet, **parts: Any) -> Any:
    """The style array of font, fill, alignment and number format, for `written`."""
    cell = WriteOnlyCell(page)
    for name, part in parts.items():
        setattr(cell, name, part)
    return cell._style


def written(
    page: WriteOnlyWorksheet, value: str | int | Decimal | datetime, style: Any
) -> WriteOnlyCell:
    """A cell: text is text whatever it begins with; instants have no zone."""
    if isinstance(value, str):
        made = WriteOnlyCell(page, ESCAPED.sub("_x005F_", value))
        made.data_type = "s"  # last: a leading = would have made it a formula, #N/A an error
    else:
        made = WriteOnlyCell(page, value)
    made._style = style
    return made


def save(book: Workbook, file: BinaryIO, as_of: datetime) -> None:
    """Writes a workbook made at `as_of` (aware): the same content gives the same bytes.

    Its parts are dated alike and the time of saving is taken out. Nothing large is held in
    memory.
    """
    moment = as_of.astimezone(UTC).replace(tzinfo=None, microsecond=0)
    book.properties.creator = "custdyn_widgets"
    book.properties.created = book.properties.modified = moment
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as made:
        book.save(made)
        made.seek(0)
        with (
            zipfile.ZipFile(made) as before,
            zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as after,
        ):
            for name in sorted(before.namelist()):
                dated = zipfile.ZipInfo(name, EPOCH_OF_ZIP)
                dated.compress_type = zipfile.ZIP_DEFLATED
                with before.open(name) as part, after.open(dated, "w", force_zip64=True) as copy:
                    if name == "docProps/core.xml":
                        copy.write(_at(part.read(), moment))
                    else:
                        shutil.copyfileobj(part, copy)


def _at(core: bytes, moment: datetime) -> bytes:
    return re.sub(
        rb"(<dcterms:(created|modified)[^>]*>)[^<]*",
        lambda found: found.group(1) + f"{moment.isoformat()}Z".encode(),
        core,
    )
