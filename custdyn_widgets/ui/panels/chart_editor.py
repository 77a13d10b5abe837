"""The chart editor: fields, series and their faults."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import ipywidgets as w

from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.definitions import PACKAGE
from custdyn_widgets.model.rows import PACKAGE_BLOCK
from custdyn_widgets.report.report import Report
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.color_field import ColorField
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.views.chart_spec import (
    AXES,
    CHART_FIELDS,
    KINDS,
    LEGENDS,
    PALETTE,
    STACKING,
    ChartSpec,
    Series,
    X,
)
from custdyn_widgets.words import tr

EACH = tr("each package")
LAST = ""
LAST_BUCKET = tr("Last bucket")
"""The choice of the last bucket, and what it is called."""
BETWEEN = "\x1f"


class ChartEditor:
    """`box` holds the fields of a chart of a report.

    `changed` is called after every change a reader makes, `on_error` receives errors in
    one line.
    """

    def __init__(self, *, changed: Callable[[], None], on_error: Callable[[str], None]) -> None:
        self._changed = changed
        self._tell = on_error
        self._filling = False
        self._lock = threading.RLock()  # a report may arrive while a chart is being opened
        self._rows = Choices(())
        self._series: list[_SeriesRow] = []
        self.title = basic.text_field(
            description=CHART_FIELDS["title"].label, continuous_update=False
        )
        self.x = self._choice("x", X)
        self.bucket = self._choice("bucket", {LAST: LAST_BUCKET})
        self.stacking = self._choice("stacking", STACKING)
        self.legend = self._choice("legend", LEGENDS)
        self.values_shown = basic.checkbox(CHART_FIELDS["values_shown"].label)
        self.small_multiples = basic.checkbox(CHART_FIELDS["small_multiples"].label)
        self.add = Picker(
            lambda: self._rows,
            changed=self._added,
            on_error=on_error,
            mode="menu",
            label=tr("Add series"),
            placeholder=tr("Search rows"),
        )
        self._list = basic.column([])
        self._faults = basic.html("", "custdyn-fault")
        self.box = basic.column(
            [
                basic.row([self.title, self.x, self.bucket]),
                basic.row([self.stacking, self.legend, self.values_shown, self.small_multiples]),
                self._list,
                basic.row([self.add]),
                self._faults,
            ],
            "custdyn-editor",
        )
        for field in (self.title, self.x, self.bucket, self.stacking, self.legend,
                      self.values_shown, self.small_multiples):  # fmt: skip
            field.observe(self._change, "value")

    def offer(self, report: Report) -> None:
        """Offers the rows and buckets of a report."""
        with self._lock:
            self._rows = Choices(_rows_of(report))
            labels = [bucket.label for bucket in report.buckets]
            kept, self._filling = self.bucket.value, True
            self.bucket.options = [(LAST_BUCKET, LAST), *((label, label) for label in labels)]
            self.bucket.value = kept if kept in labels else LAST
            self._filling = False

    def fill(self, chart: ChartSpec | None) -> None:
        """Shows a chart; None: a blank one."""
        with self._lock:
            self._fill(chart)

    def _fill(self, chart: ChartSpec | None) -> None:
        self._filling = True
        self.title.value = chart.title if chart else ""
        self.x.value = chart.x if chart else "bucket"
        named = {value for _label, value in self.bucket.options}
        if chart and chart.bucket and chart.bucket not in named:  # of another report
            self.bucket.options = [*self.bucket.options, (chart.bucket, chart.bucket)]
        self.bucket.value = (chart.bucket if chart else None) or LAST
        self.stacking.value = chart.stacking if chart else "amount"
        self.legend.value = chart.legend if chart else "bottom"
        self.values_shown.value = bool(chart and chart.values_shown)
        self.small_multiples.value = bool(chart and chart.small_multiples)
        self._show([self._row(one) for one in (chart.series if chart else ())])
        self._filling = False
        self._suit()
        self.show_faults([])

    def chart(self) -> ChartSpec:
        """The chart that is filled in. Raises QueryError where it is not valid."""
        across = self.x.value == "package"
        return ChartSpec.model_validate(
            {
                "title": self.title.value.strip() or self._own_title(),
                "series": [row.values() for row in self._series],
                "x": self.x.value,
                "bucket": (self.bucket.value or None) if across else None,
                "stacking": self.stacking.value,
                "values_shown": self.values_shown.value,
                "legend": self.legend.value,
                "small_multiples": self.small_multiples.value,
            }
        )

    def is_blank(self) -> bool:
        """Whether nothing is to be drawn yet."""
        return not self._series

    def show_faults(self, faults: list[str]) -> None:
        """Says what is wrong."""
        words = "<br>".join(map(escape, faults))
        self._faults.value = f'<span role="alert">{words}</span>' if words else ""

    def _own_title(self) -> str:
        names = dict.fromkeys(row.series.name for row in self._series)
        return ", ".join(list(names)[:2])[:120] or tr("Chart")

    def _choice(self, name: str, labels: dict[str, str]) -> w.Dropdown:
        field = CHART_FIELDS[name]
        options = [(label, key) for key, label in labels.items()]
        return basic.dropdown(options, description=field.label, tooltip=field.description)

    def _row(self, series: Series) -> _SeriesRow:
        colour = series.colour or PALETTE[len(self._series) % len(PALETTE)]
        return _SeriesRow(
            series,
            colour,
            changed=self._change,
            delete=self._delete,
            on_error=self._tell,
        )

    def _show(self, rows: list[_SeriesRow]) -> None:
        self._series = rows
        for place, row in enumerate(rows):
            row.suggest(PALETTE[place % len(PALETTE)])
        self._list.children = [row.box for row in rows]

    def _added(self) -> None:
        value = self.add.value
        self.add.fill([])
        if value not in self._rows:
            return
        block, package, row = value.split(BETWEEN)
        last = self._series[-1].kind.value if self._series else "line"
        values = {"block": block, "row": row, "package": package or None, "kind": last}
        self._show([*self._series, self._row(Series.model_validate(values))])
        if block == PACKAGE and not package and self.x.value == "bucket":
            self.small_multiples.value = True  # a row of each package needs a place for each
        self._change()

    def _delete(self, row: _SeriesRow) -> None:
        self._show([one for one in self._series if one is not row])
        self.add.focus()
        self._change()

    def _change(self, _change: object = None) -> None:
        self._suit()
        if self._filling:
            return
        try:
            self.chart()
        except QueryError as error:
            self.show_faults([] if self.is_blank() else [str(fault) for fault in error.faults])
        else:
            self.show_faults([])
        self._changed()

    def _suit(self) -> None:
        show(self.bucket, self.x.value == "package")


class _SeriesRow:
    """One series in the editor: colour, name, kind, axis, and its delete sign."""

    def __init__(
        self,
        series: Series,
        colour: str,
        *,
        changed: Callable[[object], None],
        delete: Callable[[_SeriesRow], None],
        on_error: Callable[[str], None],
    ) -> None:
        self.series = series
        self._suggested = colour
        name = series.name
        if series.block == PACKAGE and series.package is None:
            name = f"{PACKAGE} ({EACH}): {series.row}"
        self.colour = ColorField(value=colour, label=tr("Colour of {name}", name=name))
        self.kind = basic.dropdown(
            [(label, key) for key, label in KINDS.items()], value=series.kind,
            description=tr('Kind of {name}', name=name),
        )  # fmt: skip
        self.axis = basic.dropdown(
            [(tr('{side} axis', side=side), key) for key, side in AXES.items()], value=series.axis,
            description=tr('Axis of {name}', name=name),
        )  # fmt: skip
        delete_sign = Button(
            lambda: delete(self),
            on_error,
            label=tr("Delete {name}", name=name),
            icon="cross",
            tone="quiet",
            bare=True,
        )
        self._own = series.colour is not None
        shown = basic.label(name, "custdyn-series-name", tooltip=name)
        self.box = basic.row(
            [self.colour, shown, self.kind, self.axis, delete_sign], "custdyn-series"
        )
        for field in (self.kind, self.axis):
            field.observe(changed, "value")
        self.colour.observe(self._coloured, "value")
        self._changed = changed

    def suggest(self, colour: str) -> None:
        """Takes a colour of the palette, unless the reader has chosen one."""
        if not self._own:
            self._suggested = colour
            self.colour.value = colour

    def values(self) -> dict[str, Any]:
        """What is filled in, JSON-shaped."""
        return {
            **self.series.model_dump(mode="json"),
            "kind": self.kind.value,
            "axis": self.axis.value,
            "colour": self.colour.value if self._own else None,
        }

    def _coloured(self, change: object) -> None:
        if self.colour.value != self._suggested:
            self._own = True
            self._changed(change)


def _rows_of(report: Report) -> Iterator[Choice]:
    """Every row of a report, under the title of its block; and those of each package at once."""
    for row in report.rows:
        value = BETWEEN.join((row.block, row.package or "", row.row))
        yield Choice(value, f"{row.title}: {row.row}", group=row.title)
    if report.query.by_package:
        for defined in PACKAGE_BLOCK.rows:
            value = BETWEEN.join((PACKAGE, "", defined.name))
            label = f"{PACKAGE} ({EACH}): {defined.name}"
            yield Choice(value, label, group=f"{PACKAGE} ({EACH})")
