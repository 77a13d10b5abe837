"""Report and ChartSpec → altair.Chart; names from the data are only ever data."""

from __future__ import annotations

from typing import Any

from custdyn_widgets.report.report import Report
from custdyn_widgets.report.totals import is_charge, scales
from custdyn_widgets.views.chart_points import Drawn
from custdyn_widgets.views.chart_spec import ChartSpec, columns_of, packages_of, unit_of
from custdyn_widgets.views.quick_jsonschema import quick_jsonschema
from custdyn_widgets.views.table import days
from custdyn_widgets.words import tr

with quick_jsonschema():
    import altair as alt

DATASET = "cells"
UNIT_NAMES = {"quantity": tr("Quantity"), "percent": "%", "ratio": tr("Ratio")}
WIDTH, HEIGHT = 720, 320
LEGEND_COLUMNS = 3
SMALL = {"width": 220, "height": 120}
MAX_POINTS = 62
"""Places up to which every figure has a point of its own."""
PALE = 0.45
DASH = [5, 4]
LATER = "datum.state != 'past'"


def to_altair(report: Report, chart: ChartSpec) -> Any:
    """The chart as Altair draws it: an `alt.Chart`, layered or faceted where it has to be.

    N/A is a gap; buckets that are not over are pale; the period compared with is dashed. The
    data are the report's own cells. Raises ChartError.
    """
    return _Drawing(report, chart).whole()


def to_spec(report: Report, chart: ChartSpec) -> dict[str, Any]:
    """The same chart as Vega-Lite for the page: its data are the dataset `cells`.

    `usermeta` says of each series how a reader may have its figures shown.
    """
    made: dict[str, Any] = to_altair(report, chart).to_dict()
    (records,) = made["datasets"].values()
    rows = {(row.block, row.row): row for row in report.rows}
    drawn = [rows.get((one.block, one.row)) for one in chart.series]
    looks = {
        "charges": [row is not None and is_charge(row) for row in drawn],
        "scales": [row is not None and scales(row.formula, row.defined.unit) for row in drawn],
    }
    return {**made, "data": {"name": DATASET}, "datasets": {DATASET: records}, "usermeta": looks}


