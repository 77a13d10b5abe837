"""A brute-force reading of docs/definitions.md: plain loops, fractions, no code of the package.

Slow on purpose. It knows the definitions only from the text; the engine must agree with it.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

PAID = ("payg", "package_activation", "package_renewal")
UNITS = {"JPY": 0, "KWD": 3, "USD": 2, "EUR": 2, "GBP": 2}
LABELS = {"year": "%Y", "month": "%m/%Y", "date": "%Y-%m-%d"}
Row = tuple[str, str | None, str]


class RatesMissing(Exception):
    """A rate is needed that is not there."""

    def __init__(self, first: dict[str, date]) -> None:
        self.first = first


@dataclass
class Data:
    """The five tables as lists of dicts; ids may be integers or text."""

    clients: list[dict[str, Any]]
    ledger: list[dict[str, Any]]
    client_tags: list[dict[str, Any]] = field(default_factory=list)
    packages: list[dict[str, Any]] = field(default_factory=list)
    rates: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Answer:
    """Bucket labels, values and unrounded amounts by (block, package, row)."""

    labels: list[str]
    starts: list[datetime]
    ends: list[datetime]
    rows: dict[Row, list[Any]]
    exact: dict[Row, list[Any]]
    states: list[str]


def utc(wall: datetime, zone: ZoneInfo) -> datetime:
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def go_back(wall: datetime, months: int) -> datetime:
    year, month = wall.year, wall.month
    for _ in range(months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    day = min(wall.day, calendar.monthrange(year, month)[1])
    return wall.replace(year=year, month=month, day=day)


def buckets_of(
    first: datetime, last: datetime, group_by: Iterable[str], zone: ZoneInfo
) -> list[tuple[str, datetime, datetime, datetime]]:
    """(label, nominal local start, start, end), walking through the period day by day."""
    unit = next((one for one in ("date", "month", "year") if one in group_by), None)
    stop = last + timedelta(seconds=1)
    cuts = [first]
    day = datetime(first.year, first.month, first.day) + timedelta(days=1)
    while day < stop:
        if (
            unit == "date"
            or (unit == "month" and day.day == 1)
            or (unit == "year" and (day.month, day.day) == (1, 1))
        ):
            cuts.append(day)
        day += timedelta(days=1)
    made = []
    for begin, end in zip(cuts, [*cuts[1:], stop], strict=True):
        start, finish = utc(begin, zone), utc(end, zone)
        if start < finish:
            label = begin.strftime(LABELS[unit]) if unit else "Total"
            made.append((label, begin, start, finish))
    return made


def edges_of(
    query: dict[str, Any], columns: list[tuple[str, datetime, datetime, datetime]]
) -> list[tuple[datetime, datetime]]:
    """Nominal local start and end of the bucket before the first, then of each."""
    begin, last = columns[0][1], query["period"][1]
    if "date" in query["group_by"]:
        back = begin - timedelta(days=1)
    elif "month" in query["group_by"]:
        back = go_back(begin, 1)
    elif "year" in query["group_by"]:
        back = go_back(begin, 12)
    else:
        back = begin - (last + timedelta(seconds=1) - begin)
    return [(back, columns[0][2]), *((nominal, end) for _, nominal, _, end in columns)]


@dataclass
class Setting:
    """Who passes the filters, and the entries that count of each."""

    people: dict[str, dict[str, Any]]
    own: dict[str, list[dict[str, Any]]]
    package_of: Callable[[dict[str, Any]], str | None]

    def lives(self, one: str, at: datetime, as_of: datetime) -> bool:
        """Whether a client exists before an instant."""
        person = self.people[one]
        begin = min([person["created_at"], *(entry["occurred_at"] for entry in self.own[one])])
        closed = person.get("closed_at")
        if closed is not None and closed >= as_of:
            closed = None
        return begin < at and not (closed is not None and closed < at)

    def uses(self, one: str, at: datetime) -> list[datetime]:
        """The instants of a client's paid uses before an instant."""
        return [
            entry["occurred_at"]
            for entry in self.own[one]
            if entry["kind"] in PAID and entry["amount"] < 0 and entry["occurred_at"] < at
        ]


