"""Points of a chart: one record per cell, and where lines and areas break."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from custdyn_widgets.model.periods import State
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.chart_spec import ChartError, ChartSpec, Point, Series, points_of

SHOWN = 9
"""Decimals that can be seen in a chart at most: shares add up to 1."""
Place = tuple[str, str, str, str | None]
"""What is stacked together: axis, period, place and, in small multiples, package."""


@dataclass(frozen=True)
class Drawn:
    """The cells that a chart draws."""

    chart: ChartSpec
    points: tuple[Point, ...]

    @classmethod
    def of(cls, report: Report, chart: ChartSpec) -> Drawn:
        """What a chart draws of a report. Raises ChartError where there is nothing to draw."""
        points = tuple(points_of(report, chart))
        if not points:
            raise ChartError(chart.title, "the report has no package to draw")
        return cls(chart, points)

    @cached_property
    def labels(self) -> list[str]:
        """The places on the axis, in order."""
        return list(dict.fromkeys(point.x for point in self.points))

    @cached_property
    def later(self) -> bool:
        """Whether a bucket is not over."""
        return any(point.state != State.PAST for point in self.points)

    @cached_property
    def lines(self) -> set[int]:
        """The places of the series that are drawn as lines."""
        return {place for place, one in enumerate(self.chart.series) if one.kind == "line"}

    @cached_property
    def parted(self) -> bool:
        """Whether a line goes on, paler, where its buckets are not over."""
        return bool(self.lines) and any(len(parts) > 1 for parts in self._joints)

    @cached_property
    def alone(self) -> set[int]:
        """Places of figures between two gaps: a line would not show them."""
        there = {key for key, at in self._by_place.items() if self.points[at].value is not None}
        return {
            at
            for at, point in enumerate(self.points)
            if point.value is not None
            and _shifted(point, -1) not in there
            and _shifted(point, 1) not in there
        }

    def kind(self, series: Series) -> str:
        """How a series is drawn: an area with a single place would not be seen."""
        return "stacked_column" if series.kind == "area" and len(self.labels) == 1 else series.kind

    def records(self) -> list[dict[str, Any]]:
        """The data: one record a cell, its figure as the table shows it and as a number."""
        return [{**self._own(point), **self._drawing(at)} for at, point in enumerate(self.points)]

    def _own(self, point: Point) -> dict[str, Any]:
        """What a point is."""
        return {
            "series": point.series,
            "name": point.name,
            "x": point.x,
            "package": point.package or "",
            "bucket": point.bucket,
            "side": point.side,
            "value": None if point.value is None else float(point.value),
            "shown": point.shown,
            "state": point.state,
            "row": point.row,
            "column": point.column,
        }

    def _drawing(self, at: int) -> dict[str, Any]:
        """What its mark needs besides: fields that only some kinds of marks use."""
        point, joints = self.points[at], self._joints[at]
        kind = self.kind(self.chart.series[point.series])
        needed: dict[str, Any] = {}
        if self.parted:
            needed["parts"] = joints if kind == "line" else joints[:1]
        if kind == "line":
            needed["alone"] = at in self.alone
        elif kind == "area":
            top, base = self._stacked[at]
            needed |= {"run": self._runs[at], "joins": len(joints) > 1, "top": top, "base": base}
        elif kind != "point":
            needed["offset"] = self._offset(point, kind)
        return needed

    def _offset(self, point: Point, kind: str) -> str:
        """Where a column stands within its bucket: by series where they are side by side."""
        stacked = kind == "stacked_column"
        return f"{'' if stacked else point.series} {'a' if point.side == 'own' else 'b'}"

    @cached_property
    def _by_place(self) -> dict[tuple[object, ...], int]:
        return {_shifted(point, 0): at for at, point in enumerate(self.points)}

    @cached_property
    def _joints(self) -> list[list[str]]:
        """The parts that each figure belongs to; the last that is past joins both."""
        parts = []
        for point in self.points:
            following = self._by_place.get(_shifted(point, 1))
            own = "past" if point.state == State.PAST else "later"
            ends = following is not None and self.points[following].state != State.PAST
            parts.append(["past", "later"] if ends and own == "past" else [own])
        return parts

    @cached_property
    def _runs(self) -> list[int | None]:
        """The run between gaps that each figure belongs to, None in a gap."""
        nothing = self._without_whole()
        runs: list[int | None] = []
        gaps: dict[tuple[object, ...], int] = {}
        for point in self.points:
            series = (point.series, point.package, point.side)
            if point.value is None or self._place(point) in nothing:
                gaps[series] = gaps.get(series, 0) + 1
                runs.append(None)
            else:
                runs.append(gaps.get(series, 0))
        return runs

    @cached_property
    def _stacked(self) -> list[tuple[float, float]]:
        """Where each area begins and ends: upwards from 0 what is above it, downwards the rest.

        Vega would put 0 where a run has no figure.
        """
        reached: dict[object, float] = {}
        wholes = self._wholes()
        edges = []
        for point in self.points:
            series = self.chart.series[point.series]
            value = float(point.value or 0)
            if self.chart.stacking == "share":
                value /= wholes[self._place(point)] or 1
            key = (value < 0, self._place(point))
            base = reached.get(key, 0.0) if self.kind(series) == "area" else 0.0
            if self.kind(series) == "area":
                reached[key] = base + value
            edges.append((round(base + value, SHOWN), base))
        return edges

    def _without_whole(self) -> set[Place]:
        """Places where what is stacked comes to nothing, so that there are no shares of it."""
        if self.chart.stacking != "share":
            return set()
        return {place for place, whole in self._wholes().items() if not whole}

    def _wholes(self) -> dict[Place, float]:
        """What the areas of each place come to."""
        wholes: dict[Place, float] = {}
        for point in self.points:
            area = self.kind(self.chart.series[point.series]) == "area"
            place = self._place(point)
            wholes[place] = wholes.get(place, 0.0) + area * abs(float(point.value or 0))
        return wholes

    def _place(self, point: Point) -> Place:
        axis = self.chart.series[point.series].axis
        package = point.package if self.chart.small_multiples else None
        return (axis, point.side, point.x, package)


def _shifted(point: Point, step: int) -> tuple[object, ...]:
    """What identifies the cell that many columns further in its row."""
    return (point.series, point.package, point.side, point.column + step)
