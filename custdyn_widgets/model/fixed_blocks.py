"""The rows that every report has, and those of each package: words, unit, formula, N/A."""

from __future__ import annotations

from typing import Literal

from custdyn_widgets.model.definitions import (
    ACTIVATIONS,
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    NA,
    OVERALL_ACTIVE,
    PACKAGE,
    PACKAGES,
    PAY_AS_YOU_GO,
    REFILLS,
    RENEWALS,
    USE,
    BlockDefinition,
    RowDefinition,
)
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Formula, clients, entries, money

ACTIVE_CLIENTS = clients(f"{ACTIVE}: Qty", ACTIVE)
_REFILL_TOTAL = money(f"{BALANCE_REFILL}: Total", FlowTerm(REFILLS))
_REFILL_QTY = entries(f"{BALANCE_REFILL}: Qty", REFILLS)
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
    block: str, flow: str, names: tuple[str, str], words: tuple[str, str]
) -> tuple[RowDefinition, RowDefinition]:
    """The number of a flow's entries, and their sum."""
    quantity, total = names
    amount = money(f"{block}: {total}", FlowTerm(flow))
    counted = Formula(entries(f"{block}: {quantity}", flow), companion=amount)
    return (
        RowDefinition(quantity, "quantity", words[0], counted),
        RowDefinition(total, "money", words[1], Formula(amount), empty=NA.NO_ENTRY),
    )


def _package_rows(block: str, which: str) -> tuple[RowDefinition, ...]:
    renewals = f"Number of renewals of {which}, the first one at an activation included."
    return (
        *_flow_rows(
            block,
            ACTIVATIONS,
            ("Activation Qty", "Activation Total"),
            (f"Number of activations of {which}.", f"Sum charged for activations of {which}."),
        ),
        *_flow_rows(
            block,
            RENEWALS,
            ("Renew Qty", "Renew Total"),
            (renewals, f"Sum charged for renewals of {which}."),
        ),
    )


BLOCKS = (
    _client_block(
        ACTIVE,
        "clients with a paid use from Active Duration months before the bucket's start to its end",
    ),
    _client_block(OVERALL_ACTIVE, "clients with a paid use at any time before the bucket's end"),
    _client_block(ALL, "clients that pass the filters and exist at the bucket's end"),
    BlockDefinition(
        BALANCE_REFILL,
        "Entries of kind refill within the bucket.",
        (
            *_flow_rows(
                BALANCE_REFILL,
                REFILLS,
                ("Qty", "Total"),
                (
                    "Number of balance refills within the bucket.",
                    "Sum of the balance refills within the bucket.",
                ),
            ),
            RowDefinition(
                "Avg",
                "money",
                "Average refill: Total divided by Qty.",
                Formula(_REFILL_TOTAL, _REFILL_QTY),
                empty=NA.NO_ENTRY,
            ),
        ),
    ),
    BlockDefinition(
        PAY_AS_YOU_GO,
        "Spent on services outside packages, within the bucket.",
        (
            RowDefinition(
                "Total",
                "money",
                "Sum of pay-as-you-go entries, credits included.",
                Formula(_USE_TOTAL),
                empty=NA.NO_ENTRY,
            ),
            RowDefinition(
                "Active Avg",
                "money",
                "Total divided by Clients - Active: Qty.",
                Formula(_USE_TOTAL, ACTIVE_CLIENTS),
                empty=NA.NO_ENTRY,
                undefined=NA.NOBODY_ACTIVE,
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
