"""The blocks of a report, and looking up a row in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from custdyn_widgets.model.definitions import (
    OWN,
    BlockDefinition,
    RowDefinition,
)
from custdyn_widgets.model.formulas import BalanceTerm, Having, Where
from custdyn_widgets.model.optional_rows import OPTIONAL
from custdyn_widgets.model.rows import BLOCKS, PACKAGE_BLOCK

EVERY_BLOCK = (
    *BLOCKS,
    PACKAGE_BLOCK,
    *(block for blocks in OPTIONAL.values() for block in blocks),
)
"""All of them, in the order in which a report has them."""
OWN_BLOCK = BlockDefinition(OWN, "Rows that this query defines itself.", ())
"""After them come a query's own rows."""

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
            "Clients, not closed, with an activation or renewal within the package's length "
            "(period_months) before the bucket's end.",
        ),
        RowDefinition(PER_HOLDER, "ratio", "Renew Qty divided by Holders."),
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


def every_block(own: Sequence[RowDefinition] = ()) -> tuple[BlockDefinition, ...]:
    """All blocks that a report may have, with a query's own rows."""
    return (*EVERY_BLOCK, replace(OWN_BLOCK, rows=tuple(own)))


def blocks_with(
    chosen: Sequence[str], own: Sequence[RowDefinition] = ()
) -> tuple[BlockDefinition, ...]:
    """The blocks of a report with some optional ones and a query's own rows, in order."""
    left_out = [block for key, blocks in OPTIONAL.items() if key not in chosen for block in blocks]
    return tuple(block for block in every_block(own) if block.rows and block not in left_out)


def definitions(own: Sequence[RowDefinition] = ()) -> dict[tuple[str, str], RowDefinition]:
    """Every row that a report may have, by the names of its block and itself, in order."""
    return {(block.name, row.name): row for block in every_block(own) for row in block.rows}


def client_sets_of(rows: Iterable[RowDefinition], where: Where | None) -> tuple[Having, ...]:
    """The sets of clients that figures under some filters are of, with the flows of `having`."""
    formulas = (row.formula for row in rows if row.formula)
    measures = (one for formula in formulas for one in (*formula.measures, formula.companion))
    terms = (term for one in measures if one and one.where == where for term in one.terms)
    found = ((one.client_set, one.having) for one in terms if isinstance(one, BalanceTerm))
    return tuple(dict.fromkeys(found))
