"""Text and numbers in files: never a formula, never cut or rounded silently."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\0", "＝", "＋", "－", "＠")
"""Text that starts so could be taken for a formula by a spreadsheet (OWASP ASVS 1.2.10)."""
BLANKS = " \ufeff\xa0"
MAX_CHARACTERS = 32_767
REPLACEMENT = "\ufffd"


def guarded(text: str) -> str:
    """Text for CSV: an apostrophe in front where it could be taken for a formula."""
    return f"'{text}" if text.lstrip(BLANKS).startswith(FORMULA_STARTS) else text


def is_exact(value: int | Decimal) -> bool:
    """Whether a spreadsheet, whose numbers are doubles of 15 digits, holds a value exactly."""
    digits = str(abs(value)).replace(".", "").strip("0")
    return len(digits) <= 15 and Decimal(repr(float(value))) == value


@dataclass
class Cleaner:
    """Makes text fit for a spreadsheet file and remembers what it had to change."""

    replaced: int = 0
    cut: int = 0
    changed: list[str] = field(default_factory=list)

    def clean(self, text: str) -> str:
        """Without control characters and half characters, and not longer than a cell holds."""
        fit = "".join(REPLACEMENT if unfit(one) else one for one in text)
        self.replaced += fit != text
        if _units(fit) > MAX_CHARACTERS:
            self.cut += 1
            while _units(fit) > MAX_CHARACTERS - 1:
                fit = fit[: len(fit) - max((_units(fit) - MAX_CHARACTERS) // 2, 1)]
            fit += "…"
        return fit


def _units(text: str) -> int:
    """The length as spreadsheets count it: in UTF-16 units."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def unfit(character: str) -> bool:
    """Whether a spreadsheet file cannot hold a character as it is."""
    code = ord(character)
    return (
        (code < 32 and character not in "\t\n")
        or 0xD800 <= code <= 0xDFFF
        or code in (0x7F, 0xFFFE, 0xFFFF)
    )
