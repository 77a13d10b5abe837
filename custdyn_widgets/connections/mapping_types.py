"""The types of raw columns: text as a system gives it, read exactly by DuckDB."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import duckdb

from custdyn_widgets.connections.sql import literal
from custdyn_widgets.model.currencies import currency_names, minor_units
from custdyn_widgets.sources.suggestions import meant

NAMES = ("int", "decimal", "float32", "text", "unix", "datetime", "minor")
DECIMALS = 12
AMOUNT = "DECIMAL(38,12)"
_TOO_FINE = rf"\.\d{{{DECIMALS}}}\d*[1-9]"
_INSTANT = r"^\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$"
_WITH_OFFSET = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}(:?\d{2})?)$"
_ZERO = r"^(0000-00-00.*|0(\.0+)?)$"
"""What MySQL writes for no date, and UNIX_TIMESTAMP() for it."""


@dataclass(frozen=True)
class Style:
    """How a file writes numbers, and its names of months, January first (none: English)."""

    decimal: str = "."
    thousands: str = ""
    months: tuple[str, ...] = ()


@dataclass(frozen=True)
class ColumnType:
    """How a raw column is read.

    `name`: one of NAMES. `format` and `zone` are of `datetime` (None: ISO 8601; UTC). `currency`
    is, for `minor`, the column that says whose minor units (such as cents) the numbers are.
    `style`: how numbers and months are written in this file.
    """

    name: str
    format: str | None = None
    zone: str = "UTC"
    currency: str | None = None
    style: Style = Style()

    @classmethod
    def parse(cls, text: str, style: Style = Style()) -> ColumnType:
        """The type that a mapping names, such as `datetime:%d.%m.%Y@Europe/Berlin`.

        Raises ValueError, in words.
        """
        kind, _, rest = text.partition("@")
        kind, _, format_ = kind.partition(":")
        if kind not in NAMES:
            raise ValueError(f"{text!r} is no type of a column: give one of {', '.join(NAMES)}")
        if kind == "minor":
            if not rest:
                raise ValueError("minor needs the column of the currency, such as minor@currency")
            return cls(kind, currency=rest, style=style)
        if kind != "datetime" and (rest or format_):
            raise ValueError(f"{text!r}: only datetime has a format or a zone")
        if kind == "datetime":
            if not rest:
                raise ValueError(f"{text!r} names no zone: write {text}@UTC, or {text}@Europe/Rome")
            try:
                ZoneInfo(rest)
            except (KeyError, OSError, ValueError):
                near = meant(rest, available_timezones())
                hint = f"; did you mean {near}?" if near else ", give a place such as Europe/Rome"
                raise ValueError(f"{text!r}: there is no zone {rest!r}{hint}") from None
            if format_ and not is_format(format_):
                raise ValueError(f"{text!r}: {format_!r} is no form such as %d.%m.%Y %H:%M:%S")
        return cls(kind, format_ or None, rest or "UTC", style=style)

    @property
    def sql_type(self) -> str:
        """What DuckDB keeps it as."""
        return {
            "int": "BIGINT",
            "text": "VARCHAR",
            "unix": "TIMESTAMP",
            "datetime": "TIMESTAMP",
        }.get(self.name, AMOUNT)

    @property
    def remedy(self) -> str:
        """What a value looks like, or how it is declared otherwise."""
        if self.name == "datetime":
            form = f"the form {self.format}" if self.format else "the form 2026-01-31 23:59:59"
            return f"it must have {form}; declare another as datetime:%d.%m.%Y %H:%M@{self.zone}"
        if self.name == "minor":
            return f"a number of minor units, whose currency the column {self.currency} names"
        if self.name in ("int", "unix"):
            return "a whole number" if self.name == "int" else "seconds since 1970"
        grouped = f" and thousands {self.style.thousands!r}" if self.style.thousands else ""
        return f"read with decimal {self.style.decimal!r}{grouped}: say it in system.toml"

    def given(self, value: str) -> str:
        """SQL: the text that has to be read; null where there is nothing to read."""
        if self.name == "text":
            return value
        text = f"NULLIF(trim({value}), '')"
        if self.name in ("unix", "datetime"):
            text = self._with_months(text)
            none = f"starts_with({text}, '0') AND regexp_matches({text}, '{_ZERO}')"
            return f"CASE WHEN {none} THEN NULL ELSE {text} END"
        return self._with_point(text)

    def _with_months(self, text: str) -> str:
        """Names of months become their numbers."""
        for number, name in sorted(enumerate(self.style.months, 1), key=lambda one: -len(one[1])):
            text = f"regexp_replace({text}, {literal(re.escape(name))}, '{number:02d}', 'i')"
        return text

    def _with_point(self, text: str) -> str:
        """A number with a decimal point; one that is grouped otherwise than declared stays."""
        point, group = self.style.decimal, self.style.thousands
        if (point, group) == (".", ""):
            return text
        grouped = rf"\d{{1,3}}({re.escape(group)}\d{{3}})+|" if group else ""
        shape = rf"^[+-]?({grouped}\d*)({re.escape(point)}\d*)?$"
        bare = f"replace({text}, {literal(group)}, '')" if group else text
        read = f"replace({bare}, {literal(point)}, '.')"
        return (
            f"CASE WHEN regexp_matches({text}, {literal(shape)}) THEN {read} ELSE '?' || {text} END"
        )

    def read(self, value: str) -> str:
        """SQL: the value of a text (see `given`); null where it cannot be read."""
        if self.name == "text":
            return value
        if self.name == "int":
            whole = f"translate({value}, '0123456789', '') IN ('', '-', '+')"
            return f"CASE WHEN {whole} THEN TRY_CAST({value} AS BIGINT) END"
        if self.name == "float32":
            # the shortest decimal that is this 32-bit number: 108.9999, which MySQL shows as 109
            single = f"TRY_CAST({value} AS FLOAT)"
            return f"CASE WHEN isfinite({single}) THEN {_decimal(f'{single}::VARCHAR')} END"
        if self.name == "unix":
            seconds = f"TRY_CAST({value} AS DECIMAL(20,6))"
            whole = f"TRY_CAST(split_part({value}, '.', 1) AS BIGINT) * 1000000"
            rest = f"TRY_CAST(rpad(split_part({value}, '.', 2), 6, '0') AS BIGINT)"
            return (
                f"CASE WHEN translate({value}, '0123456789.', '') = '' AND length({value}) < 20 "
                f"THEN make_timestamp({whole} + {rest}) "
                f"ELSE make_timestamp(CAST({seconds} * 1000000 AS BIGINT)) END"
            )
        if self.name == "datetime":
            return self._instant(value)
        number = f"translate({value}, '0123456789.eE+-', '') = ''"
        short = f"length({value}) - strpos({value}, '.') <= {DECIMALS}"
        whole = f"({short} OR NOT regexp_matches({value}, '{_TOO_FINE}'))"
        kept = (
            f"(NOT regexp_matches({value}, '[eE]-') OR {value}::DOUBLE = {_decimal(value)}::DOUBLE)"
        )
        return f"CASE WHEN {number} AND {whole} AND {kept} THEN {_decimal(value)} END"

    def _instant(self, value: str) -> str:
        if self.format is not None:
            months = bool(self.style.months)
            shape = re.sub("%[bB]", "%m", self.format) if months else self.format
            read = f"TRY_STRPTIME({value}, {literal(shape)})"  # %Y takes 26 for the year 26
            return self._in_utc(f"CASE WHEN year({read}) >= 1000 THEN {read} END")
        plain, offset = (f"regexp_matches({value}, '{one}')" for one in (_INSTANT, _WITH_OFFSET))
        aware = f"TRY_CAST({value} AS TIMESTAMPTZ)::TIMESTAMP"
        local = self._in_utc(f"TRY_CAST({value} AS TIMESTAMP)")
        usual = f"length({value}) = 19 AND translate({value}, '0123456789-: T', '') = ''"
        return (
            f"CASE WHEN {usual} THEN {local} WHEN {plain} THEN {local} "
            f"WHEN {offset} THEN {aware} END"
        )

    def _in_utc(self, local: str) -> str:
        if self.zone == "UTC":
            return local
        return f"CAST(timezone('{self.zone}', {local}) AS TIMESTAMP)"


def is_too_fine(text: str) -> bool:
    """Whether a number has more decimals than an amount can have."""
    return re.search(_TOO_FINE, text) is not None


@cache
def is_format(text: str) -> bool:
    """Whether instants can be read in this form."""
    try:
        duckdb.execute("SELECT try_strptime('', ?)", [text])
    except duckdb.Error:
        return False
    return True


def major_units(amount: str, currency: str) -> str:
    """SQL: an amount in minor units, such as cents, in whole ones; null for an unknown currency.

    How many decimals a currency has is ISO 4217's to say: 0 for JPY, 3 for KWD.
    """
    by_digits: dict[int, list[str]] = {}
    for code in currency_names():
        by_digits.setdefault(minor_units(code), []).append(code)
    cases = " ".join(
        f"WHEN upper({currency}) IN ({', '.join(repr(code) for code in sorted(codes))}) "
        f"THEN CAST({_shifted(amount, digits)} AS {AMOUNT})"
        for digits, codes in sorted(by_digits.items())
    )
    return f"CASE {cases} END"


def _decimal(text: str) -> str:
    """SQL: a number as AMOUNT; a short one by way of 64 bits, which is eighty times as fast."""
    point = f"strpos({text}, '.')"
    decimals = f"length({text}) - {point} <= 6 AND {point} <= 12"
    short = f"(CASE {point} WHEN 0 THEN length({text}) <= 11 ELSE {decimals} END)"
    plain = f"{short} AND translate({text}, '0123456789.+-', '') = ''"
    narrow = f"TRY_CAST({text} AS DECIMAL(18,6))::{AMOUNT}"
    return f"CASE WHEN {plain} THEN {narrow} ELSE TRY_CAST({text} AS {AMOUNT}) END"


def _shifted(amount: str, digits: int) -> str:
    one = re.sub("e-0*", "e-", f"{10.0**-digits:.{digits}f}")
    return f"CAST({amount} AS DECIMAL(26,6)) * {one}::DECIMAL({digits + 1},{digits})"
