"""Chart specifications: rows and their marks; checked."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StrictBool, StrictStr, model_validator

from custdyn_widgets.errors import CustdynError, FieldFault
from custdyn_widgets.model.blocks import definitions, every_block
from custdyn_widgets.model.cells import NOT_AVAILABLE, Cell
from custdyn_widgets.model.definitions import (
    ACTIVE,
    BALANCE_REFILL,
    OWN,
    PACKAGE,
    PACKAGES,
    PAY_AS_YOU_GO,
    Unit,
)
from custdyn_widgets.model.periods import State
from custdyn_widgets.query.base import Explained, Frozen, Text
from custdyn_widgets.query.fields import FieldDefinition
from custdyn_widgets.query.validators import did_you_mean, hex_colour, one_line, one_of, several
from custdyn_widgets.report.report import Report, Row
from custdyn_widgets.words import tr

MAX_SERIES = 40
PALETTE = (
    *("#4269d0", "#e0a313", "#ff725c", "#6cc5b0", "#3ca951"),
    *("#ff8ab7", "#a463f2", "#97bbf5", "#9c6b4e", "#9498a0"),
    *("#0b8a8f", "#b8385e"),
)
"""Colours that can be distinguished on paper and on black."""
KINDS = {
    "line": tr("Line"),
    "column": tr("Column"),
    "stacked_column": tr("Stacked Column"),
    "area": tr("Area"),
    "point": tr("Point"),
}
"""The kinds of a series; `chart_altair.py` draws them from `chart_points.py`."""
AXES = {"left": tr("Left"), "right": tr("Right")}
X = {"bucket": tr("Time"), "package": tr("Package")}
STACKING = {"amount": tr("Amounts"), "share": tr("Shares")}
LEGENDS = {"bottom": tr("Bottom"), "top": tr("Top"), "right": tr("Right"), "none": tr("None")}
CHART_FIELDS = {
    "title": FieldDefinition(tr("Title"), tr("What the chart shows.")),
    "series": FieldDefinition(tr("Series"), tr("The rows that are drawn, of any blocks.")),
    "x": FieldDefinition(
        tr("X axis"), tr("Time: one place for each bucket. Package: for each package.")
    ),
    "bucket": FieldDefinition(tr("Bucket"), tr("With X = Package: the bucket; else the last.")),
    "stacking": FieldDefinition(
        tr("Stacking"),
        tr("What is stacked (Stacked Column, Area) shows amounts, or shares of the whole."),
    ),
    "values_shown": FieldDefinition(tr("Values"), tr("Writes each figure next to its mark.")),
    "legend": FieldDefinition(tr("Legend"), tr("Where the names are, of several series.")),
    "small_multiples": FieldDefinition(
        tr("Small Multiples"), tr("One small chart for each package, all of one size and scale.")
    ),
}
"""The fields of a chart, by name: labels and meaning."""


class ChartError(CustdynError):
    """A chart cannot be drawn of this report."""

    exit_code = 2

    def __init__(self, title: str, what: str) -> None:
        super().__init__(f'chart "{title}": {what}')


def _in_any_case(block: str) -> str:
    """A block's name, as the page or as its chart writes it."""
    return {one.name.casefold(): one.name for one in every_block(())}.get(block.casefold(), block)


class Series(Frozen):
    """A row that is drawn: the names of block and row, and how.

    `package` names one for a row of the block `Package`; None there stands for each package.
    `colour` is `#rrggbb`, None for the next one of the palette.
    """

    block: Annotated[StrictStr, AfterValidator(_in_any_case)]
    row: StrictStr
    package: Text | None = None
    kind: Annotated[str, BeforeValidator(one_of(KINDS))] = "line"
    axis: Annotated[str, BeforeValidator(one_of(AXES))] = "left"
    colour: Annotated[StrictStr, AfterValidator(hex_colour)] | None = None

    @model_validator(mode="after")
    def _exists(self) -> Self:
        blocks = {block.name: block for block in every_block(())}
        if self.block not in blocks:
            raise ValueError(f'no block "{self.block}"{did_you_mean(self.block, blocks)}')
        rows = [row.name for row in blocks[self.block].rows]
        if self.block != OWN and self.row not in rows:  # those are the report's
            raise ValueError(
                f'no row "{self.row}" in {self.block}; it has {", ".join(rows)}'
                f"{did_you_mean(self.row, rows)}"
            )
        if self.package is not None and self.block != PACKAGE:
            raise ValueError(f"a package goes only with the block {PACKAGE}")
        return self

    @property
    def name(self) -> str:
        """What it is called: title of the block, and row."""
        block = self.block if self.package is None else f'{PACKAGE} "{self.package}"'
        return f"{block}: {self.row}"


