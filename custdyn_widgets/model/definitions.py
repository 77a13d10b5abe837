"""What defines a row or a block (they are in `rows.py`); names of blocks, flows and sets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from custdyn_widgets.model.formulas import Formula
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.schema import ACTIVATION, PACKAGE_KINDS, PAYG, REFILL, RENEWAL
from custdyn_widgets.words import tr

Unit = Literal["quantity", "money", "percent", "ratio"]
BRIDGE = "Bridge"
MOVEMENTS = "Movements"
SENSITIVITY = "Sensitivity"
OPENING, CLOSING, CLOSED, FX, ROUNDING = "Opening", "Closing", "Closed", "FX", "Rounding"
ENTERED, LEFT = "Entered", "Left"
REFILLS, USE, OTHER = "Refill", "Pay As You Go", "Other"
ACTIVATIONS, RENEWALS = "Package Activation", "Package Renewal"
FLOWS = (REFILLS, USE, ACTIVATIONS, RENEWALS, OTHER)
"""The flows of a bridge, in its order."""
PACKAGE_FLOWS = (ACTIVATIONS, RENEWALS)
NEW, REACTIVATED, RETAINED, LAPSED = "New", "Reactivated", "Retained", "Lapsed"
CHURN_RATE, AVERAGE_REVENUE = "Churn Rate", "Average Revenue"
MOVED = (NEW, REACTIVATED, RETAINED, LAPSED)
"""The sets of clients that Movements is of."""
SENSITIVE_MONTHS = (1, 2, 3, 6, 12)
"""The active durations that Sensitivity compares."""
ALL_EVER = "everyone"
"""The set of all clients that pass the filters, closed or not: opening + flows = closing."""
CLOSED_CLIENTS = "closed"
"""The set of the clients that are closed at the bucket's end."""


@dataclass(frozen=True)
class RowDefinition:
    """A row of the report: its name, its unit, its definition in words, and its formula.

    A cell is N/A for the reason `empty` where the numerator counts no client or entry, and for
    the reason `undefined` where the denominator is 0; without a reason it is 0. A row without a
    formula is not computed from clients.
    """

    name: str
    unit: Unit
    description: str
    formula: Formula | None = None
    empty: NA | None = None
    undefined: NA | None = None


@dataclass(frozen=True)
class BlockDefinition:
    """A block of rows under one title."""

    name: str
    description: str
    rows: tuple[RowDefinition, ...]


ACTIVE = "Clients - Active"
OVERALL_ACTIVE = "Clients - Overall Active"
ALL = "Clients - All"
BALANCE_REFILL = "Balance Refill"
PAY_AS_YOU_GO = "Pay As You Go"
PACKAGES = "Packages"
PACKAGE = "Package"
OWN = "My rows"
"""The block of the rows that a query defines itself."""
NO_PACKAGE = "(no package)"
CLASSES = (ACTIVE, OVERALL_ACTIVE, ALL)
"""The classes of clients that the report's first blocks are of."""


@dataclass(frozen=True)
class LineDefinition:
    """One of the lines of a row when two periods are compared."""

    label: str
    description: str


LINES = {
    "value": LineDefinition("Value", tr("The figure of the period itself.")),
    "other": LineDefinition("Compared", tr("The same figure in the period compared with.")),
    "delta": LineDefinition("Δ", tr("The figure minus the compared one, from unrounded figures.")),
    "percent": LineDefinition(
        "Δ %", tr("Δ in percent of the size of the compared figure, so its sign is that of Δ.")
    ),
}
"""The lines of a compared row, in order; a row that is not compared has the first one only."""
CHANGES = ("delta", "percent")
PERCENT_DECIMALS = 1
RATIO_DECIMALS = 2


GRAINS = (60, 15)
"""Minutes that a rollup rounds instants down to."""
OPENINGS = ("created", "horizon", "none")
"""When `connect` dates balances that nothing recorded explains, or that it books none."""
LIST_FORMATS = ("csv", "xlsx")
"""What lists are filed as."""

FINDINGS = {
    "unknown_clients": tr("Unknown clients"),
    "duplicates": tr("Duplicates"),
    "before_creation": tr("Before client was created"),
    "gaps": tr("Days without entries"),
    "no_rates": tr("Missing rates"),
}
"""What is looked for in the data, besides errors."""


def entered(name: str) -> str:
    """The set of the clients that came into a class."""
    return f"{ENTERED} {name}"


def left(name: str) -> str:
    """The set of the clients that dropped out of a class."""
    return f"{LEFT} {name}"


def stayed(name: str) -> str:
    """The set of the clients that were in a class and still are."""
    return f"Stayed {name}"


def active_row(months: int) -> str:
    """The row of Sensitivity for an active duration, and the set of its clients."""
    return f"Active Qty - {months} Month{'s' if months > 1 else ''}"


def bridge_of(name: str) -> str:
    """The block that bridges a class of clients."""
    return BRIDGE if name == ALL else f"{BRIDGE} - {name.partition(' - ')[2]}"


def flow_of(kind: str, *, counted: bool) -> str:
    """The flow of an entry; `counted`: the package filter lets entries of its package count."""
    if kind in PACKAGE_KINDS and not counted:
        return OTHER
    named = {REFILL: REFILLS, PAYG: USE, ACTIVATION: ACTIVATIONS, RENEWAL: RENEWALS}
    return named.get(kind, OTHER)
