"""The built-in demo: a prepaid VoIP operator, made up month by month and always the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import platformdirs
import pyarrow as pa
import pyarrow.parquet as pq

from ..tables import ACTIVATION, PAYG, REFILL, RENEWAL
from .demo_words import (
    COUNTRIES,
    FIRST_WORDS,
    HOSTILE_NAMES,
    LAST_WORDS,
    PACKAGES,
    SERVICES,
    TAGS,
)

VERSION = 1
FIRST_YEAR, FIRST_MONTH = 2023, 12
LEAST_MONTHS = 36
FOUNDERS, NEWCOMERS = 900, 60
TYPES = ("client", "reseller", "calling_card", "call_shop")
CURRENCIES = {"EUR": 1.0, "USD": 0.92, "GBP": 1.17, "PLN": 0.23, "JPY": 0.0062}
SCALE = 4
Ints = npt.NDArray[np.int64]
Table = pd.DataFrame


def demo_folder(today: date | None = None) -> Path:
    """The folder of the demo data, as Parquet; made once a month in the user's cache.

    The months run from 2023-12 to the current one. Each is seeded by itself, so that what was
    once made never changes.
    """
    day = today or datetime.now(UTC).date()
    months = max((day.year - FIRST_YEAR) * 12 + day.month - FIRST_MONTH + 1, LEAST_MONTHS)
    folder = platformdirs.user_cache_path("custdyn_widgets") / f"demo-{VERSION}-{months}"
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=folder.parent))
        make_demo(making, months)
        try:
            making.rename(folder)
        except OSError:  # somebody else was faster
            shutil.rmtree(making)
    return folder


def make_demo(folder: Path, months: int) -> None:
    """Writes the five tables of so many months as Parquet files."""
    clients = pd.concat([_joiners(month) for month in range(months)], ignore_index=True)
    clients["number"] = np.arange(len(clients))
    clients["client_id"] = 1_001 + clients["number"]
    _give_owners(clients)
    ledger = pd.concat([_entries(clients, month) for month in range(months)], ignore_index=True)
    _write(folder, "clients", _client_table(clients))
    _write(folder, "client_tags", _tag_table(clients))
    _write(folder, "packages", _package_table())
    _write(folder, "ledger", _ledger_table(ledger))
    _write(folder, "rates", _rate_table(months))


def _random(month: int, what: int) -> np.random.Generator:
    return np.random.default_rng([VERSION, what, month])


def _start(month: int) -> datetime:
    index = FIRST_YEAR * 12 + FIRST_MONTH - 1 + month
    return datetime(index // 12, index % 12 + 1, 1)


def _length(month: int) -> float:
    return (_start(month + 1) - _start(month)).total_seconds()


def _joiners(month: int) -> Table:
    """The clients that join in a month, with all that they will ever be."""
    random = _random(month, 1)
    count = FOUNDERS if month == 0 else int(random.poisson(NEWCOMERS))
    early = -365 * 86_400 if month == 0 else 0
    created = random.uniform(early, 0 if month == 0 else _length(month), count)
    kind = random.choice(len(TYPES), count, p=[0.80, 0.035, 0.11, 0.055])
    stays = random.exponential(48, count) + 1
    subscribes = random.random(count) < 0.34
    first = month + random.integers(0, 4, count)
    return pd.DataFrame(
        {
            "joined": month,
            "created": [_start(month) + pd.Timedelta(seconds=int(second)) for second in created],
            "type": np.take(np.array(TYPES, object), kind),
            "currency": random.choice(
                np.array(list(CURRENCIES), object), count, p=[0.45, 0.25, 0.14, 0.10, 0.06]
            ),
            "leaves": month + stays,
            "closes": random.random(count) < 0.5,
            "use": random.gamma(1.1, 1.0, count) * np.where(kind == 1, 3.0, 1.0),
            "spends": random.lognormal(-0.6, 0.7, count),
            "partner": random.random(count) < 0.02,
            "package": np.where(subscribes, random.integers(0, len(PACKAGES), count), -1),
            "first": first,
            "last": first + random.geometric(0.10, count),
            "owner_draw": random.random(count),
            "word": random.integers(0, len(FIRST_WORDS) * len(LAST_WORDS), count),
            "tag": np.where(random.random(count) < 0.4, random.integers(0, len(TAGS), count), -1),
        }
    )


def _give_owners(clients: Table) -> None:
    """Every second client belongs to a reseller who was there before it: a tree of resellers."""
    resellers = clients.index[clients["type"] == "reseller"].to_numpy()
    before = np.searchsorted(resellers, clients.index.to_numpy())
    chosen = (clients["owner_draw"].to_numpy() * 2 * before).astype(np.int64)
    owned = chosen < before
    owner = np.full(len(clients), -1, np.int64)
    owner[owned] = clients["client_id"].to_numpy()[resellers[chosen[owned]]]
    clients["owner_id"] = owner


def _entries(clients: Table, month: int) -> Table:
    """The entries of a month, of the clients that have joined and not left by then."""
    random = _random(month, 2)
    here = clients[(clients["joined"] <= month) & (clients["leaves"] > month)]
    number = here["number"].to_numpy()
    worth = np.array([CURRENCIES[code] for code in here["currency"]])
    price = here["spends"].to_numpy() / worth
    season = 1 + 0.18 * np.cos((_start(month).month - 12) / 12 * 2 * np.pi) + 0.004 * month
    parts = []

    calls = random.poisson(here["use"].to_numpy() * 3.55 * season)
    who = np.repeat(np.arange(len(here)), calls)
    minutes = random.gamma(1.4, 6.0, len(who)) + 0.1
    country = random.integers(0, len(COUNTRIES), len(who))
    service = random.choice(len(SERVICES), len(who), p=[0.8, 0.12, 0.08])
    credited = here["partner"].to_numpy()[who] & (random.random(len(who)) < 0.7)
    charge = price[who] * minutes * (0.4 + country / len(COUNTRIES)) * 0.55
    parts.append(
        pd.DataFrame(
            {
                "number": number[who],
                "kind": PAYG,
                "amount": np.where(credited, charge * 1.6, -charge),
                "package": -1,
                "service": service,
                "direction": np.where(credited, 1, 0),
                "destination": country,
                "quantity": minutes,
            }
        )
    )
    refills = random.poisson(np.minimum(here["use"].to_numpy() * 0.42 * season + 0.10, 6))
    who = np.repeat(np.arange(len(here)), refills)
    notes = np.array([5, 10, 10, 20, 20, 50, 100])
    parts.append(_plain(number[who], REFILL, np.rint(random.choice(notes, len(who)) / worth[who])))

    parts += _package_entries(here, month, worth)
    odd = np.flatnonzero(random.random(len(here)) < 0.03)
    kinds = np.take(
        np.array(["correction", "tax", "extra_charge"], object), random.integers(0, 3, len(odd))
    )
    parts.append(_plain(number[odd], kinds, random.normal(-1.5, 3, len(odd)) / worth[odd]))
    return _dated(pd.concat(parts, ignore_index=True), clients, month, random)


def _plain(number: Ints, kind: Any, amount: Any, package: Any = -1) -> Table:
    return pd.DataFrame(
        {
            "number": number,
            "kind": kind,
            "amount": amount,
            "package": package,
            "service": -1,
            "direction": -1,
            "destination": -1,
            "quantity": np.nan,
        }
    )


def _package_entries(here: Table, month: int, worth: npt.NDArray[np.float64]) -> list[Table]:
    """An activation comes with its first renewal; renewals follow as long as it lasts."""
    package = here["package"].to_numpy()
    months = np.array([one.period_months for one in PACKAGES])[package]
    since = month - here["first"].to_numpy()
    there = (package >= 0) & (since >= 0) & (month < here["last"].to_numpy())
    starting, due = there & (since == 0), there & (since % months == 0)
    number = here["number"].to_numpy()
    setup = np.array([one.setup for one in PACKAGES])[package] / worth
    fee = np.array([one.fee for one in PACKAGES])[package] / worth
    return [
        _plain(number[starting], ACTIVATION, -setup[starting], package[starting]),
        _plain(number[due], RENEWAL, -fee[due], package[due]),
    ]


def _dated(entries: Table, clients: Table, month: int, random: np.random.Generator) -> Table:
    """Gives every entry its instant: in the month, more by day than by night.

    None is before its client was there; some are recorded days late.
    """
    days = random.integers(0, round(_length(month) / 86_400), len(entries))
    hour = random.normal(14, 4.5, len(entries)) % 24
    second = (days * 86_400 + hour * 3_600).astype(np.int64)
    occurred = np.datetime64(_start(month), "us") + second.astype("timedelta64[s]")
    created = clients["created"].to_numpy().astype("datetime64[us]")[entries["number"].to_numpy()]
    entries["occurred_at"] = np.maximum(occurred, created + np.timedelta64(60, "s"))
    late = np.where(
        random.random(len(entries)) < 0.004,
        random.integers(86_400, 9 * 86_400, len(entries)),
        random.integers(1, 300, len(entries)),
    )
    entries["recorded_at"] = entries["occurred_at"] + late.astype("timedelta64[s]")
    entries = entries.sort_values("occurred_at", kind="stable", ignore_index=True)
    entries["entry_id"] = (month + 1) * 1_000_000 + np.arange(len(entries))
    return entries


def _client_table(clients: Table) -> pa.Table:
    names = [
        HOSTILE_NAMES[number // 97 % len(HOSTILE_NAMES)]
        if number % 97 == 13
        else f"{FIRST_WORDS[word % len(FIRST_WORDS)]} {LAST_WORDS[word // len(FIRST_WORDS)]}"
        for number, word in zip(clients["number"], clients["word"], strict=True)
    ]
    left = [
        _start(int(leaves) + 1) if closes else None
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


def _tag_table(clients: Table) -> pa.Table:
    tagged = clients[clients["tag"] >= 0]
    return pa.table(
        {
            "client_id": tagged["client_id"].to_numpy(),
            "tag": [TAGS[tag] for tag in tagged["tag"]],
        }
    )


def _package_table() -> pa.Table:
    return pa.table(
        {
            "package_id": [10 * (place + 1) for place in range(len(PACKAGES))],
            "name": [one.name for one in PACKAGES],
            "description": [one.description for one in PACKAGES],
            "period_months": [one.period_months for one in PACKAGES],
        }
    )


def _ledger_table(entries: Table) -> pa.Table:
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


def _rate_table(months: int) -> pa.Table:
    """Two rates a month for each currency, around what it is worth."""
    rows: list[tuple[str, date, float]] = [("EUR", date(2022, 1, 1), 1.0)]
    rows += [(code, date(2022, 1, 1), worth) for code, worth in CURRENCIES.items() if code != "EUR"]
    for month in range(months):
        random = _random(month, 3)
        for code, worth in CURRENCIES.items():
            for day in (1, 16):
                rate = worth * (1 + 0.03 * np.sin(month / 5 + len(rows)) + random.normal(0, 0.004))
                if code != "EUR":
                    rows.append((code, _start(month).replace(day=day).date(), float(rate)))
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


def _write(folder: Path, name: str, table: pa.Table) -> None:
    pq.write_table(table, folder / f"{name}.parquet", compression="zstd")
