"""Every block that a report may have, in order: the fixed ones, one a package, the optional."""

from __future__ import annotations

from collections.abc import Sequence

from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    BLOCKS,
    OVERALL_ACTIVE,
    PACKAGE_BLOCK,
    BlockDefinition,
    RowDefinition,
)

BRIDGE = "Bridge"
MOVEMENTS = "Movements"
SENSITIVITY = "Sensitivity"

OPENING, CLOSING, CLOSED, FX, ROUNDING = "Opening", "Closing", "Closed", "FX", "Rounding"
ENTERED, LEFT = "Entered", "Left"
FLOWS = ("Refill", "Pay As You Go", "Package Activation", "Package Renewal", "Other")
"""The flows of a bridge, in its order."""

NEW, REACTIVATED, RETAINED, LAPSED = "New", "Reactivated", "Retained", "Lapsed"
CHURN_RATE, AVERAGE_REVENUE = "Churn Rate", "Average Revenue"

SENSITIVE_MONTHS = (1, 2, 3, 6, 12)
"""The active durations that Sensitivity lays side by side."""


def bridge_of(name: str) -> str:
    """The block that bridges a class of clients."""
    return BRIDGE if name == ALL else f"{BRIDGE} - {name.partition(' - ')[2]}"


def active_row(months: int) -> str:
    """The row of Sensitivity for an active duration."""
    return f"Active Qty - {months} Month{'s' if months > 1 else ''}"


_FLOW_WORDS = {
    "Refill": "Balance refills within the bucket",
    "Pay As You Go": "Pay-as-you-go entries within the bucket",
    "Package Activation": "Activations within the bucket, of the packages that the filter counts",
    "Package Renewal": "Renewals within the bucket, of the packages that the filter counts",
    "Other": "Entries of any other kind within the bucket, and of packages that do not count",
}


def _money(name: str, words: str) -> RowDefinition:
    return RowDefinition(name, "money", words)


def _bridge(whose: str) -> BlockDefinition:
    """Of All the clients stay who they are; the others are entered and left."""
    everyone = whose == ALL
    stayed = "" if everyone else ", of clients that stayed"
    moved = (
        (
            _money(
                CLOSED,
                "Minus the change of the balance held by closed clients, at the closing's rates.",
            ),
        )
        if everyone
        else (
            _money(ENTERED, f"Balance, at the closing, of clients that came into {whose}."),
            _money(LEFT, f"Minus the balance, at the opening, of clients that left {whose}."),
        )
    )
    before = "the bucket's start" if everyone else "the end of the bucket before"
    return BlockDefinition(
        bridge_of(whose),
        f"How {whose}: Balance came from one end of the bucket to the other.",
        (
            _money(OPENING, f"{whose}: Balance at {before}, at the rates of that date."),
            *(_money(name, f"{_FLOW_WORDS[name]}{stayed}.") for name in FLOWS),
            *moved,
            _money(
                FX,
                "What revaluation explains: opening and flows at the closing's rates, "
                "less at their own.",
            ),
            _money(CLOSING, f"{whose}: Balance at the bucket's end."),
            _money(ROUNDING, "By how much the shown figures do not add up, each being rounded."),
        ),
    )


def _clients(name: str, words: str) -> RowDefinition:
    return RowDefinition(name, "quantity", f"Clients {words}.")


OPTIONAL = {
    "bridge": tuple(_bridge(name) for name in (ALL, ACTIVE, OVERALL_ACTIVE)),
    "movements": (
        BlockDefinition(
            MOVEMENTS,
            "How the clients of Clients - Active changed from the bucket before to this one.",
            (
                _clients(NEW, "active, without a paid use before the bucket"),
                _clients(REACTIVATED, "active, not in the bucket before, with an earlier paid use"),
                _clients(RETAINED, "active in this bucket and in the one before"),
                _clients(LAPSED, "active in the bucket before and not in this one"),
                RowDefinition(
                    CHURN_RATE,
                    "percent",
                    "Lapsed in percent of the clients active in the bucket before.",
                ),
                _money(
                    AVERAGE_REVENUE,
                    "Pay-as-you-go and package totals, with the sign turned, divided by "
                    "Clients - Active: Qty.",
                ),
            ),
        ),
    ),
    "sensitivity": (
        BlockDefinition(
            SENSITIVITY,
            "Clients - Active: Qty for other active durations.",
            tuple(
                _clients(
                    active_row(months),
                    f"with a paid use from {months} month{'s' if months > 1 else ''} before the "
                    "bucket's start to its end",
                )
                for months in SENSITIVE_MONTHS
            ),
        ),
    ),
}
"""The blocks of each choice of the query's `blocks`."""
BRIDGES = tuple(block.name for block in OPTIONAL["bridge"])
EVERY_BLOCK = (
    *BLOCKS,
    PACKAGE_BLOCK,
    *(block for blocks in OPTIONAL.values() for block in blocks),
)
"""All of them, in the order in which a report has them."""


HOLDERS, PER_HOLDER = "Holders", "Renewals per Holder"
DAYS_BETWEEN, SHARE = "Median Days between Renewals", "Share of Revenue"
PACKAGE_CARD = BlockDefinition(
    "Package card",
    "What there is to know of one package, bucket by bucket.",
    (
        *PACKAGE_BLOCK.rows,
        RowDefinition(
            HOLDERS,
            "quantity",
            "Clients, not closed, with an activation or renewal within one period_months of the "
            "package before the bucket's end.",
        ),
        RowDefinition(PER_HOLDER, "quantity", "Renew Qty divided by Holders."),
        RowDefinition(
            DAYS_BETWEEN,
            "quantity",
            "Of the renewals within the bucket: the median of the days since the client's "
            "activation or renewal before it.",
        ),
        RowDefinition(
            SHARE,
            "percent",
            "The package's totals in percent of Pay As You Go: Total and the totals of Packages.",
        ),
    ),
)
"""A card that is offered where a query filters by a package; not a block of the report."""


def blocks_with(chosen: Sequence[str]) -> tuple[BlockDefinition, ...]:
    """The blocks of a report with some optional ones, in order."""
    left_out = [block for key, blocks in OPTIONAL.items() if key not in chosen for block in blocks]
    return tuple(block for block in EVERY_BLOCK if block not in left_out)


def definition(block: str, row: str) -> RowDefinition:
    """The definition of a row, by the names of its block and itself. Raises KeyError."""
    for candidate in EVERY_BLOCK:
        if candidate.name == block:
            for one in candidate.rows:
                if one.name == row:
                    return one
    raise KeyError((block, row))


def place_of(block: str, row: str) -> tuple[int, int]:
    """Where a row stands among all that a report may have: its block, and its place in that."""
    blocks = [one.name for one in EVERY_BLOCK]
    at = blocks.index(block)
    return at, [one.name for one in EVERY_BLOCK[at].rows].index(row)
