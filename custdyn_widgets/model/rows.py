"""The rows that every report has: their words, units, formulas, and when they are N/A."""

from __future__ import annotations

from typing import Literal

from custdyn_widgets.model.definitions import (
    ACTIVATIONS,
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    OVERALL_ACTIVE,
    PACKAGE,
    PACKAGE_FLOWS,
    PACKAGES,
    PAY_AS_YOU_GO,
    REFILLS,
    RENEWALS,
    USE,
    BlockDefinition,
    RowDefinition,
)
from custdyn_widgets.model.formulas import (
    BalanceTerm,
    FlowTerm,
    Formula,
    Measure,
    clients,
    entries,
    money,
)
from custdyn_widgets.model.na_reasons import NA

ACTIVE_CLIENTS = clients(f"{ACTIVE}: Qty", ACTIVE)
_REFILL_TOTAL = money(f"{BALANCE_REFILL}: Total", FlowTerm(REFILLS))
_REFILL_QTY = entries(f"{BALANCE_REFILL}: Qty", REFILLS)
_REFILL_WORDS = (
    "Number of balance refills within the bucket.",
    "Sum of the balance refills within the bucket.",
)
_USE_WORDS = "Sum of pay-as-you-go entries, credits included."
_USE_TOTAL = money(f"{PAY_AS_YOU_GO}: Total", FlowTerm(USE))


def _client_block(name: str, whose: str) -> BlockDefinition:
    balance = money(f"{name}: Balance", BalanceTerm(name))

    def part(row: str, keep: Literal["positive", "negative"]) -> RowDefinition:
        formula = Formula(money(f"{name}: {row}", BalanceTerm(name, keep=keep)))
        words = f"Sum of the {keep} balances of {whose}."
        return RowDefinition(row, "money", words, formula, empty=NA.NO_BALANCE)

    counted = Formula(clients(f"{name}: Qty", name), companion=balance)
    none = NA.NO_CLIENT if name == ACTIVE else None
    words = f"Sum of all balances of {whose}."
    rows = (
        RowDefinition("Qty", "quantity", f"Number of {whose}.", counted),
        part("Balance Pos", "positive"),
        part("Balance Neg", "negative"),
        RowDefinition("Balance", "money", words, Formula(balance), empty=none),
    )
    return BlockDefinition(name, f"{whose[0].upper()}{whose[1:]}.", rows)


def _flow_rows(
    block: str, flow: str, words: tuple[str, str], prefix: str = ""
) -> tuple[RowDefinition, RowDefinition]:
    """The number of a flow's entries, and their sum."""
    total = money(f"{block}: {prefix}Total", FlowTerm(flow))
    counted = Formula(entries(f"{block}: {prefix}Qty", flow), companion=total)
    return (
        RowDefinition(f"{prefix}Qty", "quantity", words[0], counted),
        RowDefinition(f"{prefix}Total", "money", words[1], Formula(total), NA.NO_ENTRY),
    )


def _package_rows(block: str, which: str) -> tuple[RowDefinition, ...]:
    counts = "activations of {}.", "renewals of {}, the first one at an activation included."
    words = [f"Number of {count}".format(which) for count in counts]
    sums = [f"Sum charged for {kind} of {which}." for kind in ("activations", "renewals")]
    return (
        *_flow_rows(block, ACTIVATIONS, (words[0], sums[0]), "Activation "),
        *_flow_rows(block, RENEWALS, (words[1], sums[1]), "Renew "),
    )


BLOCKS = (
    _client_block(
        ACTIVE,
        "clients with a charge within the bucket or the Active Duration months before it",
    ),
    _client_block(OVERALL_ACTIVE, "clients with a charge at any time before the bucket's end"),
    _client_block(ALL, "clients that pass the filters and exist at the bucket's end"),
    BlockDefinition(
        BALANCE_REFILL,
        "Entries of kind refill within the bucket.",
        (
            *_flow_rows(BALANCE_REFILL, REFILLS, _REFILL_WORDS),
            RowDefinition(
                "Avg",
                "money",
                "Average refill: Total divided by Qty.",
                Formula(_REFILL_TOTAL, _REFILL_QTY),
                NA.NO_ENTRY,
            ),
        ),
    ),
    BlockDefinition(
        PAY_AS_YOU_GO,
        "Spent on services outside packages, within the bucket.",
        (
            RowDefinition("Total", "money", _USE_WORDS, Formula(_USE_TOTAL), NA.NO_ENTRY),
            RowDefinition(
                "Active Avg",
                "money",
                "Total divided by Clients - Active: Qty.",
                Formula(_USE_TOTAL, ACTIVE_CLIENTS),
                NA.NO_ENTRY,
                NA.NOBODY_ACTIVE,
            ),
        ),
    ),
    BlockDefinition(
        PACKAGES, "Activations and renewals of packages.", _package_rows(PACKAGES, "all packages")
    ),
)
"""The blocks every report has, in order."""

PACKAGE_BLOCK = BlockDefinition(
    PACKAGE, "Activations and renewals of one package.", _package_rows(PACKAGE, "this package")
)
"""A block for each package, if the query groups by package."""


def revenue(client_set: str | None = None) -> Measure:
    """What clients spent on use and on all packages that count; of clients of a set, or all."""
    terms = (FlowTerm(flow, client_set=client_set, sign=-1) for flow in (USE, *PACKAGE_FLOWS))
    return money("Revenue", *terms)


def revenue_of(package: str | None = None) -> Measure:
    """What clients spent on a package; on use and all packages that count, without one."""
    if package is None:
        return revenue()
    return money("Package revenue", *(FlowTerm(flow, package, sign=-1) for flow in PACKAGE_FLOWS))
