"""The package card: a package's activations, renewals, holders and share, bucket by bucket."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

import pandas as pd

from custdyn_widgets.drill.breakdown import Checkpoint
from custdyn_widgets.drill.cell import Address
from custdyn_widgets.drill.drill import Drill
from custdyn_widgets.drill.package_holding import Holding, HoldingLines
from custdyn_widgets.drill.period import ExtractedPeriod
from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.blocks import DAYS_BETWEEN, HOLDERS, PACKAGE_CARD, PER_HOLDER, SHARE
from custdyn_widgets.model.cells import Cell, Line
from custdyn_widgets.model.definitions import PACKAGE, PACKAGES, PAY_AS_YOU_GO
from custdyn_widgets.model.formulas import Formula
from custdyn_widgets.model.markup import small_table
from custdyn_widgets.model.money import decimals
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.rows import revenue_of
from custdyn_widgets.report.conversion import percent_cell, ratio_cell
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources import Source
from custdyn_widgets.words import tr

ROWS = {row.name: row for row in PACKAGE_CARD.rows}
REPORTED = ("Activation Qty", "Activation Total", "Renew Qty", "Renew Total")
"""Rows of the card that are rows of the report."""
DAYS_DECIMALS = 1


@dataclass(frozen=True, repr=False)
class PackageCard:
    """What there is to know of a package: `lines` in the order of PACKAGE_CARD.

    `drill` leads behind the cells of a report that is grouped by package; `description` and
    `period_months` are those of the list of packages, None where it says nothing.
    """

    package: str
    description: str | None
    period_months: int | None
    drill: Drill
    holding: Holding | None

    def __repr__(self) -> str:
        return f"PackageCard({self.package}, of {self.report})"

    def _repr_html_(self) -> str:
        head = [" ".join((*one.parents, one.label)) for one in self.report.buckets]
        lines = [(line.name, *line.texts) for line in self.lines]
        return small_table(f"{PACKAGE} {self.package}", ("", *head), lines)

    @property
    def report(self) -> Report:
        """The report that it is made of."""
        return self.drill.report

    @cached_property
    def lines(self) -> tuple[Line, ...]:
        """Its rows, with a cell for each bucket of the report."""
        made = {name: self._reported(name) for name in REPORTED}
        made[HOLDERS] = tuple(self._holders(place) for place in range(len(self.report.buckets)))
        made[PER_HOLDER] = tuple(map(_per, made["Renew Qty"], made[HOLDERS]))
        made[DAYS_BETWEEN] = tuple(map(self._days, range(len(self.report.buckets))))
        made[SHARE] = tuple(map(self._share, range(len(self.report.buckets))))
        return tuple(Line("value", name, made[name], row.unit) for name, row in ROWS.items())

    @property
    def table(self) -> pd.DataFrame:
        """The card as shown: one line a row, one column a bucket."""
        labels = [" ".join((*one.parents, one.label)) for one in self.report.buckets]
        return pd.DataFrame(
            [line.texts for line in self.lines],
            index=[line.name for line in self.lines],
            columns=labels,
        )

    def place(self, row: str) -> int | None:
        """Where a row of the report stands that is one of the card, too; None: nowhere."""
        for place, one in enumerate(self.report.rows):
            if (one.block, one.row, one.package) == (PACKAGE, row, self.package):
                return place
        return None

    def holder_lines(self, column: int) -> HoldingLines | None:
        """Who holds it at a bucket's end: the newest entry of each that makes it so."""
        if self.holding is None:
            return None
        places = self.holding.holders(self.report.buckets[column])
        return HoldingLines(self.holding, places, days=False)

    def interval_lines(self, column: int) -> HoldingLines | None:
        """The renewals within a bucket that follow another entry, with the days between."""
        if self.holding is None:
            return None
        places = self.holding.renewals(self.report.buckets[column])
        return HoldingLines(self.holding, places, days=True)

    def share_formula(self) -> Formula:
        """What the share is made of."""
        return Formula(revenue_of(self.package), revenue_of(), factor=100)

    def _reported(self, name: str) -> tuple[Cell, ...]:
        place = self.place(name)
        if place is not None:
            return self.report.rows[place].cells
        nothing = Cell(0) if ROWS[name].unit == "quantity" else Cell(None, reason=NA.NO_ENTRY)
        return (nothing,) * len(self.report.buckets)

    def _holders(self, column: int) -> Cell:
        if self.period_months is None and not (self.holding and self.holding.has_period):
            return Cell(None, reason=NA.NO_PERIOD)
        lines = self.holder_lines(column)
        return Cell(0 if lines is None else len(lines))

    def _days(self, column: int) -> Cell:
        bucket = self.report.buckets[column]
        median = None if self.holding is None else self.holding.median_days(bucket)
        if median is None:
            return Cell(None, reason=NA.NO_INTERVAL)
        return Cell(decimals(DAYS_DECIMALS, median), exact=median)

    def _share(self, column: int) -> Cell:
        def total(cells: tuple[Cell, ...]) -> Fraction:
            return cells[column].exact or Fraction()

        own = total(self._reported("Activation Total")) + total(self._reported("Renew Total"))
        row = self.report.row
        spent = total(row(PAY_AS_YOU_GO, "Total").cells)
        spent += total(row(PACKAGES, "Activation Total").cells)
        spent += total(row(PACKAGES, "Renew Total").cells)
        return percent_cell(100 * own / spent) if spent else Cell(None, reason=NA.NOTHING_SPENT)


def _per(renewals: Cell, holders: Cell) -> Cell:
    if not holders.value:
        return Cell(None, reason=holders.reason or NA.NOBODY_HOLDS)
    exact = Fraction(renewals.value or 0) / Fraction(holders.value)
    return ratio_cell(exact)


def package_card(drill: Drill, package: str, checkpoint: Checkpoint = lambda: None) -> PackageCard:
    """The card of a package, by its name, of a report that is grouped by package.

    Raises QueryError for a package that neither the list of packages nor the ledger names, or
    that the report's filter does not count, and what `run` raises.
    """
    asked = drill.report.query.package
    if asked and package not in asked:
        what = tr("the report's package filter does not count it")
        raise QueryError([FieldFault("package", package, what)])
    period = drill.periods.get("value")
    with drill.source.reading(checkpoint) as snapshot:
        packages = snapshot.tables["packages"]
        listed = snapshot.fetch(packages.filter(packages.name == package)).to_pylist()
    holding = _holding(period, drill.source, package, checkpoint)
    known = listed or (holding is not None and len(holding.at))
    if not known:
        what = tr("neither the list of packages nor the ledger names it")
        raise QueryError([FieldFault("package", package, what)])
    words = dict.fromkeys(filter(None, (row["description"] for row in listed)))
    months = [row["period_months"] for row in listed if row["period_months"] is not None]
    return PackageCard(
        package, "; ".join(words) or None, months[0] if months else None, drill, holding
    )


def _holding(
    period: ExtractedPeriod | None, source: Source, package: str, checkpoint: Checkpoint
) -> Holding | None:
    return None if period is None else Holding.of(period, source, package, checkpoint)


def reported_at(card: PackageCard, row: str, column: int) -> Address | None:
    """The cell of the report that a cell of the card is; None where it is none."""
    place = card.place(row) if row in REPORTED else None
    return None if place is None else Address(place, column)
