"""What is measured: the cases, their data (the same every time), and the cells of an answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb

from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import ACTIVE, ALL, OVERALL_ACTIVE
from custdyn_widgets.model.money import amount, rounded

AS_OF = datetime(2020, 1, 1, tzinfo=UTC)
SCALE = 10_000
"""Amounts have four decimals."""
RATES = {"EUR": Fraction(1), "USD": Fraction(9, 10), "GBP": Fraction(6, 5)}
CLASSES = (ACTIVE, OVERALL_ACTIVE, ALL)
KINDS = ("refill", "payg", "package_activation", "package_renewal")
PAID = KINDS[1:]
DURATION = 3
Cells = dict[tuple[str, str], list[int | Decimal | None]]
HELD = ("qty", "npos", "nneg", "pos", "neg")


@dataclass(frozen=True)
class Case:
    """A ledger of so many entries and clients, and a question about 2017."""

    name: str
    entries: int
    clients: int
    by: str = "month"
    currencies: int = 1
    packages: int = 0
    quantity: str | None = "double"
    """The type of the column, which a report does not use; None: there is none."""

    @property
    def edges(self) -> list[datetime]:
        """The buckets' starts, and the end of the last, in UTC."""
        ends = [datetime(2017 + month // 12, month % 12 + 1, 1) for month in range(13)]
        if self.by == "month":
            return ends
        days = (ends[-1] - ends[0]).days
        return [datetime.fromordinal(ends[0].toordinal() + day) for day in range(days + 1)]

    @property
    def active_from(self) -> list[datetime]:
        """Since when a paid use makes active, bucket by bucket."""
        return [_months_back(start, DURATION) for start in self.edges[:-1]]

    @property
    def chosen(self) -> list[str]:
        """The packages of the filter; none: there is none."""
        return [f"P{number}" for number in range(self.packages)]

    @property
    def query(self) -> dict[str, Any]:
        """The question as ours is asked it."""
        return {
            "period": {"from": "2017-01-01", "to": "2017-12-31"},
            "currency": "EUR",
            "client_type": "all",
            "group_by": [self.by],
            "active_duration": DURATION,
            "package": self.chosen,
        }


def cases(millions: float) -> list[Case]:
    """The cases, of so many millions of entries."""
    entries = int(millions * 1_000_000)
    return [
        Case("12 months", entries, entries // 100),
        Case("by Date", entries, entries // 100, by="date"),
        Case("many clients", entries, entries // 10),
        Case("few clients", entries, max(entries // 50_000, 1)),
        Case("ten packages", entries, entries // 100, packages=10),
        Case("three currencies", entries, entries // 100, currencies=3),
    ]


def _months_back(start: datetime, months: int) -> datetime:
    month = start.month - 1 - months
    year, month = start.year + month // 12, month % 12 + 1
    for day in (start.day, 30, 29, 28):
        try:
            return datetime(year, month, min(day, start.day))
        except ValueError:
            continue
    raise AssertionError(start)


def make(folder: Path, case: Case) -> None:
    """Three years of a ledger as Parquet, in order of time, the same every time."""
    kinds = "case hash(i * 3) % 100 when 0 then 'refill' when 1 then 'package_activation' "
    kinds += "when 2 then 'package_renewal' when 3 then 'correction' else 'payg' end"
    entries, clients = case.entries, case.clients
    listed = ", ".join(f"'{name}'" for name in list(RATES)[: case.currencies])
    quantity = (
        f", ((hash(i * 13) % 3600) / 60)::{case.quantity} as quantity" if case.quantity else ""
    )
    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as connection:
        connection.execute("set enable_progress_bar = false")
        connection.execute(
            f"""copy (select i as client_id, 'C' || i as name, 'client' as type,
            [{listed}][1 + (hash(i * 7) % {case.currencies})::int] as currency,
            timestamp '2015-01-01' + to_seconds((hash(i) % 60000000)::bigint) as created_at
            from range({clients}) t(i)) to '{folder}/clients.parquet'"""
        )
        connection.execute(
            f"""copy (select i as entry_id, (hash(i) % {clients})::bigint as client_id,
            timestamp '2015-01-01'
            + to_microseconds((i::double / {entries} * 94608000e6)::bigint) as occurred_at,
            {kinds} as kind,
            (case when hash(i * 3) % 100 = 0 then 1 else -1 end
            * (hash(i * 5) % 100000)::decimal(18, 4) / 10000)::decimal(18, 4) as amount,
            case when hash(i * 3) % 100 in (1, 2) then 'P' || (hash(i * 11) % 12) end as package_id
            {quantity}
            from range({entries}) t(i)) to '{folder}/ledger.parquet'"""
        )
        rates = ", ".join(
            f"('{name}', date '2000-01-01', {float(rate)}::decimal(18, 6))"
            for name, rate in RATES.items()
        )
        connection.execute(
            f"copy (select * from (values {rates}) t(currency, valid_from, rate)) "
            f"to '{folder}/rates.parquet'"
        )


def cells(held: list[dict[str, Any]], flows: list[dict[str, Any]], buckets: int) -> Cells:
    """The report's cells from sums by currency and bucket; what every way ends with.

    `held`: `currency`, `bucket` (0 …), `class` (a place in CLASSES) and HELD; `flows`: `currency`,
    `bucket`, `kind`, `entries`, `amount`. Amounts in 1 / SCALE.
    """
    made: Cells = {}
    for place, name in enumerate(CLASSES):
        sums = [dict.fromkeys(HELD, Fraction(0)) for _ in range(buckets)]
        for row in held:
            if row["class"] == place:
                for column in HELD:
                    rate = RATES[row["currency"]] if column in HELD[3:] else Fraction(1)
                    sums[row["bucket"]][column] += int(row[column] or 0) * rate
        empty = name == ACTIVE
        made[name, "Qty"] = [int(one["qty"]) for one in sums]
        made[name, "Balance Pos"] = [_money(one["pos"], one["npos"]) for one in sums]
        made[name, "Balance Neg"] = [_money(one["neg"], one["nneg"]) for one in sums]
        made[name, "Balance"] = [
            _money(one["pos"] + one["neg"], one["qty"] or not empty) for one in sums
        ]
    counts = {kind: [0] * buckets for kind in KINDS}
    totals = {kind: [Fraction(0)] * buckets for kind in KINDS}
    for row in flows:
        if row["kind"] in counts:
            counts[row["kind"]][row["bucket"]] += int(row["entries"])
            totals[row["kind"]][row["bucket"]] += int(row["amount"]) * RATES[row["currency"]]
    for kind, block, quantity, total in (
        ("refill", "Balance Refill", "Qty", "Total"),
        ("package_activation", "Packages", "Activation Qty", "Activation Total"),
        ("package_renewal", "Packages", "Renew Qty", "Renew Total"),
    ):
        made[block, quantity] = list(counts[kind])
        made[block, total] = list(map(_money, totals[kind], counts[kind]))
    refills = zip(totals["refill"], counts["refill"], strict=True)
    made["Balance Refill", "Avg"] = [_money(over / (n or 1), n) for over, n in refills]
    made["Pay As You Go", "Total"] = list(map(_money, totals["payg"], counts["payg"]))
    active = made[ACTIVE, "Qty"]
    made["Pay As You Go", "Active Avg"] = [
        _money(over / (int(n or 0) or 1), n and own)
        for over, n, own in zip(totals["payg"], active, counts["payg"], strict=True)
    ]
    return made


def _money(scaled: Fraction, there: object) -> Decimal | None:
    return amount(rounded(scaled / SCALE, minor_units("EUR")), "EUR") if there else None
