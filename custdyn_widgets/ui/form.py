"""The form: two cards of fields, their faults, and filters that can be added."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from html import escape

import ipywidgets as w

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.query.fields import FIELDS, FILTERS_BY_KIND
from custdyn_widgets.query.query import Query
from custdyn_widgets.ui.controls import CUSTOM, FILTERS, Controls, grouped
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.words import tr

ADVANCED = ("rate_policy", "compare", "blocks", "rows")


class Form:
    """`filters` and `output` are the two cards, `controls` the widgets in them.

    `changed` is called after every change that a reader makes; the faults of the fields
    that the reader has touched stand beside them. `on_error` receives errors in one line.
    """

    def __init__(
        self,
        query: Query,
        names: Names,
        *,
        changed: Callable[[], None],
        on_error: Callable[[str], None],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._now = now
        self._changed = changed
        self._tell = on_error
        self._touched: set[str] = set()
        self._gone: set[str] = set()
        self._rows: dict[str, w.Box] = {}
        self._faults: dict[str, w.HTML] = {}
        self.controls = Controls(names, changed=self._change, on_error=on_error)
        self._add = Picker(
            lambda: grouped(FILTERS_BY_KIND, {name: FIELDS[name].label for name in FILTERS}),
            changed=self._filter_added,
            on_error=on_error,
            mode="menu",
            label=tr("Add filter"),
            placeholder=tr("Search filters"),
        )
        self._advanced = Button(
            lambda: self._open_advanced(not self._advanced.expanded),
            on_error,
            label=tr("Advanced"),
            icon="down",
            tone="quiet",
            expanded=False,
        )
        self.filters = self._filters_card()
        self.output = self._output_card()
        self.fill(query)

    def fill(self, query: Query) -> None:
        """Shows a query."""
        self._touched.clear()
        self.controls.fill(query, self._now())
        for name in FILTERS:
            self._show(name, bool(getattr(query, name)))
        self._show("output.send_to", query.output.type != "web")
        if query.rows and "rows" not in self._rows:
            self._more.children = [*self._more.children, self._field("rows", self.controls.rows)]
        default = Query()
        if any(getattr(query, name) != getattr(default, name) for name in ADVANCED):
            self._open_advanced(True)

    def fill_period(self, query: Query) -> None:
        """Shows the period of a query, and leaves everything else as it is."""
        self.controls.fill_period(query, self._now())

    def compare(self, compare: str) -> bool:
        """Chooses the period to compare with; whether it is complete, or has to be filled in."""
        self.controls.compare.value = compare
        if compare != CUSTOM:
            return True
        self._open_advanced(True)
        self.controls.compared[0].focus()
        return False

    def focus(self, name: str) -> None:
        """Moves the keyboard to a field; one that is under Advanced is shown."""
        if name in ADVANCED:
            self._open_advanced(True)
        control = getattr(self.controls, name, None) if name in self._rows else None
        if control is not None and not isinstance(control, dict):
            control.focus()

    def query(self) -> Query:
        """The query that is filled in. Raises QueryError where it is not valid."""
        return Query.model_validate(self.controls.values())

    def valid_query(self) -> Query | None:
        """The query that is filled in, None where it is not valid."""
        try:
            return self.query()
        except QueryError:
            return None

    def faults(self) -> Sequence[FieldFault]:
        """What is wrong with what is filled in."""
        try:
            self.query()
        except QueryError as error:
            return error.faults
        return ()

    def hide(self, *names: str) -> None:
        """Takes fields away for good."""
        self._gone.update(names)
        for name in names:
            self._show(name, False)

    def show_faults(self, faults: Iterable[FieldFault]) -> list[FieldFault]:
        """Puts each fault beside its field, takes older ones away; those without a place."""
        faults = list(faults)
        by_field: dict[str, list[str]] = {}
        homeless = []
        for fault in faults:
            place = next((name for name in _ancestors(fault.field) if name in self._faults), None)
            if place is None:
                homeless.append(fault)
            else:
                by_field.setdefault(place, []).append(fault.what)
        for name, place in self._faults.items():
            words = "<br>".join(escape(what) for what in by_field.get(name, []))
            place.value = f'<span role="alert">{words}</span>' if words else ""
            if words:
                self._show(name, True)
        wrong = {fault.field for fault in faults}
        for name, marked in self.controls.fields().items():
            inside = any(_ancestors(path).count(name) for path in wrong)
            for field in marked:
                field.invalid = inside or not wrong.isdisjoint(_ancestors(name))
        if set(ADVANCED) & set(by_field):
            self._open_advanced(True)
        return homeless

    def _filters_card(self) -> w.VBox:
        mine = self.controls
        tags = [mine.client_tags, self._delete("client_tags")]
        period = [mine.period, mine.first, basic.label("–"), mine.last, mine.timezone]
        owner = [mine.owner, mine.owner_tree, self._delete("owner")]
        return basic.column(
            [
                basic.row([basic.html(f"<h2>{tr('Filters')}</h2>"), self._add], "custdyn-head"),
                self._field("period", basic.row(period, "custdyn-period"), beside=("timezone",)),
                self._field("client_type", mine.client_type),
                self._field("client_tags", basic.row(tags)),
                self._field("owner", basic.row(owner), beside=("owner_tree",)),
                self._field("package", basic.row([mine.package, self._delete("package")])),
                self._field("group_by", mine.group_by),
            ],
            "custdyn-card",
            "custdyn-filters",
        )

    def _output_card(self) -> w.VBox:
        mine = self.controls
        blocks = FIELDS["blocks"]
        label = basic.label(blocks.label, "custdyn-label", tooltip=blocks.description)
        self._more = basic.column(
            [
                self._field("rate_policy", mine.rate_policy),
                self._field("compare", basic.row([mine.compare, *mine.compared])),
                self._field("blocks", basic.row([label, *mine.blocks.values()])),
            ],
        )
        show(self._more, False)
        months = basic.row([mine.active_duration, basic.label(tr("months"))])
        return basic.column(
            [
                basic.html(f"<h2>{tr('Output')}</h2>"),
                self._field("output.type", mine.type),
                self._field("output.send_to", mine.send_to),
                self._field("currency", mine.currency),
                self._field("active_duration", months),
                self._advanced,
                self._more,
            ],
            "custdyn-card",
            "custdyn-output",
        )

    def _field(self, name: str, control: w.Widget, beside: Sequence[str] = ()) -> w.Box:
        """A field with a place for its faults, and for those of fields beside it."""
        control.add_class("custdyn-field")
        places = []
        for one in (name, *beside):
            self._faults[one] = basic.html("", "custdyn-fault")
            places.append(self._faults[one])
        row = basic.column([control, *places])
        self._rows.update(dict.fromkeys((name, *beside), row))
        return row

    def _delete(self, name: str) -> Button:
        """The delete sign of a filter."""
        return Button(
            lambda: self._filter_deleted(name),
            self._tell,
            label=tr("Delete the filter {label}", label=FIELDS[name].label),
            hint=tr("Delete this filter"),
            icon="cross",
            tone="quiet",
            bare=True,
        )

    def _change(self, name: str) -> None:
        self._touched.add(name)
        self.controls.suit(self._now())
        self._show("output.send_to", self.controls.type.value != "web")
        touched = (one for one in self.faults() if self._touched & set(_ancestors(one.field)))
        self.show_faults(touched)
        self._changed()

    def _filter_added(self) -> None:
        name = self._add.value
        self._add.fill([])
        if name in FILTERS:
            self._show(name, True)
            getattr(self.controls, name).focus()

    def _filter_deleted(self, name: str) -> None:
        getattr(self.controls, name).fill([])
        if name == "owner":
            self.controls.owner_tree.value = False
        self._show(name, False)
        self._add.focus()
        self._change(name)

    def _open_advanced(self, opened: bool) -> None:
        self._advanced.expanded = opened
        show(self._more, opened)

    def _show(self, name: str, shown: bool) -> None:
        show(self._rows[name], shown and name not in self._gone)


def _ancestors(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
