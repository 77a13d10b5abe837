"""Sets of clients at a bucket's end: classes, movements, activity windows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from custdyn_widgets.extract.arrays import NEVER, Flags, Ints, Numbers
from custdyn_widgets.metrics.edges import Edge
from custdyn_widgets.model.definitions import (
    ACTIVE,
    ALL,
    ALL_EVER,
    CLOSED_CLIENTS,
    LAPSED,
    NEW,
    OVERALL_ACTIVE,
    REACTIVATED,
    RETAINED,
    SENSITIVE_MONTHS,
    active_row,
    entered,
    left,
    stayed,
)

ABSENT_TOO = NEVER - 1
"""Where a group is of those who paid since then: all clients, even those that are not there."""


def exists(end: int, lives: tuple[Ints, Ints], entered: Flags) -> Flags:
    """Who is there at a bucket's end: `lives` are the instants of creation and closing."""
    created, closed = lives
    return (entered | (created < end)) & (closed >= end)


@dataclass(frozen=True)
class ClientState:
    """Clients, by position, at a bucket's end.

    `balance` is unscaled, `paid` the last paid use (NEVER: none), `entered` whether there is an
    entry. A client `exists` from its creation, or its first entry if that is earlier, until it is
    closed.
    """

    edge: Edge
    balance: Numbers
    paid: Ints
    entered: Flags
    exists: Flags
    ever_active: Flags
    active: Flags
    closed: Flags

    @classmethod
    def at(
        cls, edge: Edge, clients: tuple[Ints, Ints], balance: Numbers, paid: Ints, entered: Flags
    ) -> ClientState:
        """`clients` are the instants of creation and closing."""
        existing = exists(edge.end, clients, entered)
        ever_active = existing & (paid != NEVER)
        active = ever_active & (paid >= edge.active_from)
        closed = clients[1] < edge.end
        return cls(edge, balance, paid, entered, existing, ever_active, active, closed)


@dataclass(frozen=True)
class ClientSet:
    """A set of clients: from where they stand now, and stood at the end of the bucket before.

    `before` says that the balances that matter are those of the bucket before; `by_duration`
    that the active duration makes a difference, `by_windows` that an edge's windows do, `by_move`
    that where they stood before does. `since`: it is of those that are there whose last paid use
    was then or later (NEVER: or none), and of no others but where it is ABSENT_TOO.
    """

    members: Callable[[ClientState, ClientState], Flags]
    before: bool = False
    by_duration: bool = False
    by_windows: bool = False
    by_move: bool = False
    since: Callable[[Edge], int] | None = None

    def held(self, now: ClientState, before: ClientState) -> tuple[Flags, Numbers]:
        """Who is in it, and the balances that matter."""
        return self.members(now, before), (before if self.before else now).balance


def _class(name: str, at: ClientState) -> Flags:
    return {ACTIVE: at.active, OVERALL_ACTIVE: at.ever_active, ALL: at.exists}[name]


def _paid_since(since: Callable[[Edge], int], **others: bool) -> ClientSet:
    """Those whose last paid use was then or later."""

    def members(now: ClientState, _: ClientState) -> Flags:
        first = since(now.edge)
        existing = now.exists if first >= NEVER else np.ones(len(now.exists), np.bool_)
        return existing if first <= NEVER else existing & (now.paid >= first)

    return ClientSet(members, since=since, **others)


def _window(place: int, edge: Edge) -> int:
    return edge.windows[place]


def _moves(name: str) -> dict[str, ClientSet]:
    own, timed = partial(_class, name), name == ACTIVE
    return {
        entered(name): ClientSet(
            lambda now, before: own(now) & ~own(before), by_duration=timed, by_move=True
        ),
        left(name): ClientSet(
            lambda now, before: own(before) & ~own(now),
            before=True,
            by_duration=timed,
            by_move=True,
        ),
        stayed(name): ClientSet(
            lambda now, before: own(now) & own(before), by_duration=timed, by_move=True
        ),
    }


_moving = partial(ClientSet, by_duration=True, by_move=True)
CLIENT_SETS: dict[str, ClientSet] = {
    ACTIVE: _paid_since(lambda edge: edge.active_from, by_duration=True),
    OVERALL_ACTIVE: _paid_since(lambda _: NEVER + 1),
    ALL: _paid_since(lambda _: NEVER),
    ALL_EVER: _paid_since(lambda _: ABSENT_TOO),
    CLOSED_CLIENTS: ClientSet(lambda now, _: now.closed),
    NEW: _moving(lambda now, before: now.active & (before.paid == NEVER)),
    REACTIVATED: _moving(lambda now, before: now.active & ~before.active & (before.paid != NEVER)),
    RETAINED: _moving(lambda now, before: now.active & before.active),
    LAPSED: _moving(lambda now, before: before.active & ~now.active, before=True),
    **_moves(ACTIVE),
    **_moves(OVERALL_ACTIVE),
    **{
        active_row(months): _paid_since(partial(_window, place), by_windows=True)
        for place, months in enumerate(SENSITIVE_MONTHS)
    },
}
"""Every set of clients that a figure is of, by name."""
