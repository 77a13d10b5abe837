"""A source with 20 000 tags, 20 000 packages and 100 000 owners."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd

TAGS = PACKAGES = 20_000
OWNERS = 100_000


def write_many_names(folder: Path) -> None:
    """Writes the five tables as Parquet: every client owns the next one, and has a tag."""
    numbers = pd.Series(range(OWNERS))
    tables: dict[str, dict[str, Any]] = {
        "clients": {
            "client_id": numbers,
            "name": "Company " + (numbers * 7919 % OWNERS).astype(str).str.zfill(5),
            "type": "client",
            "owner_id": ((numbers + 1) % OWNERS).astype(str),
            "currency": "EUR",
            "created_at": pd.Timestamp("2024-01-01"),
        },
        "client_tags": {"client_id": numbers, "tag": "tag " + (numbers % TAGS).astype(str)},
        "packages": {
            "package_id": range(PACKAGES),
            "name": [f"Package {number}" for number in range(PACKAGES)],
        },
        "ledger": {
            "entry_id": numbers,
            "client_id": numbers,
            "occurred_at": pd.Timestamp("2024-02-01"),
            "kind": "payg",
            "amount": ["-1.25"] * OWNERS,
        },
        "rates": {"currency": ["EUR"], "valid_from": ["2024-01-01"], "rate": ["1"]},
    }
    for name, columns in tables.items():
        pd.DataFrame(columns).to_parquet(folder / f"{name}.parquet", index=False)
