"""Formulas of rows: terms of balances and flows, measures, numerator and denominator."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Counts = Literal["clients", "entries", "money"]


@dataclass(frozen=True)
class Where:
    """What clients must pass, besides the query's filters; the fields are those of a query."""

    client_type: str = "all"
    client_tags: tuple[str, ...] = ()
    owner: tuple[str, ...] = ()
    package: tuple[str, ...] = ()


Having = tuple[str, tuple[str, ...]]
"""The clients of a set that have an entry of one of some flows within the bucket."""


def group_name(client_set: str, flows: tuple[str, ...] = ()) -> str:
    """What sums of a client set are called, or of its clients that have an entry of some flows."""
    return " | ".join((client_set, *flows))


@dataclass(frozen=True)
class BalanceTerm:
    """The clients of a set with their balances, at one end of the bucket.

    `keep` leaves those with a positive or negative balance only; `revalued` converts at the
    closing's rate, whichever end it is. `having` leaves those that have an entry of one of these
    flows within the bucket.
    """

    client_set: str
    when: Literal["now", "before"] = "now"
    keep: Literal["any", "positive", "negative"] = "any"
    revalued: bool = False
    sign: int = 1
    having: tuple[str, ...] = ()

    @property
    def group(self) -> str:
        """What the sums of these clients are called."""
        return group_name(self.client_set, self.having)


@dataclass(frozen=True)
class FlowTerm:
    """The entries of a flow within the bucket: of one package, or any; of clients of a set."""

    flow: str
    package: str | None = None
    client_set: str | None = None
    sign: int = 1


Term = BalanceTerm | FlowTerm


@dataclass(frozen=True)
class Measure:
    """A sum over clients: how many clients or entries, or an amount.

    `where`: of those only that pass these filters, too.
    """

    name: str
    counts: Counts
    terms: tuple[Term, ...]
    where: Where | None = None

    def of_package(self, package: str) -> Measure:
        """The same of one package's entries."""
        terms = (
            replace(term, package=package) if isinstance(term, FlowTerm) else term
            for term in self.terms
        )
        return replace(self, terms=tuple(terms))


@dataclass(frozen=True)
class Formula:
    """A figure: the numerator, or the numerator divided by the denominator, times `factor`.

    `companion` is an amount of the same clients, shown next to what counts them.
    """

    numerator: Measure
    denominator: Measure | None = None
    factor: int = 1
    companion: Measure | None = None

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What the figure itself is computed from."""
        return tuple(filter(None, (self.numerator, self.denominator)))

    def of_package(self, package: str) -> Formula:
        """The same of one package's entries."""
        companion = self.companion and self.companion.of_package(package)
        return replace(self, numerator=self.numerator.of_package(package), companion=companion)


def turned(term: Term) -> Term:
    """A term with the other sign."""
    return replace(term, sign=-term.sign)


def money(name: str, *terms: Term) -> Measure:
    """An amount."""
    return Measure(name, "money", terms)


def clients(name: str, client_set: str, when: Literal["now", "before"] = "now") -> Measure:
    """The number of clients of a set."""
    return Measure(name, "clients", (BalanceTerm(client_set, when),))


def entries(name: str, flow: str) -> Measure:
    """The number of entries of a flow."""
    return Measure(name, "entries", (FlowTerm(flow),))
