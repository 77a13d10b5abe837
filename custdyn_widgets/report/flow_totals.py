"""Totals of flows by bucket: entries and amounts, of all packages and of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from fractions import Fraction

from custdyn_widgets.errors import IdentityError
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.definitions import OTHER, PACKAGE_FLOWS
from custdyn_widgets.model.formulas import FlowTerm

Key = tuple[str | None, str, str | None, int]
"""Set of clients (None: all), flow, package (None: all), bucket."""
Amounts = dict[tuple[str, date], int]
"""Unscaled integers by currency and the date whose rate converts them."""


class FlowTotals:
    """Entries and amounts by flow and bucket; `flows` by set of clients, None for all.

    Amounts are added up as they are, for each currency and date. `checkpoint` is called for each
    flow: what it raises stops the work. Raises IdentityError unless the packages add up.
    """

    def __init__(
        self,
        flows: Mapping[str | None, Sequence[Flow]],
        scale: int,
        checkpoint: Callable[[], None],
    ) -> None:
        self._entries: dict[Key, int] = defaultdict(int)
        self._amounts: dict[Key, Amounts] = {}
        packages = set[str]()
        for client_set, some in flows.items():
            for flow in some:
                checkpoint()
                name = flow.flow
                if flow.package is not None and name != OTHER:
                    packages.add(flow.package)
                for package in {None, flow.package}:
                    key, rate = (client_set, name, package, flow.bucket), (flow.currency, flow.day)
                    self._entries[key] += flow.entries
                    amounts = self._amounts.setdefault(key, {})
                    amounts[rate] = amounts.get(rate, 0) + flow.amount
        self.packages = sorted(packages)
        """The packages that the report has blocks for."""
        self._check(scale)

    def entries(self, term: FlowTerm, bucket: int) -> int:
        """How many entries."""
        return self._entries.get((term.client_set, term.flow, term.package, bucket), 0)

    def amounts(self, term: FlowTerm, bucket: int) -> Amounts:
        """Their amounts; empty where there is no entry."""
        return self._amounts.get((term.client_set, term.flow, term.package, bucket), {})

    def _check(self, scale: int) -> None:
        apart: dict[tuple[str, int, str], int] = defaultdict(int)
        for (client_set, flow, package, bucket), own in self._amounts.items():
            if client_set is None and flow in PACKAGE_FLOWS:
                for (currency, _), amount in own.items():
                    apart[flow, bucket, currency] += amount if package is None else -amount
        if wrong := [
            f"{flow}, column {bucket + 1}: off by {Fraction(gap, 10**scale)} {currency}"
            for (flow, bucket, currency), gap in apart.items()
            if gap
        ]:
            raise IdentityError("package blocks add up to Packages", wrong)