def setting(data: Data, query: dict[str, Any], as_of: datetime, period_end: datetime) -> Setting:

    people = {str(one["client_id"]): one for one in data.clients if one["created_at"] < as_of}
    entries = [
        one
        for one in data.ledger
        if one["occurred_at"] < as_of
        and (one.get("recorded_at") is None or one["recorded_at"] < as_of)
        and str(one["client_id"]) in people
    ]
    names = {str(one["package_id"]): one["name"] for one in data.packages}

    def package_of(entry: dict[str, Any]) -> str | None:
        if entry.get("package_id") is not None:
            return str(names.get(str(entry["package_id"]), str(entry["package_id"])))
        if entry["kind"] in ("package_activation", "package_renewal"):
            return "(no package)"
        return None

    passing = chosen(data, people, query)
    if query["package"]:
        having = {
            str(one["client_id"])
            for one in entries
            if one["occurred_at"] < period_end and package_of(one) in query["package"]
        }
        passing &= having
    own: dict[str, list[dict[str, Any]]] = {one: [] for one in passing}
    for entry in entries:
        if str(entry["client_id"]) in own:
            own[str(entry["client_id"])].append(entry)
    return Setting(people, own, package_of)


def answer(data: Data, query: dict[str, Any], as_of: datetime) -> Answer:
    """The report of a query whose period is {from, to} (naive datetimes)."""
    zone = ZoneInfo(query["timezone"])
    first, last = query["period"]
    columns = buckets_of(first, last, query["group_by"], zone)
    if not columns:
        return Answer([], [], [], {}, {}, [])
    period_end = columns[-1][3]
    here = setting(data, query, as_of, period_end)
    people, own, package_of = here.people, here.own, here.package_of

    convert = _converter(data, query, as_of, zone)
    rows: dict[Row, list[Any]] = {}
    exact: dict[Row, list[Any]] = {}
    units = UNITS[query["currency"]]

    def put(row: Row, value: Fraction | int | None) -> None:
        exact.setdefault(row, []).append(value)
        rows.setdefault(row, []).append(
            _money(value, units) if isinstance(value, Fraction) else value
        )

    shown_packages = {
        package_of(entry)
        for listed in own.values()
        for entry in listed
        if entry["kind"] in ("package_activation", "package_renewal")
        and columns[0][2] <= entry["occurred_at"] < period_end
        and (not query["package"] or package_of(entry) in query["package"])
    }
    missing: dict[str, date] = {}
    for _, nominal, start, end in columns:
        window = utc(go_back(nominal, query["active_duration"]), zone)
        last_instant = min(end - timedelta(microseconds=1), as_of)
        balance_day = last_instant.astimezone(zone).date()
        classes: dict[str, list[str]] = {"Active": [], "Overall Active": [], "All": []}
        for one in own:
            if not here.lives(one, end, as_of):
                continue
            classes["All"].append(one)
            uses = here.uses(one, end)
            if uses:
                classes["Overall Active"].append(one)
            if any(window <= use for use in uses):
                classes["Active"].append(one)
        for name, members in classes.items():
            balances = []
            for one in members:
                balance = sum(
                    (Fraction(e["amount"]) for e in own[one] if e["occurred_at"] < end), Fraction()
                )
                money = Fraction()
                if balance:
                    money = convert(
                        balance, people[one]["currency"], balance_day, balance_day, missing
                    )
                balances.append(money)
            above = [one for one in balances if one > 0]
            below = [one for one in balances if one < 0]
            put((f"Clients - {name}", None, "Qty"), len(members))
            put((f"Clients - {name}", None, "Balance Pos"), _sum(above) if above else None)
            put((f"Clients - {name}", None, "Balance Neg"), _sum(below) if below else None)
            empty = name == "Active" and not members
            put((f"Clients - {name}", None, "Balance"), None if empty else _sum(balances))

        def of(kind: str, package: str | None = None) -> list[Fraction]:
            found = []
            for one, listed in own.items():
                for entry in listed:
                    if entry["kind"] != kind or not start <= entry["occurred_at"] < end:  # noqa: B023
                        continue
                    if kind.startswith("package_"):
                        name = package_of(entry)
                        if query["package"] and name not in query["package"]:
                            continue
                        if package is not None and name != package:
                            continue
                    day = entry["occurred_at"].astimezone(zone).date()
                    found.append(
                        convert(
                            Fraction(entry["amount"]), people[one]["currency"], day, day, missing
                        )
                    )
            return found

        refills = of("refill")
        put(("Balance Refill", None, "Qty"), len(refills))
        put(("Balance Refill", None, "Total"), _sum(refills) if refills else None)
        put(("Balance Refill", None, "Avg"), _sum(refills) / len(refills) if refills else None)
        payg = of("payg")
        active = len(classes["Active"])
        put(("Pay As You Go", None, "Total"), _sum(payg) if payg else None)
        put(("Pay As You Go", None, "Active Avg"), _sum(payg) / active if payg and active else None)
        blocks: list[tuple[str, str | None]] = [("Packages", None)]
        if "package" in query["group_by"]:
            blocks += [("Package", str(name)) for name in sorted(map(str, shown_packages))]
        for block, package in blocks:
            for word, kind in (("Activation", "package_activation"), ("Renew", "package_renewal")):
                found = of(kind, package)
                put((block, package, f"{word} Qty"), len(found))
                put((block, package, f"{word} Total"), _sum(found) if found else None)
    if missing:
        raise RatesMissing(missing)
    states = [
        "past" if end <= as_of else "running" if start <= as_of else "future"
        for _, _, start, end in columns
    ]
    return Answer(
        [one[0] for one in columns],
        [one[2] for one in columns],
        [one[3] for one in columns],
        rows,
        exact,
        states,
    )


