"""Hypothesis strategies: small ledgers that sit on every edge, and queries that hit them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from tests.support.oracle import Data, buckets_of, go_back, utc

SHORT = 100
LEDGERS = int(os.environ.get("CUSTDYN_LEDGERS", SHORT))
"""Random ledgers that the engine is held to; `make test-long` takes more."""


def ledgers(share: int, short: int = 0) -> settings:
    """How a law is tried that takes long: on one in `share` of LEDGERS.

    Where `short` is given, `make test`, which has 100, tries it on one in `short` of them.
    """
    share = short if short and LEDGERS <= SHORT else share
    return settings(
        max_examples=max(LEDGERS // share, 1),
        deadline=None,
        print_blob=True,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.function_scoped_fixture,
        ],
    )


ZONES = [
    "UTC",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
    "Pacific/Apia",
    "America/New_York",
    "America/St_Johns",
    "Africa/Cairo",
    "America/Havana",
    "Europe/Vienna",
    "Asia/Beirut",
    "Antarctica/Troll",
]
STARTS = [
    datetime(2011, 12, 28),  # Samoa skips the 30th
    datetime(2010, 11, 5),  # St John's turns back at 00:01
    datetime(2018, 2, 16),  # São Paulo turns back at midnight
    datetime(2018, 11, 2),  # São Paulo skips midnight
    datetime(2017, 3, 10),
    datetime(2016, 2, 27),
    datetime(2020, 12, 30),
    datetime(2017, 1, 1),
    datetime(2024, 10, 25),
]
KINDS = ["refill", "payg", "payg", "package_activation", "package_renewal", "correction", "tax"]
CURRENCIES = ["USD", "EUR", "JPY", "KWD"]
PACKAGE_IDS = [1, 2, 3, 99]
MICROSECOND = timedelta(microseconds=1)


@dataclass
class Case:
    """A ledger, a query (period as naive datetimes) and the instant of the report."""

    data: Data
    query: dict[str, Any]
    as_of: datetime
    text_ids: bool

    def json_query(self) -> dict[str, Any]:
        first, last = self.query["period"]
        return {**self.query, "period": {"from": first.isoformat(), "to": last.isoformat()}}

    def frames(self) -> dict[str, pd.DataFrame]:
        columns = {
            "clients": "client_id name type owner_id currency created_at closed_at",
            "client_tags": "client_id tag",
            "packages": "package_id name",
            "ledger": "entry_id client_id occurred_at kind amount package_id recorded_at",
            "rates": "currency valid_from rate",
        }
        return {
            name: pd.DataFrame(
                [[self._id(key, row.get(key)) for key in listed.split()] for row in rows],
                columns=listed.split(),
                dtype=object,
            )
            for name, listed in columns.items()
            for rows in [getattr(self.data, name)]
        }

    def _id(self, column: str, value: Any) -> Any:
        if self.text_ids and column.endswith("_id") and value is not None:
            return str(value)
        return value


amounts = st.one_of(
    st.decimals("-999.9999", "999.9999", places=4),
    st.sampled_from([Decimal(0), Decimal("-0.01"), Decimal("0.005"), Decimal("-0.005")]),
    st.decimals("-20", "20", places=0),
    st.sampled_from([Decimal("-123456789012345.123456789012"), Decimal("9" * 20)]),
)


@st.composite
def cases(draw: st.DrawFn, *, dense: bool = False, kinds: Sequence[str] = KINDS) -> Case:
    """A ledger and a query; `dense`: with many entries in the period, of clients that pass."""
    zone_name = draw(st.sampled_from(ZONES))
    zone = ZoneInfo(zone_name)
    first = draw(st.sampled_from(STARTS))
    if draw(st.booleans()):
        first += timedelta(seconds=draw(st.integers(0, 86_399)))
    span = draw(st.sampled_from([timedelta(days=3), timedelta(days=70), timedelta(hours=5)]))
    last = first + span - timedelta(seconds=draw(st.sampled_from([1, 1, 1, 61, 7_200])))
    group_by = draw(
        st.sampled_from([[], ["month"], ["date"], ["year"], ["year", "month"], ["month", "date"]])
    )
    if span.days > 10 and "date" in group_by:
        group_by = ["month"]
    months = draw(st.sampled_from([0, 1, 2, 3, 12]))
    columns = buckets_of(first, last, group_by, zone)
    edges = [edge for _, _, start, end in columns for edge in (start, end)]
    within = list(edges)
    edges += [utc(go_back(nominal, months), zone) for _, nominal, _, _ in columns]
    edges += [utc(first, zone) - timedelta(days=40), utc(first, zone)]
    edges += [
        utc(first.replace(hour=0, minute=0, second=0) + timedelta(days=n), zone) for n in (1, 2)
    ]
    near = st.builds(
        lambda edge, shift: edge + shift,
        st.sampled_from(edges),
        st.one_of(
            st.sampled_from(
                [timedelta(), MICROSECOND, -MICROSECOND, timedelta(hours=1), timedelta(minutes=-30)]
            ),
            st.timedeltas(timedelta(days=-3), timedelta(days=3)),
        ),
    )
    if dense:
        shifts = st.timedeltas(timedelta(days=-1), timedelta(days=2))
        near = st.builds(lambda edge, shift: edge + shift, st.sampled_from(within), shifts)
    as_of = draw(
        st.just(datetime(2030, 1, 1, tzinfo=UTC))
        if dense
        else st.one_of(st.just(datetime(2030, 1, 1, tzinfo=UTC)), near)
    )
    currencies = draw(st.lists(st.sampled_from(CURRENCIES), min_size=1, max_size=3, unique=True))
    ids = draw(st.lists(st.integers(1, 8), min_size=2 * dense, max_size=5, unique=True))
    clients = [
        {
            "client_id": one,
            "name": f"Client {one}",
            "type": "client"
            if dense
            else draw(st.sampled_from(["client", "client", "client", "reseller", "call_shop"])),
            "owner_id": draw(st.sampled_from([None, 1, 2, 3, "house"])),
            "currency": draw(st.sampled_from(currencies)),
            "created_at": draw(near),
            "closed_at": draw(st.one_of(st.none(), st.none(), near)),
        }
        for one in ids
    ]
    has_recorded = draw(st.booleans())
    ledger = [
        {
            "entry_id": number,
            "client_id": draw(st.sampled_from([*ids, *ids, *ids, *ids, 77])),
            "occurred_at": (occurred := draw(near)),
            "kind": draw(st.sampled_from(kinds)),
            "amount": draw(amounts),
            "package_id": draw(st.sampled_from([None, *PACKAGE_IDS])),
            "recorded_at": draw(st.one_of(st.none(), st.just(occurred), near))
            if has_recorded
            else None,
        }
        for number in range(draw(st.integers(8 * dense, 14 + 6 * dense)) if ids else 0)
    ]
    rates = []
    for name in CURRENCIES:
        if not dense and not draw(st.integers(0, 9)):
            continue  # now and then a currency has no rate at all
        base = draw(st.booleans()) if name == "EUR" else not draw(st.integers(0, 5))
        started = [date(2000, 1, 1)] if dense or draw(st.integers(0, 5)) else []
        changes = st.one_of(st.integers(-3, 5), st.integers(-3, 75))
        days = draw(st.lists(changes, min_size=not started, max_size=4, unique=True))
        if base:  # and perhaps one that stops to be one
            days = days[: draw(st.integers(0, 1))] if started else days[:1]
        for number, day in enumerate([*started, *(first.date() + timedelta(days=n) for n in days)]):
            fixed = Decimal(1) if base and not number else None
            rate = fixed or draw(st.decimals("0.01", "9", places=3))
            rates.append({"currency": name, "valid_from": day, "rate": rate})
    packages = [
        {"package_id": one, "name": draw(st.sampled_from(["Gold", "Silver", "=1+1", "3"]))}
        for one in draw(st.lists(st.sampled_from([1, 2, 3]), unique=True))
    ]
    tags = [
        {"client_id": draw(st.sampled_from([*ids, 55])), "tag": draw(st.sampled_from(["vip", "x"]))}
        for _ in range(draw(st.integers(0, 4)))
    ]
    grouped = [*group_by, "package"] if draw(st.booleans()) else group_by
    query = {
        "period": (first, last),
        "timezone": zone_name,
        "client_type": draw(st.sampled_from(["all", "all", "client", "reseller"])),
        "client_tags": draw(st.sampled_from([[], [], [], ["vip"], ["vip", "x"], ["none"]])),
        "owner": draw(st.sampled_from([[], [], [], ["1"], ["house", "2"], ["nobody"]])),
        "owner_tree": draw(st.booleans()),
        "package": draw(
            st.sampled_from([[], [], [], [], ["Gold"], ["Silver", "99"], ["(no package)"], ["3"]])
        ),
        "group_by": grouped,
        "currency": draw(st.sampled_from([*currencies, *CURRENCIES])),
        "active_duration": months,
        "rate_policy": draw(st.sampled_from(["historical", "historical", "current"])),
    }
    if dense:
        query |= {"client_type": "all", "client_tags": [], "owner": [], "package": []}
    return Case(Data(clients, ledger, tags, packages, rates), query, as_of, draw(st.booleans()))
