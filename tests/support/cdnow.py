"""CDNOW, real purchases of 23 570 customers, out of the package lifetimes."""

from __future__ import annotations

import importlib.util
from decimal import Decimal
from functools import cache
from pathlib import Path

import pandas as pd

PURCHASES = [
    *(8928, 11272, 11598, 3781, 2895, 3054, 2942, 2320, 2296),
    *(2562, 2750, 2504, 2032, 2026, 2793, 1878, 1985, 2043),
]
"""Published purchases per month, 1997-01 to 1998-06."""


@cache
def lines() -> list[list[str]]:
    """customer_id, date, number of CDs, dollar value."""
    found = importlib.util.find_spec("lifetimes")
    assert found is not None and found.origin is not None
    file = Path(found.origin).parent / "datasets" / "CDNOW_master.txt"
    return [line.split() for line in file.read_text().splitlines()[1:] if line.strip()]


def frames(kind: str) -> dict[str, pd.DataFrame]:
    """The five tables, with every purchase an entry of a kind; charges are negative."""
    rows = lines()
    days = [f"{row[1][:4]}-{row[1][4:6]}-{row[1][6:]}T00:00:00Z" for row in rows]
    customers = sorted({row[0] for row in rows})
    return {
        "clients": pd.DataFrame(
            {
                "client_id": customers,
                "name": customers,
                "type": "client",
                "currency": "USD",
                "created_at": "1999-01-01T00:00:00Z",  # unknown: they exist from their first entry
            }
        ),
        "ledger": pd.DataFrame(
            {
                "entry_id": range(len(rows)),
                "client_id": [row[0] for row in rows],
                "occurred_at": days,
                "kind": kind,
                "amount": [-Decimal(row[3]) for row in rows],
                "package_id": "cd",
            }
        ),
        "rates": pd.DataFrame({"currency": ["USD"], "valid_from": ["1990-01-01"], "rate": [1]}),
    }
