"""Entries behind a cell as lines: shown a page at a time, or filed."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction
from functools import cached_property

import numpy as np

from custdyn_widgets.drill.breakdown import Behind
from custdyn_widgets.drill.entries import Entries
from custdyn_widgets.model.cells import amount, exact_decimal, tidy
from custdyn_widgets.model.columns import Column, Value
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.periods import zone
from custdyn_widgets.model.rates import rounded

SAID = ("kind", "package", "service", "direction", "destination", "quantity", "description")


class EntryLines:
    """The entries behind a cell, line by line; instants are wall-clock ones of the report.

    Columns in which nothing is said are left out.
    """

    def __init__(self, found: Behind, entries: Entries) -> None:
        self.entries = entries
        self._zone_name = found.period.query.timezone
        self._zone: tzinfo = zone(self._zone_name)
        self._to = entries.added.conversion.to
        self._at = np.full(len(entries.client), -1)
        self._at[entries.added.who] = np.arange(len(entries.added.who))

    def __len__(self) -> int:
        return len(self.entries.client)

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each entry."""
        table, name = self.entries.table, self.entries.added.side.name
        said = [
            Column(key, key.capitalize(), "number" if key == "quantity" else "text")
            for key in SAID
            if (any(self.entries.package) if key == "package" else table[key].drop_null())
        ]
        adds = "Adds" if self.entries.added.counts == "entries" else f"Adds in {self._to}"
        codes = set(self.entries.added.codes)
        own = f" in {codes.pop()}" if len(codes) == 1 else ""
        return (
            Column("occurred_at", f"Time ({self._zone_name})", "instant", "When it occurred."),
            *(one for one in said if one.key in ("kind", "package")),
            Column("amount", f"Amount{own}", "money", "In the client's currency."),
            Column("balance", f"Balance{own}", "money", "What the client holds after this entry."),
            Column("adds", adds, "money", f"What it adds to {name}."),
            *(one for one in said if one.key not in ("kind", "package")),
            Column("entry_id", "Entry ID"),
        )

    def line(self, place: int) -> tuple[Value, ...]:
        """What the columns say of an entry."""
        return tuple(self._value(column.key, place) for column in self.columns)

    def exact(self, place: int) -> Fraction | int | None:
        """What an entry adds, unrounded: a Fraction, or 1; None where it adds nothing."""
        at = int(self._at[place])
        return None if at < 0 else self.entries.added.contribution(at)

    def _value(self, key: str, place: int) -> Value:
        entries = self.entries
        if key == "package":
            return entries.package[place]
        if key == "balance":
            scale = entries.added.conversion.scale
            return exact_decimal(int(entries.balance[place]), scale, self._currency(place))
        if key == "adds":
            return self._adds(place)
        value: Value = entries.table[key][place].as_py()
        if key == "amount":
            scale = entries.added.conversion.scale
            return exact_decimal(int(entries.amount[place]), scale, self._currency(place))
        if isinstance(value, datetime):
            return value.replace(tzinfo=UTC).astimezone(self._zone).replace(tzinfo=None)
        if isinstance(value, Decimal):  # a quantity: without the zeros that it is stored with
            return tidy(value)
        return str(value) if key == "entry_id" else value

    def _currency(self, place: int) -> str:
        return str(self.entries.added.codes[place])

    def _adds(self, place: int) -> Value:
        added = self.exact(place)
        if added is None or isinstance(added, int):
            return added
        return amount(rounded(added, minor_units(self._to)), self._to)