class _Drawing:
    """One chart being drawn."""

    def __init__(self, report: Report, chart: ChartSpec) -> None:
        self.report = report
        self.chart = chart
        self.drawn = drawn = Drawn.of(report, chart)
        self.labels, self.later, self.parted = drawn.labels, drawn.later, drawn.parted
        self.compared = report.other is not None
        self.few = len(self.labels) <= MAX_POINTS
        self.names = list(dict.fromkeys(one.name for one in chart.series))

    def whole(self) -> Any:
        # a plain dict: of data that it has made itself, Altair checks every single value
        data: Any = {"values": self.drawn.records()}
        layers = {axis: self._layers(axis) for axis in ("left", "right")}
        drawn = [layers[axis] for axis in layers if layers[axis]]
        if len(drawn) == 2:
            sides = [alt.layer(*some) for some in drawn]
            made: Any = alt.layer(*sides).resolve_scale(y="independent")
        else:
            made = drawn[0][0] if len(drawn[0]) == 1 else alt.layer(*drawn[0])
        if self.parted and not self.chart.small_multiples:
            made = made.transform_flatten(["parts"], as_=["part"])
        if self.chart.small_multiples:
            sort = packages_of(self.report)
            facet = alt.Facet("package:N", title=None, sort=sort, header=alt.Header(labelLimit=220))
            made = made.properties(**SMALL).facet(facet=facet, columns=4, data=data)
            if self.parted:
                made = made.transform_flatten(["parts"], as_=["part"])
        else:
            made = made.properties(data=data, width=WIDTH, height=HEIGHT)
        legend = alt.LegendConfig(columns=1 if self.chart.legend == "right" else LEGEND_COLUMNS)
        return made.properties(title=self._title()).configure(locale=_LOCALE, legend=legend)

    def _title(self) -> Any:
        said = []
        if self.chart.x == "package":
            said.append(self.report.buckets[columns_of(self.report, self.chart)[0]].label)
        if other := self.report.other:
            said.append(tr("dashed: {first}", first=days(other.first, other.last)))
        if self.later:
            said.append(tr("lighter: period not finished"))
        return alt.TitleParams(self.chart.title, subtitle=said, anchor="start")

    def _layers(self, axis: str) -> list[Any]:
        chosen = [(number, one) for number, one in enumerate(self.chart.series) if one.axis == axis]
        layers = []
        for kind in dict.fromkeys(self.drawn.kind(one) for _, one in chosen):
            numbers = [number for number, one in chosen if self.drawn.kind(one) == kind]
            for side in ("own", "other") if self.compared else ("own",):
                layers += self._marks(kind, axis, numbers, side)
        return layers

    def _marks(self, kind: str, axis: str, numbers: list[int], side: str) -> list[Any]:
        """The layers of the series of one kind on one axis, of one period."""
        base = alt.Chart()
        if len(numbers) < len(self.chart.series) or self.compared:
            wanted = alt.FieldOneOfPredicate(field="series", oneOf=numbers)
            base = base.transform_filter(wanted)
            if self.compared:
                base = base.transform_filter(alt.FieldEqualPredicate(field="side", equal=side))
        encoded = self._encoded(kind, axis)
        own = side == "own"
        if kind in ("column", "stacked_column"):
            if self._offset(kind):
                encoded["xOffset"] = alt.XOffset("offset:N", sort=None)
            style: dict[str, Any] = {"cornerRadiusEnd": 2} if kind == "column" else {}
            if not own:
                style |= {"fillOpacity": 0.08, "strokeDash": DASH, "strokeWidth": 1.2}
                encoded["stroke"] = self._colour()
            layers = [base.mark_bar(**style).encode(**encoded, opacity=_pale())]
        elif kind == "area":
            layers = self._areas(base, encoded, own=own)
        elif kind == "point":
            style = {"filled": own, "size": 60} | ({} if own else {"strokeDash": [2, 2]})
            layers = [base.mark_point(**style).encode(**encoded, opacity=_pale())]
        elif kind == "line":
            layers = self._lines(base, encoded, dashed=not own)
        else:
            raise NotImplementedError(f"no marks for {kind}")
        if self.chart.values_shown and own:
            text = {**encoded, "text": alt.Text("shown:N")}
            layers.append(
                base.transform_filter("isValid(datum.value)").mark_text(dy=-8).encode(**text)
            )
        return layers

    def _areas(self, base: Any, encoded: dict[str, Any], *, own: bool) -> list[Any]:
        """Areas in runs between the gaps; what is not over is a layer of its own, paler."""
        encoded = {**encoded, "y2": alt.Y2("base:Q")}
        base = base.transform_filter("datum.run !== null")
        later = f"{LATER} || datum.joins"
        parts = [(1.0, "datum.state == 'past'"), (PALE, later)] if self.later else [(1.0, "")]
        layers = []
        for opacity, wanted in parts:
            part = base.transform_filter(wanted) if wanted else base
            style: dict[str, Any] = {"fillOpacity": 0.55 * opacity if own else 0}
            style["line"] = {"strokeDash": [1, 0] if own else DASH, "opacity": opacity}
            if self.few or self.drawn.alone:  # a figure between two gaps has no area
                style["point"] = {"filled": own, "size": 30 if self.few else 8, "opacity": opacity}
            layers.append(part.mark_area(**style).encode(**encoded, detail=alt.Detail("run:O")))
        return layers

    def _lines(self, base: Any, encoded: dict[str, Any], *, dashed: bool) -> list[Any]:
        """A line, its parts that are not over paler; and points, where there are few or alone."""
        style: dict[str, Any] = {"strokeDash": DASH} if dashed else {}
        dots: dict[str, Any] = {"filled": not dashed, "size": 36, "opacity": 1}
        if self.few:
            style["point"] = alt.OverlayMarkDef(strokeDash=[1, 0], **dots)
        pale: dict[str, Any] = {}
        if self.parted:
            scale = alt.Scale(domain=["past", "later"], range=[1, PALE])
            pale["opacity"] = alt.Opacity("part:N", scale=scale, legend=None)
        line = base.mark_line(strokeWidth=2, **style)
        lines = [line.encode(**encoded, **pale, order=alt.Order("column:Q"))]
        if not self.few and self.drawn.alone:
            lines.append(base.transform_filter("datum.alone").mark_point(**dots).encode(**encoded))
        return lines

    def _encoded(self, kind: str, axis: Any) -> dict[str, Any]:
        own = [one for one in self.chart.series if one.axis == axis]
        units = {unit_of(self.report, self.chart, one) for one in own}
        stacks = kind in ("stacked_column", "area")
        share = stacks and self.chart.stacking == "share"
        stack: Any = {"amount": "zero", "share": "normalize"}[self.chart.stacking]
        names = {"money": str(self.report.query.currency), **UNIT_NAMES}
        whole = units == {"quantity"} and not share  # there is no tenth of a client
        title = tr("Share") if share else ", ".join(sorted(names[unit] for unit in units))
        grid = axis == "left" or all(one.axis == "right" for one in self.chart.series)
        tilted = self.chart.x == "package" and len(self.labels) > 4
        encoded: dict[str, Any] = {
            "x": alt.X(
                "x:O",
                sort=self.labels,
                scale=alt.Scale(domain=self.labels),
                axis=alt.Axis(
                    title=None,
                    labelAngle=-35 if tilted else 0,
                    labelOverlap=False if tilted else "greedy",
                    labelSeparation=8,
                    ticks=self.few,
                    labelLimit=140,
                ),
            ),
            "y": alt.Y(
                "top:Q" if kind == "area" else "value:Q",
                stack=stack if kind == "stacked_column" else None,
                axis=alt.Axis(
                    title=title,
                    titlePadding=12,
                    orient=axis,
                    grid=grid,
                    format="%" if share else self._format(axis),
                    tickMinStep=1 if whole else alt.Undefined,
                ),
            ),
            "color": self._colour(legend=True),
            "tooltip": self._tooltip(),
        }
        if kind == "stacked_column":
            encoded["order"] = alt.Order("series:Q")
        return encoded

    def _offset(self, kind: str) -> bool:
        """Whether columns of this kind stand side by side within a bucket."""
        columns = [one for one in self.chart.series if one.kind == kind]
        return self.compared or (kind == "column" and len(columns) > 1)

    def _colour(self, *, legend: bool = False) -> Any:
        colours = self.chart.colours
        by_name = dict(zip((one.name for one in self.chart.series), colours, strict=True))
        shown = None
        if legend and self.chart.legend != "none" and len(self.names) > 1:
            orient: Any = self.chart.legend
            shown = alt.Legend(title=None, orient=orient, labelLimit=230, symbolType="square")
        scale = alt.Scale(domain=self.names, range=[by_name[name] for name in self.names])
        make = alt.Color if legend else alt.Stroke
        return make("name:N", scale=scale, sort=self.names, legend=shown)

    def _tooltip(self) -> list[Any]:
        shown = [("name", tr("Row")), ("bucket", tr("Bucket")), ("shown", tr("Value"))]
        if self.chart.x == "package" or self.chart.small_multiples:
            shown.insert(1, ("package", tr("Package")))
        return [alt.Tooltip(f"{field}:N", title=title) for field, title in shown]

    def _format(self, axis: str) -> str:
        """A number format for an axis: as short as its figures allow."""
        drawn = {number for number, one in enumerate(self.chart.series) if one.axis == axis}
        figures = [
            point.value for point in self.drawn.points if point.value and point.series in drawn
        ]
        most = max((abs(float(value)) for value in figures), default=0.0)
        if most >= 1_000_000:
            return "~s"
        return ",.0f" if most >= 20 else ",~f" if most < 1 else ",.2~f"


_LOCALE = {"number": {"decimal": ".", "thousands": "\u00a0", "grouping": [3], "currency": ["", ""]}}


def _pale() -> Any:
    return alt.condition(LATER, alt.value(PALE), alt.value(1))
