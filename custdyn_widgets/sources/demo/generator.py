"""Generator of the demo: a prepaid VoIP operator, month by month, always the same."""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import platformdirs

from custdyn_widgets.model.schema import ACTIVATION, PAYG, REFILL, RENEWAL
from custdyn_widgets.sources.demo.tables import (
    CURRENCIES,
    FIRST_MONTH,
    FIRST_YEAR,
    VERSION,
    Table,
    client_table,
    ledger_table,
    package_table,
    rate_table,
    seeded,
    start,
    tag_table,
    write,
)
from custdyn_widgets.sources.demo.words import (
    COUNTRIES,
    FIRST_WORDS,
    LAST_WORDS,
    PACKAGES,
    SERVICES,
    TAGS,
)

LEAST_MONTHS = 36
FOUNDERS, NEWCOMERS = 900, 60
TYPES = ("client", "reseller", "calling_card", "call_shop")
Ints = npt.NDArray[np.int64]


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
    """Writes the five tables of that many months as Parquet files."""
    clients = pd.concat([_joiners(month) for month in range(months)], ignore_index=True)
    clients["number"] = np.arange(len(clients))
    clients["client_id"] = 1_001 + clients["number"]
    _give_owners(clients)
    ledger = pd.concat([_entries(clients, month) for month in range(months)], ignore_index=True)
    write(folder, "clients", client_table(clients))
    write(folder, "client_tags", tag_table(clients))
    write(folder, "packages", package_table())
    write(folder, "ledger", ledger_table(ledger))
    write(folder, "rates", rate_table(months))


def _length(month: int) -> float:
    return (start(month + 1) - start(month)).total_seconds()


def _joiners(month: int) -> Table:
    """The clients that join in a month, with all that they will ever be."""
    draw = seeded(month, 1)
    count = FOUNDERS if month == 0 else int(draw.poisson(NEWCOMERS))
    early = -365 * 86_400 if month == 0 else 0
    created = draw.uniform(early, 0 if month == 0 else _length(month), count)
    kind = draw.choice(len(TYPES), count, p=[0.80, 0.035, 0.11, 0.055])
    stays = draw.exponential(48, count) + 1
    subscribes = draw.random(count) < 0.34
    first = month + draw.integers(0, 4, count)
    return pd.DataFrame(
        {
            "joined": month,
            "created": [start(month) + pd.Timedelta(seconds=int(second)) for second in created],
            "type": np.take(np.array(TYPES, object), kind),
            "currency": draw.choice(
                np.array(list(CURRENCIES), object), count, p=[0.45, 0.25, 0.14, 0.10, 0.06]
            ),
            "leaves": month + stays,
            "closes": draw.random(count) < 0.5,
            "use": draw.gamma(1.1, 1.0, count) * np.where(kind == 1, 3.0, 1.0),
            "spends": draw.lognormal(-0.6, 0.7, count),
            "partner": draw.random(count) < 0.02,
            "package": np.where(subscribes, draw.integers(0, len(PACKAGES), count), -1),
            "first": first,
            "last": first + draw.geometric(0.10, count),
            "owner_draw": draw.random(count),
            "word": draw.integers(0, len(FIRST_WORDS) * len(LAST_WORDS), count),
            "tag": np.where(draw.random(count) < 0.4, draw.integers(0, len(TAGS), count), -1),
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
    """The entries of a month, of the clients that have joined and not left."""
    draw = seeded(month, 2)
    here = clients[(clients["joined"] <= month) & (clients["leaves"] > month)]
    number = here["number"].to_numpy()
    worth = np.array([CURRENCIES[code] for code in here["currency"]])
    price = here["spends"].to_numpy() / worth
    season = 1 + 0.18 * np.cos((start(month).month - 12) / 12 * 2 * np.pi) + 0.004 * month
    parts = []

    calls = draw.poisson(here["use"].to_numpy() * 3.55 * season)
    who = np.repeat(np.arange(len(here)), calls)
    minutes = draw.gamma(1.4, 6.0, len(who)) + 0.1
    country = draw.integers(0, len(COUNTRIES), len(who))
    service = draw.choice(len(SERVICES), len(who), p=[0.8, 0.12, 0.08])
    credited = here["partner"].to_numpy()[who] & (draw.random(len(who)) < 0.7)
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
    refills = draw.poisson(np.minimum(here["use"].to_numpy() * 0.42 * season + 0.10, 6))
    who = np.repeat(np.arange(len(here)), refills)
    notes = np.array([5, 10, 10, 20, 20, 50, 100])
    parts.append(_plain(number[who], REFILL, np.rint(draw.choice(notes, len(who)) / worth[who])))

    parts += _package_entries(here, month, worth)
    odd = np.flatnonzero(draw.random(len(here)) < 0.03)
    kinds = np.take(
        np.array(["correction", "tax", "extra_charge"], object), draw.integers(0, 3, len(odd))
    )
    parts.append(_plain(number[odd], kinds, draw.normal(-1.5, 3, len(odd)) / worth[odd]))
    return _dated(pd.concat(parts, ignore_index=True), clients, month, draw)


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


def _dated(entries: Table, clients: Table, month: int, draw: np.random.Generator) -> Table:
    """Gives every entry its instant: in the month, more by day than by night.

    None is before its client was there; some are recorded days late.
    """
    days = draw.integers(0, round(_length(month) / 86_400), len(entries))
    hour = draw.normal(14, 4.5, len(entries)) % 24
    second = (days * 86_400 + hour * 3_600).astype(np.int64)
    occurred = np.datetime64(start(month), "us") + second.astype("timedelta64[s]")
    created = clients["created"].to_numpy().astype("datetime64[us]")[entries["number"].to_numpy()]
    entries["occurred_at"] = np.maximum(occurred, created + np.timedelta64(60, "s"))
    late = np.where(
        draw.random(len(entries)) < 0.004,
        draw.integers(86_400, 9 * 86_400, len(entries)),
        draw.integers(1, 300, len(entries)),
    )
    entries["recorded_at"] = entries["occurred_at"] + late.astype("timedelta64[s]")
    entries = entries.sort_values("occurred_at", kind="stable", ignore_index=True)
    entries["entry_id"] = (month + 1) * 1_000_000 + np.arange(len(entries))
    return entries


if __name__ == "__main__":
    demo_folder()
