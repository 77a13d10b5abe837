"""What moved within the buckets: entries and totals by kind, of all packages and of each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from .cells import Cell
from .conversion import Conversion, Lines
from .definitions import NA
from .errors import IdentityError
from .tables import ACTIVATION, PACKAGE_KINDS, RENEWAL


@dataclass(frozen=True)
class Flow:
    """Entries of one bucket, local date, kind, package and currency.

    `amount` is unscaled; `first_day` is the local date of the first of the entries; `counted`
    says whether the query's package filter lets package entries of this package count;
    `opposite` are those of the entries with the unusual sign.
    """

    bucket: int
    day: date
    first_day: date
    kind: str
    package: str | None
    counted: bool
    currency: str
    amount: int
    entries: int
    opposite: int = 0


class Spent:
    """Entries and totals of the flows, by kind and bucket, of all packages and of each."""

    def __init__(
        self,
        flows: Sequence[Flow],
        buckets: int,
        conversion: Conversion,
        between: Callable[[], None],
    ) -> None:
        self._conversion = conversion
        self._buckets = buckets
        self._entries: dict[tuple[str, str | None, int], int] = defaultdict(int)
        self._totals: dict[tuple[str, str | None, int], Fraction] = defaultdict(Fraction)
        for flow in flows:
            between()
            total = conversion.convert(flow.amount, flow.currency, flow.day)
            for package in {None, flow.package}:
                self._entries[flow.kind, package, flow.bucket] += flow.entries
                self._totals[flow.kind, package, flow.bucket] += total
        self.packages = sorted({flow.package for flow in flows if flow.package is not None})
        self._check()

    def lines(self, kind: str, quantity: str, total: str, package: str | None = None) -> Lines:
        """Two rows of a kind, of one package or of all: entries and their sum."""
        keys = [(kind, package, bucket) for bucket in range(self._buckets)]
        return {
            quantity: [Cell(self._entries.get(key, 0)) for key in keys],
            total: [
                self._conversion.cell(self._totals[key])
                if key in self._totals
                else Cell(None, reason=NA.NO_ENTRY)
                for key in keys
            ],
        }

    def package_lines(self, package: str | None) -> Lines:
        """The rows of a block of packages."""
        return {
            **self.lines(ACTIVATION, "Activation Qty", "Activation Total", package),
            **self.lines(RENEWAL, "Renew Qty", "Renew Total", package),
        }

    def _check(self) -> None:
        apart: dict[tuple[str, int], Fraction] = defaultdict(Fraction)
        for (kind, package, bucket), total in self._totals.items():
            if kind in PACKAGE_KINDS:
                apart[kind, bucket] += total if package is None else -total
        if wrong := [
            f"{kind}, column {bucket + 1}: off by {gap}"
            for (kind, bucket), gap in apart.items()
            if gap
        ]:
            raise IdentityError("package blocks add up to Packages", wrong)
