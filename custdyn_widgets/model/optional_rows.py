"""The rows of the blocks that a query may ask for: bridges, movements, sensitivity."""

from __future__ import annotations

from custdyn_widgets.model.definitions import (
    ACTIVATIONS,
    ACTIVE,
    ALL,
    AVERAGE_REVENUE,
    CHURN_RATE,
    CLOSED,
    CLOSED_CLIENTS,
    CLOSING,
    ENTERED,
    FLOWS,
    FX,
    LAPSED,
    LEFT,
    MOVEMENTS,
    NEW,
    OPENING,
    OTHER,
    OVERALL_ACTIVE,
    REACTIVATED,
    REFILLS,
    RENEWALS,
    RETAINED,
    ROUNDING,
    SENSITIVE_MONTHS,
    SENSITIVITY,
    USE,
    BlockDefinition,
    RowDefinition,
    active_row,
    bridge_of,
    entered,
    left,
    stayed,
)
from custdyn_widgets.model.formulas import (
    BalanceTerm,
    FlowTerm,
    Formula,
    Term,
    clients,
    money,
    turned,
)
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.rows import ACTIVE_CLIENTS, revenue

_FLOW_WORDS = {
    REFILLS: "Balance refills within the bucket",
    USE: "Pay-as-you-go entries within the bucket",
    ACTIVATIONS: "Activations within the bucket, of the packages that the filter counts",
    RENEWALS: "Renewals within the bucket, of the packages that the filter counts",
    OTHER: "Entries of any other kind within the bucket, and of packages that do not count",
}


def _bridge(whose: str) -> BlockDefinition:
    """Of All the clients stay who they are; the others are entered and left."""
    block, everyone = bridge_of(whose), whose == ALL
    rows: list[RowDefinition] = []
    steps: list[Term] = []

    def step(name: str, words: str, *terms: Term, empty: NA | None = None) -> None:
        formula = Formula(money(f"{block}: {name}", *terms))
        rows.append(RowDefinition(name, "money", words, formula, empty=empty))
        steps.extend(terms)

    before = "the bucket's start" if everyone else "the end of the bucket before"
    step(
        OPENING,
        f"{whose}: Balance at {before}, at the rates of that date.",
        BalanceTerm(whose, "before"),
    )
    among, of = (None, "") if everyone else (stayed(whose), ", of clients that stayed")
    for flow in FLOWS:
        term = FlowTerm(flow, client_set=among)
        step(flow, f"{_FLOW_WORDS[flow]}{of}.", term, empty=NA.NO_ENTRY)
    if everyone:
        step(
            CLOSED,
            "Minus the change of the balance held by closed clients, at the closing's rates.",
            BalanceTerm(CLOSED_CLIENTS, "before", revalued=True),
            BalanceTerm(CLOSED_CLIENTS, sign=-1),
        )
    else:
        step(
            ENTERED,
            f"Balance, at the closing, of clients that came into {whose}.",
            BalanceTerm(entered(whose)),
        )
        step(
            LEFT,
            f"Minus the balance, at the opening, of clients that left {whose}.",
            BalanceTerm(left(whose), sign=-1),
        )
    closing = BalanceTerm(whose)
    step(
        FX,
        "What revaluation explains: opening and flows at the closing's rates, less at their own.",
        closing,
        *map(turned, steps),
    )
    step(CLOSING, f"{whose}: Balance at the bucket's end.", closing)
    words = "By how much the shown figures do not add up, each being rounded."
    rows.append(RowDefinition(ROUNDING, "money", words))
    title = f"How {whose}: Balance came from one end of the bucket to the other."
    return BlockDefinition(block, title, tuple(rows))


def _movement(name: str, words: str) -> RowDefinition:
    formula = Formula(clients(f"{MOVEMENTS}: {name}", name), companion=revenue(name))
    return RowDefinition(name, "quantity", f"Clients {words}.", formula)


def _sensitivity(months: int) -> RowDefinition:
    row = active_row(months)
    words = (
        f"Clients with a paid use from {months} month{'s' if months > 1 else ''} before the "
        "bucket's start to its end."
    )
    balance = money("Balance", BalanceTerm(row))
    formula = Formula(clients(f"{SENSITIVITY}: {row}", row), companion=balance)
    return RowDefinition(row, "quantity", words, formula)


OPTIONAL = {
    "bridge": tuple(_bridge(name) for name in (ALL, ACTIVE, OVERALL_ACTIVE)),
    "movements": (
        BlockDefinition(
            MOVEMENTS,
            "How the clients of Clients - Active changed from the bucket before to this one.",
            (
                _movement(NEW, "active, without a paid use before the bucket"),
                _movement(
                    REACTIVATED, "active, not in the bucket before, with an earlier paid use"
                ),
                _movement(RETAINED, "active in this bucket and in the one before"),
                _movement(LAPSED, "active in the bucket before and not in this one"),
                RowDefinition(
                    CHURN_RATE,
                    "percent",
                    "Lapsed in percent of the clients active in the bucket before.",
                    Formula(
                        clients(f"{MOVEMENTS}: {LAPSED}", LAPSED),
                        clients(f"{ACTIVE}: Qty of the bucket before", ACTIVE, "before"),
                        factor=100,
                    ),
                    undefined=NA.NOBODY_BEFORE,
                ),
                RowDefinition(
                    AVERAGE_REVENUE,
                    "money",
                    "Pay-as-you-go and package totals, with the sign turned, divided by "
                    "Clients - Active: Qty.",
                    Formula(revenue(), ACTIVE_CLIENTS),
                    empty=NA.NO_ENTRY,
                    undefined=NA.NOBODY_ACTIVE,
                ),
            ),
        ),
    ),
    "sensitivity": (
        BlockDefinition(
            SENSITIVITY,
            "Clients - Active: Qty for other active durations.",
            tuple(map(_sensitivity, SENSITIVE_MONTHS)),
        ),
    ),
}
"""The blocks of each choice of the query's `blocks`."""

BRIDGES = tuple(block.name for block in OPTIONAL["bridge"])
