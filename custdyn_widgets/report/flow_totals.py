"""What moved within the buckets: entries and totals by kind, of all packages and of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date
from fractions import Fraction

from custdyn_widgets.errors import IdentityError
from custdyn_widgets.metrics.flows import Flow
from custdyn_widgets.model.cells import Cell
from custdyn_widgets.model.definitions import NA
from custdyn_widgets.model.schema import ACTIVATION, PACKAGE_KINDS, RENEWAL
from custdyn_widgets.report.conversion import Conversion, Lines

Key = tuple[str, str | None, int]
"""Kind, package (None: all), bucket."""


class FlowTotals:
    """Entries and totals of the flows, by kind and bucket, of all packages and of each.

    Amounts are added up as they are, for each currency and date, before they are converted.
    """

    def __init__(
        self,
        flows: Sequence[Flow],
        buckets: int,
        conversion: Conversion,
        checkpoint: Callable[[], None],
    ) -> None:
        self._conversion = conversion
        self._buckets = buckets
        self._entries: dict[Key, int] = defaultdict(int)
        self._amounts: dict[Key, dict[tuple[str, date], int]] = {}
        for flow in flows:
            checkpoint()
            for package in {None, flow.package}:
                key, rate = (flow.kind, package, flow.bucket), (flow.currency, flow.day)
                self._entries[key] += flow.entries
                own = self._amounts.setdefault(key, {})
                own[rate] = own.get(rate, 0) + flow.amount
        self.packages = sorted({flow.package for flow in flows if flow.package is not None})
        self._check(conversion.scale)

    def lines(self, kind: str, quantity: str, total: str, package: str | None = None) -> Lines:
        """Two rows of a kind, of one package or of all: entries and their sum."""
        keys = [(kind, package, bucket) for bucket in range(self._buckets)]
        return {
            quantity: [Cell(self._entries.get(key, 0)) for key in keys],
            total: [
                self._conversion.cell(self._total(key))
                if key in self._amounts
                else Cell(None, reason=NA.NO_ENTRY)
                for key in keys
            ],
        }

    def _total(self, key: Key) -> Fraction:
        """What the amounts of a key are in the report's currency."""
        amounts = self._amounts[key].items()
        return sum((self._conversion.convert(one, *rate) for rate, one in amounts), Fraction())

    def package_lines(self, package: str | None) -> Lines:
        """The rows of a block of packages."""
        return {
            **self.lines(ACTIVATION, "Activation Qty", "Activation Total", package),
            **self.lines(RENEWAL, "Renew Qty", "Renew Total", package),
        }

    def _check(self, scale: int) -> None:
        apart: dict[tuple[str, int, str], int] = defaultdict(int)
        for (kind, package, bucket), own in self._amounts.items():
            for (currency, _), amount in own.items() if kind in PACKAGE_KINDS else ():
                apart[kind, bucket, currency] += amount if package is None else -amount
        if wrong := [
            f"{kind}, column {bucket + 1}: off by {Fraction(gap, 10**scale)} {currency}"
            for (kind, bucket, currency), gap in apart.items()
            if gap
        ]:
            raise IdentityError("package blocks add up to Packages", wrong)
