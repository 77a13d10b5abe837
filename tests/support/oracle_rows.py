"""A brute-force reading of rows of one's own: client by client, no code of the package."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import strategies as st

from tests.support.oracle import (
    PAID,
    UNITS,
    Data,
    RatesMissing,
    Setting,
    _converter,
    _money,
    buckets_of,
    edges_of,
    go_back,
    setting,
    utc,
)

KINDS_OF = {
    "refill": {"refill"},
    "payg": {"payg"},
    "package_activation": {"package_activation"},
    "package_renewal": {"package_renewal"},
    "spent": {*PAID},
}
SETS = ("active", "overall_active", "all")
MOVES = ("new", "reactivated", "retained", "lapsed")


class Reading:
    """The report of a query, read for its own rows."""

    def __init__(self, data: Data, query: dict[str, Any], as_of: datetime) -> None:
        self.data, self.query, self.as_of = data, query, as_of
        self.zone = ZoneInfo(query["timezone"])
        first, last = query["period"]
        self.columns = buckets_of(first, last, query["group_by"], self.zone)
        self.missing: dict[str, date] = {}
        if not self.columns:
            return
        self.edges = edges_of(query, self.columns)
        self.convert = _converter(data, query, as_of, self.zone)

    def values(self, row: dict[str, Any]) -> list[Fraction | int | None]:
        """Unrounded, bucket by bucket; None is N/A."""
        return [self.value(row, at) for at in range(len(self.columns))]

    def value(self, row: dict[str, Any], at: int) -> Fraction | int | None:
        over, found = self.part(row, at)
        if "sum" in row and not found and not self.is_never_empty(row):
            return None
        if "per" not in row:
            return over
        under, _ = self.part(row["per"], at)
        if not under:
            return None
        return Fraction(over) * (100 if row.get("unit") == "percent" else 1) / Fraction(under)

    @staticmethod
    def is_never_empty(row: dict[str, Any]) -> bool:
        """Everybody's balance is 0 where there is no client, as in the block of all clients."""
        names = {one.removeprefix("-") for one in row["sum"]}
        everybody = names <= {"balances.all", "balances.overall_active"}
        return everybody and not row["having"] and not row.get("where")

    def part(self, part: dict[str, Any], at: int) -> tuple[Fraction | int, int]:
        """A part's figure, and of how many clients or entries it is."""
        whose, counted = self.scope(part.get("where", {}))
        names = part.get("count") or part["sum"]
        total, found = Fraction(), 0
        for name in [names] if isinstance(names, str) else names:
            sign = -1 if name[0] == "-" else 1
            kind, _, own = name.removeprefix("-").partition(".")
            if kind == "flows":
                amounts = self.entries(whose, counted, own, at, money="sum" in part)
                total += sign * sum(amounts, Fraction())
                found += len(amounts)
                continue
            own, _, keep = (
                own.rpartition("_") if own.endswith("tive") and "_" in own else (own, "", "")
            )
            if keep == "active":
                own, keep = f"{own}_{keep}", ""
            for one in whose.own:
                if not self.belongs(whose, one, own, at):
                    continue
                if not all(
                    any(self.is_of(whose, counted, entry, flows, at) for entry in whose.own[one])
                    for flows in [part["having"]]
                    if flows
                ):
                    continue
                held = self.held(whose, one, at)
                if (keep == "positive" and held <= 0) or (keep == "negative" and held >= 0):
                    continue
                balance = self.balance(whose, one, at) if kind == "balances" else Fraction()
                found += 1
                total += sign * balance
        return (total if "sum" in part else found), found

    def scope(self, where: dict[str, Any]) -> tuple[Setting, set[str] | None]:
        end = self.columns[-1][3]
        whose = setting(self.data, self.query, self.as_of, end)
        counted = set(self.query["package"]) if self.query["package"] else None
        if where:
            none: dict[str, Any] = {"client_type": "all", "client_tags": [], "owner": []}
            more = {**self.query, **none, "package": [], **where}
            also = setting(self.data, more, self.as_of, end)
            whose = Setting(
                whose.people,
                {one: own for one, own in whose.own.items() if one in also.own},
                whose.package_of,
            )
            if more["package"]:
                counted = {*more["package"]} & (counted or {*more["package"]})
        return whose, counted

    def is_of(
        self, whose: Setting, counted: set[str] | None, entry: Any, flows: list[str], at: int
    ) -> bool:
        """Whether an entry is of one of some flows, in a bucket."""
        _, _, start, end = self.columns[at]
        kind = entry["kind"]
        package = kind.startswith("package_") and kind in PAID
        other = kind not in KINDS_OF or (
            package and counted is not None and whose.package_of(entry) not in counted
        )
        for flow in flows:
            name = flow.removeprefix("flows.")
            fits = other if name == "other" else not other and kind in KINDS_OF[name]
            if fits and start <= entry["occurred_at"] < end:
                return True
        return False

    def entries(
        self, whose: Setting, counted: set[str] | None, flow: str, at: int, *, money: bool
    ) -> list[Fraction]:
        found = []
        for one, listed in whose.own.items():
            for entry in listed:
                if self.is_of(whose, counted, entry, [flow], at):
                    day = entry["occurred_at"].astimezone(self.zone).date()
                    amount = Fraction(entry["amount"]) if money else Fraction()
                    found.append(self.worth(whose, one, amount, day, always=money))
        return found

    def worth(
        self, whose: Setting, one: str, amount: Fraction, day: date, *, always: bool
    ) -> Fraction:
        if not amount and not always:
            return Fraction()
        return self.convert(amount, whose.people[one]["currency"], day, day, self.missing)

    def held(self, whose: Setting, one: str, at: int) -> Fraction:
        """What a client holds, in its currency."""
        end = self.columns[at][3]
        own = (Fraction(e["amount"]) for e in whose.own[one] if e["occurred_at"] < end)
        return sum(own, Fraction())

    def balance(self, whose: Setting, one: str, at: int) -> Fraction:
        end, amount = self.columns[at][3], self.held(whose, one, at)
        day = min(end - timedelta(microseconds=1), self.as_of).astimezone(self.zone).date()
        return self.worth(whose, one, amount, day, always=False)

    def belongs(self, whose: Setting, one: str, name: str, at: int) -> bool:
        (_, before), (_, end) = self.edges[at], self.edges[at + 1]
        if name == "all":
            return whose.lives(one, end, self.as_of)
        uses = whose.uses(one, end)
        if name == "overall_active":
            return whose.lives(one, end, self.as_of) and bool(uses)
        now, then = self.active(whose, one, at + 1), self.active(whose, one, at)
        earlier = bool(whose.uses(one, before))
        return {
            "active": now,
            "new": now and not earlier,
            "reactivated": now and not then and earlier,
            "retained": now and then,
            "lapsed": then and not now,
        }[name]

    def active(self, whose: Setting, one: str, edge: int) -> bool:
        nominal, end = self.edges[edge]
        since = utc(go_back(nominal, self.query["active_duration"]), self.zone)
        living = whose.lives(one, end, self.as_of)
        return living and any(use >= since for use in whose.uses(one, end))


