"""The five tables of a source: their columns, and how each is read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Reads(StrEnum):
    """How a column is read."""

    ID = "id"
    TEXT = "text"
    INSTANT = "instant"
    DATE = "date"
    AMOUNT = "amount"
    NUMBER = "number"
    WHOLE = "whole number"


NUMBERS = (Reads.AMOUNT, Reads.NUMBER)
"""What may have a fraction."""


@dataclass(frozen=True)
class Column:
    """A column of one of the five tables; `listed`: only lists and cards show it."""

    name: str
    reads: Reads
    required: bool = False
    listed: bool = False


@dataclass(frozen=True)
class Table:
    """One of the five tables; `key` is the column (or columns) that names a row."""

    name: str
    required: bool
    key: tuple[str, ...]
    unique: bool
    columns: tuple[Column, ...]

    def column(self, name: str) -> Column:
        """The column of that name."""
        return next(column for column in self.columns if column.name == name)


CLIENT_TYPES = {
    "client": "Client",
    "reseller": "Reseller",
    "calling_card": "Calling Card",
    "call_shop": "Call Shop",
}
"""The values of `clients.type` and their labels."""

REFILL = "refill"
PAYG = "payg"
ACTIVATION = "package_activation"
RENEWAL = "package_renewal"
PACKAGE_KINDS = (ACTIVATION, RENEWAL)
PAID_KINDS = (PAYG, *PACKAGE_KINDS)
"""The kinds of a paid use: see `sources/paid_use.py`."""
NAMED_KINDS = (REFILL, *PAID_KINDS)
ORIG, TERM = "orig", "term"
"""The directions of pay-as-you-go use: of the client's, and what it is paid for."""
OTHER_KIND = "other"
"""Every other kind moves the balance only."""
KIND_NAMES = {
    REFILL: "refills",
    PAYG: "pay-as-you-go",
    ACTIVATION: "package activations",
    RENEWAL: "package renewals",
    OTHER_KIND: "other entries",
}

MAX_DECIMALS = 12
MAX_INTEGER_DIGITS = 26


def _columns(required: str, optional: str = "", listed: str = "") -> tuple[Column, ...]:
    def parse(text: str, *kind: bool) -> list[Column]:
        pairs = [word.split(":") for word in text.split()]
        return [Column(name, Reads[reads.upper()], *kind) for name, reads in pairs]

    return (*parse(required, True), *parse(optional), *parse(listed, False, True))


TABLES = {
    table.name: table
    for table in (
        Table(
            "clients",
            required=True,
            key=("client_id",),
            unique=True,
            columns=_columns(
                "client_id:id name:text type:text currency:text created_at:instant",
                "owner_id:id closed_at:instant",
            ),
        ),
        Table(
            "client_tags",
            required=False,
            key=("client_id",),
            unique=False,
            columns=_columns("client_id:id tag:text"),
        ),
        Table(
            "packages",
            required=False,
            key=("package_id",),
            unique=True,
            columns=_columns("package_id:id name:text", "description:text period_months:whole"),
        ),
        Table(
            "ledger",
            required=True,
            key=("entry_id",),
            unique=False,  # a pass of its own: found by `custdyn check`
            columns=_columns(
                "entry_id:id client_id:id occurred_at:instant kind:text amount:amount",
                "package_id:id recorded_at:instant",
                "service:text direction:text destination:text quantity:number description:text",
            ),
        ),
        Table(
            "rates",
            required=False,
            key=("currency", "valid_from"),
            unique=True,
            columns=_columns("currency:text valid_from:date rate:number"),
        ),
    )
}
