"""What each row of a report is made of: balances of clients, entries, and one over the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from custdyn_widgets.metrics.client_sets import CLASSES, CLOSED_CLIENTS, entered, left, stayed
from custdyn_widgets.model.blocks import (
    AVERAGE_REVENUE,
    CHURN_RATE,
    CLOSED,
    CLOSING,
    ENTERED,
    FLOWS,
    FX,
    LAPSED,
    LEFT,
    MOVEMENTS,
    NEW,
    OPENING,
    REACTIVATED,
    RETAINED,
    SENSITIVE_MONTHS,
    SENSITIVITY,
    active_row,
    bridge_of,
)
from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    BALANCE_REFILL,
    PACKAGE,
    PACKAGES,
    PAY_AS_YOU_GO,
)

Counts = Literal["clients", "entries", "money"]
REFILLS, USE, ACTIVATIONS, RENEWALS, _ = FLOWS


@dataclass(frozen=True)
class Held:
    """The clients of a group with their balances, at one end of the bucket.

    `keep` leaves those with a positive or negative balance only; `revalued` converts at the
    closing's rate, whichever end it is.
    """

    group: str
    when: Literal["now", "before"] = "now"
    keep: Literal["any", "positive", "negative"] = "any"
    revalued: bool = False
    sign: int = 1


@dataclass(frozen=True)
class Moved:
    """The entries within the bucket that stand in a row of the bridge.

    Of one package, or any; of clients of a group, or any.
    """

    flow: str
    package: str | None = None
    among: str | None = None
    sign: int = 1


Term = Held | Moved


@dataclass(frozen=True)
class Side:
    """A number, added up client by client: how many clients or entries, or an amount."""

    name: str
    counts: Counts
    terms: tuple[Term, ...]


@dataclass(frozen=True)
class Formula:
    """A figure: `over`, or `over` divided by `under`, times `factor`.

    `beside` is an amount of the same clients that is shown beside what counts them.
    """

    over: Side
    under: Side | None = None
    factor: int = 1
    beside: Side | None = None


def formula(block: str, row: str, package: str | None = None) -> Formula | None:
    """What a row is made of; None for what is not made of clients (Rounding)."""
    if block == PACKAGE:
        return _FORMULAS[PACKAGES, row, package] if package is None else _of_package(row, package)
    return _FORMULAS.get((block, row, None))


def _turned(term: Term) -> Term:
    return replace(term, sign=-term.sign)


def _held(name: str, *terms: Term) -> Side:
    return Side(name, "money", terms)


def _revenue(group: str | None = None) -> Side:
    spent = (USE, ACTIVATIONS, RENEWALS)
    return _held("Revenue", *(Moved(flow, among=group, sign=-1) for flow in spent))


def revenue_of(package: str | None = None) -> Side:
    """What clients spent on a package; on use and all packages that count, without one."""
    if package is None:
        return _revenue()
    spent = (ACTIVATIONS, RENEWALS)
    return _held("Package revenue", *(Moved(flow, package, sign=-1) for flow in spent))


def _count(name: str, group: str, when: Literal["now", "before"] = "now") -> Side:
    return Side(name, "clients", (Held(group, when),))


def _classes() -> Iterator[tuple[str, str, Formula]]:
    for name in CLASSES:
        for row, keep in (("Balance Pos", "positive"), ("Balance Neg", "negative")):
            term = Held(name, keep=keep)  # type: ignore[arg-type]
            yield name, row, Formula(_held(f"{name}: {row}", term))
        yield name, "Balance", Formula(_held(f"{name}: Balance", Held(name)))
        balance = _held(f"{name}: Balance", Held(name))
        yield name, "Qty", Formula(_count(f"{name}: Qty", name), beside=balance)


def _flow_sides(block: str, flow: str, words: str, package: str | None = None) -> tuple[Side, Side]:
    term = (Moved(flow, package),)
    return Side(f"{block}: {words}Qty", "entries", term), _held(f"{block}: {words}Total", *term)


def _package_rows(block: str, package: str | None) -> Iterator[tuple[str, str, Formula]]:
    for words, flow in (("Activation ", ACTIVATIONS), ("Renew ", RENEWALS)):
        entries, total = _flow_sides(block, flow, words, package)
        yield block, f"{words}Qty", Formula(entries, beside=total)
        yield block, f"{words}Total", Formula(total)


def _of_package(row: str, package: str) -> Formula:
    return next(made for _, name, made in _package_rows(PACKAGE, package) if name == row)


def _use() -> Iterator[tuple[str, str, Formula]]:
    entries, total = _flow_sides(BALANCE_REFILL, REFILLS, "")
    yield BALANCE_REFILL, "Qty", Formula(entries, beside=total)
    yield BALANCE_REFILL, "Total", Formula(total)
    yield BALANCE_REFILL, "Avg", Formula(total, entries)
    _, total = _flow_sides(PAY_AS_YOU_GO, USE, "")
    yield PAY_AS_YOU_GO, "Total", Formula(total)
    yield PAY_AS_YOU_GO, "Active Avg", Formula(total, _count(f"{ACTIVE}: Qty", ACTIVE))
    yield from _package_rows(PACKAGES, None)


def _bridges() -> Iterator[tuple[str, str, Formula]]:
    for name in CLASSES:
        among = None if name == ALL else stayed(name)
        steps: dict[str, tuple[Term, ...]] = {
            OPENING: (Held(name, "before"),),
            **{flow: (Moved(flow, among=among),) for flow in FLOWS},
        }
        if name == ALL:
            was = Held(CLOSED_CLIENTS, "before", revalued=True)
            steps[CLOSED] = (was, Held(CLOSED_CLIENTS, sign=-1))
        else:
            steps[ENTERED] = (Held(entered(name)),)
            steps[LEFT] = (Held(left(name), sign=-1),)
        closing = Held(name)
        explained = (_turned(term) for terms in steps.values() for term in terms)
        steps[FX] = (closing, *explained)
        steps[CLOSING] = (closing,)
        block = bridge_of(name)
        for row, terms in steps.items():
            yield block, row, Formula(_held(f"{block}: {row}", *terms))


def _movements() -> Iterator[tuple[str, str, Formula]]:
    for row in (NEW, REACTIVATED, RETAINED, LAPSED):
        own = _count(f"{MOVEMENTS}: {row}", row)
        yield MOVEMENTS, row, Formula(own, beside=_revenue(row))
    before = _count(f"{ACTIVE}: Qty of the bucket before", ACTIVE, "before")
    lapsed = _count(f"{MOVEMENTS}: {LAPSED}", LAPSED)
    yield MOVEMENTS, CHURN_RATE, Formula(lapsed, before, factor=100)
    active = _count(f"{ACTIVE}: Qty", ACTIVE)
    yield MOVEMENTS, AVERAGE_REVENUE, Formula(_revenue(), active)
    for months in SENSITIVE_MONTHS:
        row = active_row(months)
        own = _count(f"{SENSITIVITY}: {row}", row)
        yield SENSITIVITY, row, Formula(own, beside=_held("Balance", Held(row)))


_FORMULAS: dict[tuple[str, str, str | None], Formula] = {
    (block, row, None): made
    for some in (_classes(), _use(), _bridges(), _movements())
    for block, row, made in some
}
