"""A brute-force reading of the optional blocks: client by client, no code of the package."""

from __future__ import annotations

import itertools
from collections import defaultdict
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from tests.support.oracle import (
    UNITS,
    Data,
    RatesMissing,
    Row,
    _converter,
    _money,
    buckets_of,
    edges_of,
    go_back,
    setting,
    utc,
)

FLOWS = {
    "refill": "Refill",
    "payg": "Pay As You Go",
    "package_activation": "Package Activation",
    "package_renewal": "Package Renewal",
}
SENSITIVE = {1: "1 Month", 2: "2 Months", 3: "3 Months", 6: "6 Months", 12: "12 Months"}
BRIDGES = {
    "All": "Bridge",
    "Active": "Bridge - Active",
    "Overall Active": "Bridge - Overall Active",
}


def blocks_of(data: Data, query: dict[str, Any], as_of: datetime) -> dict[Row, list[Any]]:
    """Unrounded values of every row of the three optional blocks but Rounding; None is N/A."""
    zone = ZoneInfo(query["timezone"])
    first, last = query["period"]
    columns = buckets_of(first, last, query["group_by"], zone)
    if not columns:
        return {}
    here = setting(data, query, as_of, columns[-1][3])
    convert = _converter(data, query, as_of, zone)
    missing: dict[str, date] = {}
    rows: dict[Row, list[Any]] = defaultdict(list)

    edges = edges_of(query, columns)

    def active(one: str, edge: tuple[datetime, datetime], months: int) -> bool:
        nominal, end = edge
        since = utc(go_back(nominal, months), zone)
        living = here.lives(one, end, as_of)
        return living and any(use >= since for use in here.uses(one, end))

    def inside(one: str, name: str, edge: tuple[datetime, datetime]) -> bool:
        if name == "All":
            return here.lives(one, edge[1], as_of)
        if name == "Overall Active":
            return here.lives(one, edge[1], as_of) and bool(here.uses(one, edge[1]))
        return active(one, edge, query["active_duration"])

    def day_of(end: datetime) -> date:
        return min(end - timedelta(microseconds=1), as_of).astimezone(zone).date()

    def worth(one: str, amount: Fraction, day: date) -> Fraction:
        code = here.people[one]["currency"]
        return convert(amount, code, day, day, missing) if amount else Fraction()

    def balance(one: str, end: datetime) -> Fraction:
        return sum(
            (Fraction(e["amount"]) for e in here.own[one] if e["occurred_at"] < end), Fraction()
        )

    def is_closed(one: str, end: datetime) -> bool:
        closed = here.people[one].get("closed_at")
        return closed is not None and closed < as_of and closed < end

    for before, now in itertools.pairwise(edges):
        start, end = before[1], now[1]
        was, day = day_of(start), day_of(end)
        for name, block in BRIDGES.items():
            own = [one for one in here.own if inside(one, name, now)]
            earlier = [one for one in here.own if inside(one, name, before)]
            movers = list(here.own) if name == "All" else [one for one in own if one in earlier]
            flows: dict[str, list[Fraction]] = {row: [] for row in (*FLOWS.values(), "Other")}
            for one in movers:
                for entry in here.own[one]:
                    if not start <= entry["occurred_at"] < end:
                        continue
                    kind = FLOWS.get(entry["kind"], "Other")
                    named = not query["package"] or here.package_of(entry) in query["package"]
                    if kind.startswith("Package") and not named:
                        kind = "Other"
                    on = entry["occurred_at"].astimezone(zone).date()
                    flows[kind].append(
                        convert(
                            Fraction(entry["amount"]), here.people[one]["currency"], on, on, missing
                        )
                    )
            opening = sum((worth(one, balance(one, start), was) for one in earlier), Fraction())
            closing = sum((worth(one, balance(one, end), day) for one in own), Fraction())
            put: dict[str, Fraction | None] = {"Opening": opening}
            for row, found in flows.items():
                put[row] = sum(found, Fraction()) if found else None
            if name == "All":
                gone = Fraction()
                for one in here.own:
                    held = balance(one, start) if is_closed(one, start) else Fraction()
                    holds = balance(one, end) if is_closed(one, end) else Fraction()
                    gone += worth(one, holds - held, day)
                put["Closed"] = -gone
            else:
                put["Entered"] = sum(
                    (worth(one, balance(one, end), day) for one in own if one not in earlier),
                    Fraction(),
                )
                put["Left"] = -sum(
                    (worth(one, balance(one, start), was) for one in earlier if one not in own),
                    Fraction(),
                )
            # what revaluation explains, from its own definition: opening and flows, revalued
            stay = earlier if name == "All" else [one for one in earlier if one in own]
            fx = sum(
                (
                    worth(one, balance(one, start), day) - worth(one, balance(one, start), was)
                    for one in stay
                ),
                Fraction(),
            )
            for one in movers:
                for entry in here.own[one]:
                    if start <= entry["occurred_at"] < end:
                        on = entry["occurred_at"].astimezone(zone).date()
                        amount = Fraction(entry["amount"])
                        fx += worth(one, amount, day) - worth(one, amount, on)
            put["FX"], put["Closing"] = fx, closing
            for row, value in put.items():
                rows[block, None, row].append(value)

        months = query["active_duration"]
        now_active = [one for one in here.own if active(one, now, months)]
        then = [one for one in here.own if active(one, before, months)]
        fresh = [one for one in now_active if not here.uses(one, start)]
        lapsed = [one for one in then if one not in now_active]
        rows["Movements", None, "New"].append(len(fresh))
        rows["Movements", None, "Reactivated"].append(
            len([one for one in now_active if one not in then and here.uses(one, start)])
        )
        rows["Movements", None, "Retained"].append(len([o for o in now_active if o in then]))
        rows["Movements", None, "Lapsed"].append(len(lapsed))
        rows["Movements", None, "Churn Rate"].append(
            Fraction(100 * len(lapsed), len(then)) if then else None
        )
        earned = []
        for one, listed in here.own.items():
            for entry in listed:
                counts = entry["kind"] == "payg" or (
                    entry["kind"] in ("package_activation", "package_renewal")
                    and (not query["package"] or here.package_of(entry) in query["package"])
                )
                if counts and start <= entry["occurred_at"] < end:
                    on = entry["occurred_at"].astimezone(zone).date()
                    earned.append(-worth(one, Fraction(entry["amount"]), on))
        rows["Movements", None, "Average Revenue"].append(
            sum(earned, Fraction()) / len(now_active) if earned and now_active else None
        )
        for number, label in SENSITIVE.items():
            rows["Sensitivity", None, f"Active Qty - {label}"].append(
                len([one for one in here.own if active(one, now, number)])
            )
    if missing:
        raise RatesMissing(missing)
    return dict(rows)


def shown(row: Row, value: Any, currency: str) -> Any:
    """A value as a report shows it."""
    if not isinstance(value, Fraction):
        return value
    return _money(value, 1 if row[2] == "Churn Rate" else UNITS[currency])
