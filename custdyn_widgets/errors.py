"""Errors: each says what is wrong, the value, and the remedy."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

PACKAGE = f"{Path(__file__).parent}{os.sep}"


class Brief(BaseException):
    """An exception of which a notebook shows two lines: where in the cell, and the message."""

    def _render_traceback_(self) -> list[str]:
        where = ""
        for frame in traceback.extract_tb(self.__traceback__):
            if frame.filename.startswith(PACKAGE):
                break
            where = f"line {frame.lineno}: {frame.line}"
        return [where, f"{type(self).__name__}: {self}"]


class CustdynError(Brief, Exception):
    """Any fault this package reports; `exit_code` is what the command line ends with."""

    exit_code = 1


class Interrupted(Brief, KeyboardInterrupt):
    """Ctrl+C, or an interrupt of the kernel, while a source was read."""

    def __init__(self) -> None:
        super().__init__("interrupted; nothing is left of it")


@dataclass(frozen=True)
class DataFault:
    """One thing wrong with the data: where, how often, up to three ids, and the first value.

    `remedy` says what would be right.
    """

    table: str
    column: str | None
    count: int
    what: str
    ids: tuple[str, ...] = ()
    value: str | None = None
    remedy: str = ""

    def __str__(self) -> str:
        place = self.table if self.column is None else f"{self.table}.{self.column}"
        times = f" in {self.count} row{'s' if self.count != 1 else ''}" if self.count else ""
        ids = f" ({', '.join(self.ids)})" if self.ids else ""
        value = repr((self.value or "")[:60]).replace("\\xa0", " ").replace("\\u202f", " ")
        first = "" if self.value is None else f": {value}"
        remedy = f"; {self.remedy}" if self.remedy else ""
        return f"{place}: {self.what}{times}{ids}{first}{remedy}"


class DataError(CustdynError):
    """The data breaks a rule of the five tables (docs/definitions.md), so no report is made."""

    def __init__(self, faults: Iterable[DataFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("the data cannot be used: " + "; ".join(map(str, self.faults)))


@dataclass(frozen=True)
class FieldFault:
    """One thing wrong with a field of a query."""

    field: str
    value: object
    what: str

    def __str__(self) -> str:
        given = "" if self.value is None else f" {_shortened(self.value)}"
        return f"{self.field}:{given} {self.what}" if self.field else self.what


class QueryError(CustdynError):
    """A query cannot be understood; all its faults at once."""

    exit_code = 2

    def __init__(self, faults: Iterable[FieldFault]) -> None:
        self.faults = tuple(faults)
        super().__init__("the query cannot be run: " + "; ".join(map(str, self.faults)))


class SourceError(CustdynError):
    """A source cannot be opened or read."""

    exit_code = 2

    def __init__(self, source: str, what: str, remedy: str) -> None:
        super().__init__(f"source {source}: {what}; {remedy}")


class TooManyDigits(SourceError):
    """A sum of amounts does not fit the widest decimal."""

    def __init__(self, source: str) -> None:
        super().__init__(source, "a sum has more than 38 digits", "use fewer decimals")


class TooFine(CustdynError):
    """A query asks a rollup for edges that lie within its stretches."""

    exit_code = 2


class SourceChanged(CustdynError):
    """The data of a source changed while a report was being made, or `since`."""

    def __init__(self, source: str, *, since: bool = False) -> None:
        what = "it changed while the report was read"
        if since:
            what = "it changed since the report was made, and no longer adds up to it"
        super().__init__(f"source {source}: {what}; run it again")


class MissingRates(CustdynError):
    """A conversion needs rates that the source does not have."""

    def __init__(
        self,
        to: str,
        first_dates: Mapping[str, date],
        no_currencies: Iterable[str] = (),
        fixed: date | None = None,
    ) -> None:
        self.first_dates = dict(first_dates)
        days = {name: f"from {day}" if fixed is None else f"on {fixed}"
                for name, day in sorted(first_dates.items())}  # fmt: skip
        named = ", ".join(f"{name} {day}" for name, day in days.items())
        wrong = "; ".join(no_currencies)
        how = "add the rates, use rate_policy = current, or choose another currency"
        if fixed is not None:  # at whose rates everything is converted
            how = "add the rates, or choose another currency"
        super().__init__(f"no rate in force to convert to {to}: {named}; {wrong or how}")


class IdentityError(CustdynError):
    """Two ways to one figure disagree: the report is withheld."""

    def __init__(self, identity: str, differences: Sequence[str]) -> None:
        shown = "; ".join(differences[:5])
        super().__init__(
            f"the report does not add up ({identity}): {shown}; please report this with its query"
        )


class NoReport(CustdynError):
    """Something of a report was asked for before there was one."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__("there is no report yet: press Query first (in Python: run())")


class NothingSelected(CustdynError):
    """What is behind a selection was asked for, and nothing is selected."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__("no figure is selected: click one, or set .selection")


class Cancelled(CustdynError):
    """The reader asked to stop."""

    def __init__(self) -> None:
        super().__init__("cancelled")


def _shortened(value: object, most: int = 80) -> str:
    try:
        shown = repr(value)
    except RecursionError:
        shown = f"a {type(value).__name__} that is nested too deep"
    return shown if len(shown) <= most else shown[: most - 1] + "…"
