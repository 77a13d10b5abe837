"""The demo's months as Arrow tables."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from custdyn_widgets.sources.demo.words import (
    COUNTRIES,
    FIRST_WORDS,
    LAST_WORDS,
    PACKAGES,
    SERVICES,
    SPECIAL_NAMES,
    TAGS,
)

VERSION = 2
"""A demo of an older version is made again."""
SEED = 1
FIRST_YEAR, FIRST_MONTH = 2023, 12
CURRENCIES = {"EUR": 1.0, "USD": 0.92, "GBP": 1.17, "PLN": 0.23, "JPY": 0.0062}
SCALE = 4
Table = pd.DataFrame


def seeded(month: int, what: int) -> np.random.Generator:
    """The randomness of a month, always the same."""
    return np.random.default_rng([SEED, what, month])


def start(month: int) -> datetime:
    """The first instant of a month, by its number."""
    index = FIRST_YEAR * 12 + FIRST_MONTH - 1 + month
    return datetime(index // 12, index % 12 + 1, 1)


def client_table(clients: Table) -> pa.Table:
    """The table `clients`."""
    names = [
        SPECIAL_NAMES[number // 97 % len(SPECIAL_NAMES)]
        if number % 97 == 13
        else f"{FIRST_WORDS[word % len(FIRST_WORDS)]} {LAST_WORDS[word // len(FIRST_WORDS)]}"
        for number, word in zip(clients["number"], clients["word"], strict=True)
    ]
    left = [
        start(int(leaves) + 1) if closes else None
        for leaves, closes in zip(clients["leaves"], clients["closes"], strict=True)
    ]
    owner = clients["owner_id"].to_numpy()
    return pa.table(
        {
            "client_id": clients["client_id"].to_numpy(),
            "name": names,
            "type": clients["type"].tolist(),
            "owner_id": pa.array(owner, mask=owner < 0),
            "currency": clients["currency"].tolist(),
            "created_at": pa.array(clients["created"].tolist(), pa.timestamp("us", "UTC")),
            "closed_at": pa.array(left, pa.timestamp("us", "UTC")),
        }
    )


def tag_table(clients: Table) -> pa.Table:
    """The table `client_tags`."""
    tagged = clients[clients["tag"] >= 0]
    return pa.table(
        {
            "client_id": tagged["client_id"].to_numpy(),
            "tag": [TAGS[tag] for tag in tagged["tag"]],
        }
    )


def package_table() -> pa.Table:
    """The table `packages`."""
    return pa.table(
        {
            "package_id": [10 * (place + 1) for place in range(len(PACKAGES))],
            "name": [one.name for one in PACKAGES],
            "description": [one.description for one in PACKAGES],
            "period_months": [one.period_months for one in PACKAGES],
        }
    )


def ledger_table(entries: Table) -> pa.Table:
    """The table `ledger`."""
    package = entries["package"].to_numpy()
    return pa.table(
        {
            "entry_id": entries["entry_id"].to_numpy(),
            "client_id": 1_001 + entries["number"].to_numpy(),
            "occurred_at": pa.array(entries["occurred_at"].to_numpy(), pa.timestamp("us")),
            "kind": pa.array(entries["kind"].tolist(), pa.string()),
            "amount": _decimals(entries["amount"].to_numpy()),
            "package_id": pa.array(10 * (package + 1), mask=package < 0),
            "service": _named(entries["service"], SERVICES),
            "direction": _named(entries["direction"], ("orig", "term")),
            "destination": _named(entries["destination"], COUNTRIES),
            "quantity": _decimals(entries["quantity"].to_numpy()),
            "recorded_at": pa.array(entries["recorded_at"].to_numpy(), pa.timestamp("us")),
        }
    )


def rate_table(months: int) -> pa.Table:
    """Two rates a month for each currency, around what it is worth."""
    rows: list[tuple[str, date, float]] = [("EUR", date(2022, 1, 1), 1.0)]
    rows += [(code, date(2022, 1, 1), worth) for code, worth in CURRENCIES.items() if code != "EUR"]
    for month in range(months):
        draw = seeded(month, 3)
        for code, worth in CURRENCIES.items():
            for day in (1, 16):
                rate = worth * (1 + 0.03 * np.sin(month / 5 + len(rows)) + draw.normal(0, 0.004))
                if code != "EUR":
                    rows.append((code, start(month).replace(day=day).date(), float(rate)))
    return pa.table(
        {
            "currency": [code for code, _, _ in rows],
            "valid_from": pa.array([day for _, day, _ in rows], pa.date32()),
            "rate": _decimals(np.array([rate for _, _, rate in rows]), scale=6),
        }
    )


def _decimals(values: npt.NDArray[np.float64], scale: int = SCALE) -> pa.Array:
    """Made-up floats, rounded once and stored exactly; NaN is null."""
    known = ~np.isnan(values)
    whole = np.rint(np.where(known, values, 0) * 10**scale).astype(np.int64)
    halves = np.column_stack([whole, whole >> 63])
    valid = pa.array(known, pa.bool_()).buffers()[1]
    kind = pa.decimal128(18, scale)
    return pa.Array.from_buffers(kind, len(values), [valid, pa.py_buffer(halves.tobytes())])


def _named(codes: pd.Series[int], names: Sequence[str]) -> pa.Array:
    return pa.array([None if code < 0 else names[code] for code in codes], pa.string())


def write(folder: Path, name: str, table: pa.Table) -> None:
    """Writes a table as Parquet."""
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
