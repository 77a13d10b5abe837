"""Larger random ledgers as Parquet: thousands of clients, some entries on the very edges."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq

from tests.support.ledgers import CURRENCIES, KINDS, MICROSECOND, PACKAGE_IDS, ZONES

FIRST = datetime(2023, 1, 1)
AS_OF = datetime(2025, 1, 1, tzinfo=UTC)
INSTANT = pa.timestamp("us")
TYPES = {
    "created_at": INSTANT,
    "closed_at": INSTANT,
    "occurred_at": INSTANT,
    "recorded_at": INSTANT,
    "valid_from": pa.date32(),
    "amount": pa.decimal128(18, 4),
    "rate": pa.decimal128(18, 6),
    "owner_id": pa.string(),
    "name": pa.string(),
    "tag": pa.string(),
}


def larger(folder: Path, seed: int, *, entries: int = 20_000) -> dict[str, Any]:
    """Writes the five tables of a ledger; gives a query for it, as JSON-shaped values."""
    draw = random.Random(seed)  # noqa: S311 the same every time
    zone = ZoneInfo(draw.choice(ZONES))
    text = draw.random() < 0.5
    clients = entries // draw.choice((3, 20, 200))
    edges = [datetime(2023, month, 1, tzinfo=zone).astimezone(UTC) for month in range(1, 13)]

    def instant() -> datetime:
        if draw.random() < 0.05:
            shifted = draw.choice(edges) + draw.choice((timedelta(), MICROSECOND, -MICROSECOND))
            return shifted.replace(tzinfo=None)
        return FIRST + timedelta(microseconds=draw.randrange(-60 * 86_400 * 10**6, 10**12 * 30))

    def id_of(number: int) -> int | str:
        return str(number) if text else number

    def maybe(value: object, odds: float) -> object:
        return value if draw.random() < odds else None

    tables: dict[str, list[dict[str, Any]]] = {
        "clients": [
            {
                "client_id": id_of(one),
                "name": f"Client {one}",
                "type": draw.choice(("client", "client", "reseller")),
                "owner_id": maybe(str(draw.randrange(5)), 0.5),
                "currency": draw.choice(CURRENCIES[:3]),
                "created_at": instant(),
                "closed_at": maybe(instant(), 0.1),
            }
            for one in range(clients)
        ],
        "client_tags": [{"client_id": id_of(one), "tag": "vip"} for one in range(0, clients, 3)],
        "packages": [
            {"package_id": id_of(one), "name": name}
            for one, name in zip(PACKAGE_IDS[:3], ("Gold", "Silver", "Gold"), strict=True)
        ],
        "ledger": [
            {
                "entry_id": id_of(number),
                "client_id": id_of(draw.randrange(clients + 1)),
                "occurred_at": (occurred := instant()),
                "kind": draw.choice(KINDS),
                "amount": Decimal(draw.randrange(-(10**7), 4 * 10**6)).scaleb(-4),
                "package_id": maybe(id_of(draw.choice(PACKAGE_IDS)), 0.8),
                "recorded_at": maybe(occurred + timedelta(days=draw.randrange(900)), 0.3),
            }
            for number in range(entries)
        ],
        "rates": [
            {"currency": name, "valid_from": day, "rate": Decimal(draw.randrange(1, 9000)) / 1000}
            for name in CURRENCIES
            for day in (date(2020, 1, 1), date(2023, 2, 11), date(2023, 6, 1))
        ],
    }
    tables["rates"][0]["rate"] = Decimal(1)
    folder.mkdir(parents=True)
    for name, rows in tables.items():
        pq.write_table(_typed(rows), folder / f"{name}.parquet")
    units = draw.choice(([], ["month"], ["year", "month"]))
    return {
        "period": {"from": "2023-01-01", "to": draw.choice(("2023-12-31", "2023-07-14"))},
        "timezone": zone.key,
        "client_type": draw.choice(("all", "client")),
        "client_tags": draw.choice(([], [], ["vip"])),
        "owner": draw.choice(([], [], ["1", "2"])),
        "package": draw.choice(([], [], ["Gold"], ["(no package)", "99"])),
        "group_by": [*units, *draw.choice(([], ["package"]))],
        "currency": draw.choice(CURRENCIES),
        "active_duration": draw.choice((0, 1, 3, 12)),
        "rate_policy": draw.choice(("historical", "current")),
        "blocks": draw.choice(([], ["bridge", "movements", "sensitivity"])),
    }


def _typed(rows: list[dict[str, Any]]) -> pa.Table:
    columns = {name: pa.array([row[name] for row in rows], TYPES.get(name)) for name in rows[0]}
    return pa.table(columns)
