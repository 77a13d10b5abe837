"""The clients behind a cell as a list: searched, sorted, a page at a time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from custdyn_widgets.drill.breakdown import COMPANION, Breakdown, Checkpoint
from custdyn_widgets.drill.contributions import Contributions
from custdyn_widgets.extract.arrays import Ints, positions
from custdyn_widgets.model.cells import Column, Value
from custdyn_widgets.model.formulas import FlowTerm
from custdyn_widgets.model.money import exact_decimal, rounded_amount
from custdyn_widgets.sources import Source
from custdyn_widgets.words import tr

FACTS = (
    Column("client_id", tr("Client ID")),
    Column("name", tr("Client")),
    Column("type", tr("Type")),
    Column("owner_id", tr("Owner")),
    Column("currency", tr("Currency")),
)

CURRENCY_FIRST = (FACTS[-1], *FACTS[2:-1])
"""The facts that stand behind the amounts."""


@dataclass(frozen=True)
class ClientList:
    """The clients behind one side of a cell, with what each contributes.

    `facts` has the columns of FACTS, in the order of `side.who`; `money` are the amounts shown:
    the side's own, or those beside what it counts. Places are places in that order.
    """

    side: Contributions
    money: Contributions | None
    facts: pa.Table

    @classmethod
    def of(
        cls, found: Breakdown, source: Source, checkpoint: Checkpoint, *, side: str
    ) -> ClientList:
        """Reads names, types and owners. Raises what `run` raises, and SourceError."""
        own = found.sides[side]
        money = own if own.counts == "money" else found.sides.get(COMPANION)
        ids = own.scope.period.who.ids.take(pa.array(own.who))
        with source.reading(checkpoint) as snapshot:
            clients = snapshot.tables["clients"]
            if len(ids) <= FEW:
                clients = clients.filter(clients.client_id.isin(ids.to_pylist()))
            read = snapshot.fetch(clients.select(*(column.key for column in FACTS)))
        at = positions(ids, read["client_id"])
        facts = read.take(pa.array(at, mask=at < 0))
        facts = facts.set_column(0, "client_id", ids.cast(pa.string()))
        return cls(own, money, facts)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each client."""
        made = list(FACTS[:2])
        terms = self.side.side.terms
        if all(isinstance(term, FlowTerm) for term in terms):
            made.append(Column("entries", tr("Entries"), "count", tr("Entries behind the figure.")))
        if self.money is not None:
            to = self.money.conversion.to
            what = self.money.side.name
            words = f"{what}, {tr('in {currency}', currency=to)}."
            made.append(Column("value", tr("Amount in {currency}", currency=to), "money", words))
            words = tr("{what}, in the client's currency.", what=what)
            made.append(Column("amount", tr("Amount"), "money", words))
        return (*made, *CURRENCY_FIRST)

    def __len__(self) -> int:
        return len(self.side.who)

    def find(self, text: str, sort: str, *, descending: bool, among: Ints | None = None) -> Ints:
        """The places of the clients that hold a text in id, name or owner, sorted by a column."""
        kept = np.arange(len(self)) if among is None else among
        if text.strip():
            found = np.zeros(len(self), np.bool_)
            for name in ("client_id", "name", "owner_id"):
                holds = pc.match_substring(
                    self.facts[name].cast(pa.string()), text.strip(), ignore_case=True
                )
                found |= pc.fill_null(holds, False).to_numpy(zero_copy_only=False)
            kept = kept[found[kept]]
        keys = self._keys(sort)
        order = np.argsort(keys[kept], kind="stable")
        return kept[order[::-1] if descending else order]

    def line(self, place: int) -> tuple[Value, ...]:
        """What the columns say of a client."""
        return tuple(self._value(column.key, place) for column in self.columns)

    def _value(self, key: str, place: int) -> Value:
        if key == "entries":
            return int(self.side.entries[place])
        if key == "amount":
            return self.amount(place)
        if key == "value":
            return self.value(place)
        fact: Value = self.facts[key][place].as_py()
        return fact

    def lines(self, places: Ints) -> Iterator[tuple[Value, ...]]:
        """What the columns say of clients, one after another."""
        return map(self.line, places)

    def value(self, place: int) -> Decimal | None:
        """The amount of a client in the report's currency, rounded as the report does."""
        at = self._at[place]
        if self.money is None:
            return None
        to = self.money.conversion.to
        exact = self.money.exact(at) if at >= 0 else Fraction()
        return rounded_amount(exact, to)

    def amount(self, place: int) -> Decimal | None:
        """The amount in the client's currency, with at least that currency's decimals."""
        at = self._at[place]
        if self.money is None:
            return None
        units = int(self.money.amounts[at]) if at >= 0 else 0
        return exact_decimal(units, self.money.conversion.scale, str(self._codes[place]))

    @property
    def amounts(self) -> np.ndarray:
        """The amounts of all of them, each in its currency, as floats."""
        if self.money is None:
            return np.full(len(self), np.nan)
        padded = np.append(self.money.amounts.astype(float), 0.0)
        made: np.ndarray = padded[self._at] / 10.0**self.money.conversion.scale
        return made

    @cached_property
    def _codes(self) -> np.ndarray:
        return self.side.codes[self.side.who]

    @cached_property
    def _at(self) -> Ints:
        """For each client its place in `money`, -1 where it has none there."""
        if self.money is None or self.money is self.side:
            return np.arange(len(self))
        at = np.searchsorted(self.money.who, self.side.who)
        clipped = np.minimum(at, max(len(self.money.who) - 1, 0))
        if not len(self.money.who):
            return np.full(len(self), -1)
        return np.where(self.money.who[clipped] == self.side.who, clipped, -1)

    def _keys(self, sort: str) -> np.ndarray:
        if sort == "entries":
            return self.side.entries
        if sort == "amount" and self.money is not None:
            return self.amounts
        if sort == "value" and self.money is not None:
            made: np.ndarray = np.append(self.money.about, 0.0)[self._at]
            return made
        column = self.facts[sort if sort in self.facts.column_names else "client_id"]
        if sort == "client_id":
            column = pc.utf8_lpad(column, 20, "0")  # numbers in order
        order = pc.sort_indices(column).to_numpy()
        rank = np.empty(len(order), np.int64)
        rank[order] = np.arange(len(order))
        return rank


FEW = 1_000
"""Clients up to which the engine is asked for these only."""
