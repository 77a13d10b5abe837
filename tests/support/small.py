"""Small sources to read by eye."""

from __future__ import annotations

from typing import Any

import pandas as pd

from custdyn_widgets import Result, run
from custdyn_widgets.sources import Source, open_source
from tests.conftest import AS_OF

HEADS = {
    "clients": "client_id name type owner_id currency created_at closed_at",
    "client_tags": "client_id tag",
    "packages": "package_id name description period_months",
    "ledger": "entry_id client_id occurred_at kind amount package_id recorded_at",
    "rates": "currency valid_from rate",
}
Rows = list[list[Any]]


def frame(table: str, rows: Rows) -> pd.DataFrame:
    """Rows may be shorter than the table: what is missing is empty."""
    head = HEADS[table].split()
    return pd.DataFrame(
        [row + [None] * (len(head) - len(row)) for row in rows], columns=head, dtype=object
    )


def source(**tables: Rows) -> Source:
    """A source from rows in the order of HEADS; a client 1 in EUR where there are no clients."""
    tables.setdefault("clients", [[1, "One", "client", None, "EUR", "2024-01-01T00:00:00Z"]])
    tables.setdefault("ledger", [])
    return open_source({name: frame(name, rows) for name, rows in tables.items()})


def entry(number: int, client: int, when: str, kind: str, amount: str, *more: Any) -> list[Any]:
    """A ledger row; `when` is UTC."""
    return [number, client, when, kind, amount, *more]


def make(tables: dict[str, Rows], **fields: Any) -> Result:
    """The report of 2024 by month on small tables, with fields of the query changed."""
    query = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, **fields}
    return run(query, source(**tables), as_of=AS_OF)


def values(result: Result, block: str, row: str, package: str | None = None) -> list[str]:
    """A row as it is shown."""
    return [str(cell) for cell in result.report.row(block, row, package).cells]


def notes(result: Result) -> str:
    """All notes in one text."""
    return "\n".join(map(str, result.report.notes))