class ChartSpec(Explained):
    """A chart: its title, its series, and how they stand together.

    `ChartSpec.model_validate(dict)` takes JSON-shaped values and raises QueryError with every
    fault. What the fields mean: CHART_FIELDS.
    """

    names = CHART_FIELDS

    title: Annotated[StrictStr, AfterValidator(one_line)]
    series: Annotated[
        tuple[Series, ...], BeforeValidator(several), Field(min_length=1, max_length=MAX_SERIES)
    ]
    x: Annotated[Literal["bucket", "package"], BeforeValidator(one_of(X))] = "bucket"
    bucket: Text | None = None
    stacking: Annotated[Literal["amount", "share"], BeforeValidator(one_of(STACKING))] = "amount"
    values_shown: StrictBool = False
    legend: Annotated[str, BeforeValidator(one_of(LEGENDS))] = "bottom"
    small_multiples: StrictBool = False

    def contradictions(self) -> Iterator[FieldFault]:
        """What does not go together: rows of each package need a place for each of them."""
        if self.x == "package" and self.small_multiples:
            yield FieldFault("small_multiples", True, "goes with X = Time")
        if self.bucket is not None and self.x != "package":
            yield FieldFault("bucket", self.bucket, "is chosen only with X = Package")
        each = self.x == "package" or self.small_multiples
        for place, one in enumerate(self.series):
            of_each = one.block == PACKAGE and one.package is None
            if each and not of_each:
                what = "is not a row of every package; choose one of those"
                yield FieldFault(f"series.{place}", one.name, what)
            if of_each and not each:
                what = "is a row of every package: name one, or use X = Package or small multiples"
                yield FieldFault(f"series.{place}", one.name, what)

    @property
    def colours(self) -> list[str]:
        """The colour of each series: its own, or the next one of the palette."""
        return [
            one.colour or PALETTE[place % len(PALETTE)] for place, one in enumerate(self.series)
        ]

    def to_json(self) -> str:
        """The chart as JSON text; `ChartSpec.model_validate_json` reads it."""
        return json.dumps(self.model_dump(mode="json"), ensure_ascii=False)


def _one_row(title: str, block: str, row: str, kind: str) -> ChartSpec:
    series = {"block": block, "row": row, "kind": kind}
    return ChartSpec.model_validate({"title": title, "series": [series]})


PRE_CONFIGURED = {
    chart.title: chart
    for chart in (
        _one_row("Clients - Active: Qty", ACTIVE, "Qty", "line"),
        _one_row("Balance Refill: Total", BALANCE_REFILL, "Total", "column"),
        _one_row("Pay as you Go: Total", PAY_AS_YOU_GO, "Total", "column"),
        _one_row("Packages: Renew Total", PACKAGES, "Renew Total", "column"),
    )
}
"""The page's pre-configured charts, by title."""


@dataclass(frozen=True)
class Point:
    """A cell as it is drawn: of the series at place `series`, at `x`.

    `row` and `column` are its places in the report (None: a package without entries); `side` is
    `own`, or `other` for the period compared with, whose bucket is `bucket`.
    """

    series: int
    name: str
    x: str
    package: str | None
    row: int | None
    column: int
    bucket: str
    state: str
    side: Literal["own", "other"]
    cell: Cell

    @property
    def shown(self) -> str:
        """The figure as the table shows it."""
        return str(self.cell)

    @property
    def value(self) -> int | Decimal | None:
        """The figure; None for N/A, which is a gap."""
        return self.cell.value


def points_of(report: Report, chart: ChartSpec) -> list[Point]:
    """The cells of a report that a chart draws, series by series.

    Raises ChartError where the report does not have what the chart asks for.
    """
    return list(_points(report, chart))


def columns_of(report: Report, chart: ChartSpec) -> list[int]:
    """The places of the buckets that a chart draws."""
    if not report.buckets:
        raise ChartError(chart.title, "the report has no column")
    labels = [bucket.label for bucket in report.buckets]
    if chart.x == "bucket":
        return list(range(len(labels)))
    if chart.bucket is None:
        return [len(labels) - 1]
    if chart.bucket not in labels:
        raise ChartError(chart.title, f'the report has no bucket "{chart.bucket}"')
    return [labels.index(chart.bucket)]


def unit_of(report: Report, chart: ChartSpec, series: Series) -> Unit:
    """What a series counts in. Raises ChartError for a row of one's own that there is not."""
    known = definitions(report.query.own)
    if (series.block, series.row) not in known:
        own = [row.label for row in report.query.rows]
        near = did_you_mean(series.row, own)
        raise ChartError(chart.title, f'the query has no row of its own "{series.row}"{near}')
    return known[series.block, series.row].unit


def packages_of(report: Report) -> list[str]:
    """The packages that have a block in a report."""
    return list(dict.fromkeys(row.package for row in report.rows if row.package is not None))


def _points(report: Report, chart: ChartSpec) -> Iterator[Point]:
    columns = columns_of(report, chart)
    packages = packages_of(report)
    if any(one.block == PACKAGE for one in chart.series) and not report.query.by_package:
        raise ChartError(chart.title, "it draws packages; group the report by Package Name")
    rows: dict[tuple[str, str | None, str], tuple[int, Row]] = {
        (row.block, row.package, row.row): (place, row) for place, row in enumerate(report.rows)
    }
    each = chart.x == "package" or chart.small_multiples
    for number, series in enumerate(chart.series):
        for package in packages if each else [series.package]:
            found = rows.get((series.block, package, series.row))
            for column in columns:
                yield from _at(report, chart, (number, series), package, found, column)


def _at(
    report: Report,
    chart: ChartSpec,
    numbered: tuple[int, Series],
    package: str | None,
    found: tuple[int, Row] | None,
    column: int,
) -> Iterator[Point]:
    number, series = numbered
    bucket = report.buckets[column]
    place, row = found or (None, None)
    nothing = Cell(0) if unit_of(report, chart, series) == "quantity" else Cell(None)
    shared: dict[str, Any] = {
        "series": number,
        "name": series.name,
        "x": str(package) if chart.x == "package" else bucket.label,
        "package": package,
        "row": place,
        "column": column,
        "state": bucket.state.value,
    }
    own = row.cells[column] if row else nothing
    yield Point(side="own", bucket=bucket.label, cell=own, **shared)
    if report.other is not None:
        other = report.other.buckets[column]
        label = NOT_AVAILABLE if other is None else other.label
        cell = row.compared.other[column] if row and row.compared else nothing
        shared["state"] = State.PAST.value if other is None else other.state.value
        yield Point(side="other", bucket=label, cell=cell, **shared)