def read_rows(
    data: Data, query: dict[str, Any], rows: list[dict[str, Any]], as_of: datetime
) -> dict[str, list[Fraction | int | None]]:
    """Unrounded values of own rows, by label. Raises RatesMissing."""
    reading = Reading(data, query, as_of)
    found = {row["label"]: reading.values(row) for row in rows}
    if reading.missing:
        raise RatesMissing(reading.missing)
    return found


def shown(row: dict[str, Any], value: Any, currency: str) -> Any:
    """A value as the report rounds it."""
    if value is None or ("count" in row and "per" not in row):
        return value
    if "unit" in row:
        return _money(value, {"percent": 1, "ratio": 2}[row["unit"]])
    return _money(Fraction(value), UNITS[currency] if "sum" in row else 2)


@st.composite
def own_rows(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some rows of one's own."""
    flow = st.sampled_from([*KINDS_OF, "other"])
    filters: dict[str, st.SearchStrategy[Any]] = {
        "client_type": st.sampled_from(["client", "reseller"]),
        "client_tags": st.sampled_from([["vip"], ["x", "vip"]]),
        "owner": st.sampled_from([["1"], ["house", "2"]]),
        "package": st.sampled_from([["Gold"], ["Silver", "99"], ["(no package)"], ["3"]]),
    }
    apart = st.sampled_from(
        [["refill"], ["payg", "other"], ["spent"], ["spent", "refill"], ["package_renewal"]]
    )

    def part(what: str) -> dict[str, Any]:
        made: dict[str, Any] = {"having": []}
        kind = draw(st.sampled_from(["clients" if what == "count" else "balances", "flows"]))
        if kind == "flows":
            names = [f"flows.{one}" for one in draw(apart)]
        else:
            known = [f"{one}{end}" for one in SETS for end in ("", "_positive", "_negative")]
            known += MOVES if kind == "clients" else ()
            names = [f"{kind}.{draw(st.sampled_from(known))}"]
            made["having"] = [f"flows.{one}" for one in draw(st.lists(flow, max_size=2))]
        if what == "sum":
            names = [draw(st.sampled_from(["", "-"])) + name for name in names]
        made[what] = names
        chosen = draw(st.lists(st.sampled_from([*filters]), max_size=2, unique=True))
        if draw(st.booleans()) and chosen:
            where: dict[str, Any] = {name: draw(filters[name]) for name in chosen}
            made["where"] = where
        return made

    rows = []
    for number in range(draw(st.integers(1, 4))):
        what = draw(st.sampled_from(["count", "sum"]))
        row = {"label": f"Row {number}", **part(what)}
        if draw(st.booleans()):
            below = draw(st.sampled_from(["count", "sum"])) if what == "sum" else "count"
            row["per"] = part(below)
            if below == what == "sum" or (below == what and draw(st.booleans())):
                row["unit"] = draw(st.sampled_from(["percent", "ratio"]))
        rows.append(row)
    return rows
