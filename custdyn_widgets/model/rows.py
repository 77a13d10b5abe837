"""Every row that a report may have: its words, its unit, its formula, and when it is N/A."""

from __future__ import annotations

from typing import Literal

from custdyn_widgets.model.definitions import (
    ACTIVATIONS,
    ACTIVE,
    ALL,
    AVERAGE_REVENUE,
    BALANCE_REFILL,
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
    NA,
    NEW,
    OPENING,
    OTHER,
    OVERALL_ACTIVE,
    PACKAGE,
    PACKAGE_FLOWS,
    PACKAGES,
    PAY_AS_YOU_GO,
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
    Measure,
    Term,
    clients,
    entries,
    money,
    turned,
)

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


_FLOW_WORDS = {
    REFILLS: "Balance refills within the bucket",
    USE: "Pay-as-you-go entries within the bucket",
    ACTIVATIONS: "Activations within the bucket, of the packages that the filter counts",
    RENEWALS: "Renewals within the bucket, of the packages that the filter counts",
    OTHER: "Entries of any other kind within the bucket, and of packages that do not count",
}


def _revenue(client_set: str | None = None) -> Measure:
    terms = (FlowTerm(flow, client_set=client_set, sign=-1) for flow in (USE, *PACKAGE_FLOWS))
    return money("Revenue", *terms)


def revenue_of(package: str | None = None) -> Measure:
    """What clients spent on a package; on use and all packages that count, without one."""
    if package is None:
        return _revenue()
    return money("Package revenue", *(FlowTerm(flow, package, sign=-1) for flow in PACKAGE_FLOWS))


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
    formula = Formula(clients(f"{MOVEMENTS}: {name}", name), companion=_revenue(name))
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
                    Formula(_revenue(), ACTIVE_CLIENTS),
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
