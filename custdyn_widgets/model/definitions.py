"""Blocks, rows, fields and presets: names, labels and definitions in words, for everyone."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Unit = Literal["quantity", "money", "percent"]


class NA(StrEnum):
    """Why a cell is N/A."""

    NO_BALANCE = "no client of this class has such a balance"
    NO_CLIENT = "no client is in this class (Qty 0)"
    NO_ENTRY = "no such entry within the bucket"
    NOBODY_ACTIVE = "no client is active (Clients - Active: Qty is 0)"
    NOBODY_BEFORE = "no client was active in the bucket before"
    NO_COUNTERPART = "the period compared with has no such bucket"
    ONE_IS_NA = "one of the two figures is N/A"
    OF_ZERO = "the compared figure is 0"
    NO_PERIOD = "the package has no period_months"
    NOBODY_HOLDS = "no client holds the package"
    NO_INTERVAL = "no renewal within the bucket follows another entry of the package"
    NOTHING_SPENT = "pay-as-you-go use and packages add up to 0"


@dataclass(frozen=True)
class RowDefinition:
    """A row of the report: its name, what it counts in, and its definition in words."""

    name: str
    unit: Unit
    words: str


@dataclass(frozen=True)
class BlockDefinition:
    """A block of rows under one title."""

    name: str
    words: str
    rows: tuple[RowDefinition, ...]


ACTIVE = "Clients - Active"
OVERALL_ACTIVE = "Clients - Overall Active"
ALL = "Clients - All"
BALANCE_REFILL = "Balance Refill"
PAY_AS_YOU_GO = "Pay As You Go"
PACKAGES = "Packages"
PACKAGE = "Package"
NO_PACKAGE = "(no package)"

_ACTIVE_WORDS = (
    "clients with a paid use from Active Duration months before the bucket's start to its end"
)


def _client_block(name: str, whose: str) -> BlockDefinition:
    return BlockDefinition(
        name,
        f"{whose[0].upper()}{whose[1:]}.",
        (
            RowDefinition("Qty", "quantity", f"Number of {whose}."),
            RowDefinition("Balance Pos", "money", f"Sum of the positive balances of {whose}."),
            RowDefinition("Balance Neg", "money", f"Sum of the negative balances of {whose}."),
            RowDefinition("Balance", "money", f"Sum of all balances of {whose}."),
        ),
    )


def _package_rows(which: str) -> tuple[RowDefinition, ...]:
    return (
        RowDefinition("Activation Qty", "quantity", f"Number of activations of {which}."),
        RowDefinition("Activation Total", "money", f"Sum charged for activations of {which}."),
        RowDefinition(
            "Renew Qty",
            "quantity",
            f"Number of renewals of {which}, the first one at an activation included.",
        ),
        RowDefinition("Renew Total", "money", f"Sum charged for renewals of {which}."),
    )


BLOCKS = (
    _client_block(ACTIVE, _ACTIVE_WORDS),
    _client_block(OVERALL_ACTIVE, "clients with a paid use at any time before the bucket's end"),
    _client_block(ALL, "clients that pass the filters and exist at the bucket's end"),
    BlockDefinition(
        BALANCE_REFILL,
        "Entries of kind refill within the bucket.",
        (
            RowDefinition("Qty", "quantity", "Number of balance refills within the bucket."),
            RowDefinition("Total", "money", "Sum of the balance refills within the bucket."),
            RowDefinition("Avg", "money", "Average refill: Total divided by Qty."),
        ),
    ),
    BlockDefinition(
        PAY_AS_YOU_GO,
        "Spent on services outside packages, within the bucket.",
        (
            RowDefinition("Total", "money", "Sum of pay-as-you-go entries, credits included."),
            RowDefinition("Active Avg", "money", "Total divided by Clients - Active: Qty."),
        ),
    ),
    BlockDefinition(
        PACKAGES, "Activations and renewals of packages.", _package_rows("all packages")
    ),
)
"""The blocks every report has, in order."""

PACKAGE_BLOCK = BlockDefinition(
    PACKAGE, "Activations and renewals of one package.", _package_rows("this package")
)
"""The block that stands once for each package when the report is grouped by package."""


@dataclass(frozen=True)
class LineDefinition:
    """One of the lines in which a row stands when two periods are compared."""

    label: str
    words: str


LINES = {
    "value": LineDefinition("Value", "The figure of the period itself."),
    "other": LineDefinition("Compared", "The same figure in the period compared with."),
    "delta": LineDefinition("Δ", "The figure minus the compared one, from unrounded figures."),
    "percent": LineDefinition(
        "Δ %", "Δ in percent of the size of the compared figure, so its sign is that of Δ."
    ),
}
"""The lines of a compared row, in order; a row that is not compared has the first one only."""
CHANGES = ("delta", "percent")
PERCENT_DECIMALS = 1


GRAINS = (60, 15)
"""Minutes that a rollup rounds instants down to."""
LIST_FORMATS = ("csv", "xlsx")
"""What lists are filed as."""

FINDINGS = {
    "unknown_clients": "Unknown clients",
    "duplicates": "Duplicates",
    "before_creation": "Before creation",
    "gaps": "Gaps",
    "no_rates": "No rates",
}
"""What is looked for in the data, besides errors."""