def chosen(data: Data, people: dict[str, Any], query: dict[str, Any]) -> set[str]:
    owners = set(query["owner"])
    while query["owner_tree"] and owners:
        below = {
            key
            for key, one in people.items()
            if one.get("owner_id") is not None and str(one["owner_id"]) in owners
        }
        if below <= owners:
            break
        owners |= below
    chosen = set()
    for key, person in people.items():
        tags = {one["tag"] for one in data.client_tags if str(one["client_id"]) == key}
        if query["client_type"] not in ("all", person["type"]):
            continue
        if query["client_tags"] and not tags & set(query["client_tags"]):
            continue
        if query["owner"]:
            owner = person.get("owner_id")
            if owner is None or str(owner) not in owners:
                continue
        chosen.add(key)
    return chosen


def _converter(
    data: Data, query: dict[str, Any], as_of: datetime, zone: ZoneInfo
) -> Callable[[Fraction, str, date, date, dict[str, date]], Fraction]:
    to = query["currency"]
    by_name: dict[str, list[tuple[date, Fraction]]] = {}
    today = as_of.astimezone(zone).date()
    for one in data.rates:
        if one["valid_from"] > today:
            continue
        by_name.setdefault(one["currency"], []).append((one["valid_from"], Fraction(one["rate"])))
    ones = sorted(name for name, dated in by_name.items() if all(rate == 1 for _, rate in dated))
    base = "EUR" if "EUR" in ones or not ones else ones[0]

    def worth(name: str, day: date) -> Fraction | None:
        if name == base:
            return Fraction(1)
        known = [one for one in by_name.get(name, []) if one[0] <= day]
        return max(known)[1] if known else None

    def convert(
        value: Fraction, name: str, day: date, named: date, missing: dict[str, date]
    ) -> Fraction:
        if name == to:
            return value
        if query["rate_policy"] == "current":
            day = today
        rates = {each: worth(each, day) for each in (name, to)}
        for each, rate in rates.items():
            if rate is None:
                missing[each] = min(missing.get(each, date.max), named)
        mine, theirs = rates[name], rates[to]
        return Fraction() if mine is None or theirs is None else value * mine / theirs

    return convert


def _sum(values: Iterable[Fraction]) -> Fraction:
    return sum(values, Fraction())


def _money(value: Fraction, units: int) -> Decimal:
    scaled = abs(value) * 10**units
    whole = int(scaled)
    if scaled - whole >= Fraction(1, 2):
        whole += 1
    if whole == 0:
        return Decimal(0).quantize(Decimal(1).scaleb(-units))
    return (Decimal(whole) * (-1 if value < 0 else 1)).scaleb(-units)
