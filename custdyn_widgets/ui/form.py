"""The form: a widget for every field of a query, values in and out, faults beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from html import escape
from typing import Any

import ipywidgets as w

from ..currencies import currency_names
from ..definitions import (
    COMPARISONS,
    FIELDS,
    GROUPS,
    MOST_ACTIVE_MONTHS,
    OPTIONAL_BLOCKS,
    OUTPUT_TYPES,
    PRESETS,
    RATE_POLICIES,
    TYPE_CHOICES,
)
from ..errors import FieldFault
from ..periods import zone_names
from ..query import Query

CUSTOM = "custom"
NOTHING = ""
"""A choice of nothing: to a drop-down, None would mean that nothing is chosen yet."""
DEFAULT_CURRENCY = "Base currency of the source"


class Form:
    """Widgets for the fields of a query.

    `filters` and `output` are the two cards. `values` gives what is filled in, JSON-shaped and
    unchecked: the browser may have sent anything, `Query` checks it. `show_faults` puts each
    fault beside its field.
    """

    def __init__(self, query: Query, *, now: Callable[[], datetime]) -> None:
        self._now = now
        self._filling = False
        self.period = w.Dropdown(options=[*_choices(PRESETS), ("Custom", CUSTOM)])
        self.first = w.NaiveDatetimePicker()
        self.last = w.NaiveDatetimePicker()
        self.timezone = w.Combobox(options=zone_names(), ensure_option=False)
        self.timezone.add_class("custdyn-zone")
        self.client_type = w.Dropdown(options=_choices(TYPE_CHOICES))
        self.client_tags = _names()
        self.owner = _names()
        self.owner_tree = w.Checkbox(description=FIELDS["owner_tree"].label, indent=False)
        self.package = _names()
        self.group_by = {
            key: w.ToggleButton(description=label, layout=w.Layout(width="auto"))
            for key, label in GROUPS.items()
        }
        self.type = w.Dropdown(options=_choices(OUTPUT_TYPES))
        self.send_to = _names("address@example.org")
        self.currency = w.Dropdown(options=_currencies())
        self.active_duration = w.BoundedIntText(min=0, max=MOST_ACTIVE_MONTHS)
        self.rate_policy = w.Dropdown(options=_choices(RATE_POLICIES))
        self.compare = w.Dropdown(options=[("None", NOTHING), *_choices(COMPARISONS)])
        self.blocks = {
            key: w.Checkbox(description=label, indent=False)
            for key, label in OPTIONAL_BLOCKS.items()
        }
        self._faults: dict[str, w.HTML] = {}
        self._lay_out()
        self.fill(query)
        self.period.observe(self._preset_chosen, "value")
        self.timezone.observe(self._preset_chosen, "value")
        for end in (self.first, self.last):
            end.observe(self._date_touched, "value")
        self.type.observe(self._type_chosen, "value")

    def fill(self, query: Query) -> None:
        """Shows a query."""
        values = query.to_dict()
        self._filling = True
        period = values["period"]
        self.period.value = period if isinstance(period, str) else CUSTOM
        self.timezone.value = values["timezone"]
        self.client_type.value = values["client_type"]
        for name in ("client_tags", "owner", "package"):
            getattr(self, name).value = values[name]
        self.owner_tree.value = values["owner_tree"]
        for key, button in self.group_by.items():
            button.value = key in values["group_by"]
        self.type.value = values["output"]["type"]
        self.send_to.value = values["output"]["send_to"]
        self.currency.value = values["currency"] or NOTHING
        self.active_duration.value = values["active_duration"]
        self.rate_policy.value = values["rate_policy"]
        self.compare.value = values["compare"] if isinstance(values["compare"], str) else NOTHING
        for key, box in self.blocks.items():
            box.value = key in values["blocks"]
        self.first.value, self.last.value = query.interval(self._now())
        self._filling = False
        self._type_chosen()

    def values(self) -> dict[str, Any]:
        """What is filled in, JSON-shaped, for `Query.model_validate`."""
        period: object = self.period.value
        if period == CUSTOM:
            period = {"from": _text(self.first.value), "to": _text(self.last.value)}
        kind = self.type.value
        return {
            "period": period,
            "timezone": self.timezone.value,
            "client_type": self.client_type.value,
            "client_tags": list(self.client_tags.value),
            "owner": list(self.owner.value),
            "owner_tree": self.owner_tree.value,
            "package": list(self.package.value),
            "group_by": [key for key, button in self.group_by.items() if button.value],
            "currency": self.currency.value or None,
            "active_duration": self.active_duration.value,
            "rate_policy": self.rate_policy.value,
            "blocks": [key for key, box in self.blocks.items() if box.value],
            "compare": self.compare.value or None,
            "output": {
                "type": kind,
                "send_to": [] if kind == "web" else list(self.send_to.value),
            },
        }

    def show_faults(self, faults: Iterable[FieldFault]) -> list[FieldFault]:
        """Puts each fault beside its field, takes older ones away; those without a place."""
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
            place.layout.display = "" if words else "none"
        return homeless

    def _lay_out(self) -> None:
        self.filters = w.VBox(
            [
                _heading("Filters"),
                self._field("period", _period_row(self.period, self.first, self.last)),
                self._field("timezone", self.timezone),
                self._field("client_type", self.client_type),
                self._field("client_tags", self.client_tags),
                self._field("owner", w.HBox([self.owner, self.owner_tree])),
                self._field("package", self.package),
                self._field("group_by", w.HBox(list(self.group_by.values()))),
            ]
        )
        self._send_to_row = self._field("output.send_to", self.send_to)
        self.output = w.VBox(
            [
                _heading("Output"),
                self._field("output.type", self.type),
                self._send_to_row,
                self._field("currency", self.currency),
                self._field("active_duration", w.HBox([self.active_duration, w.Label("month(s)")])),
                self._field("rate_policy", self.rate_policy),
                self._field("compare", self.compare),
                self._field("blocks", w.HBox(list(self.blocks.values()))),
            ]
        )
        self.filters.add_class("custdyn-card")
        self.filters.add_class("custdyn-filters")
        self.output.add_class("custdyn-card")

    def _field(self, name: str, control: w.Widget) -> w.VBox:
        """A field with its label and a place for its faults."""
        label = w.Label(FIELDS[name].label, tooltip=FIELDS[name].words)
        label.add_class("custdyn-label")
        fault = self._faults[name] = w.HTML(layout=w.Layout(display="none"))
        fault.add_class("custdyn-fault")
        row = w.HBox([label, control])
        row.add_class("custdyn-field")
        for one in (control, *getattr(control, "children", ())):
            if isinstance(one, w.DOMWidget) and not isinstance(one, w.Box | w.Label):
                one.tooltip = one.tooltip or FIELDS[name].label
        return w.VBox([row, fault])

    def _preset_chosen(self, _change: object = None) -> None:
        if self._filling or self.period.value == CUSTOM:
            return
        if self.timezone.value not in zone_names():
            return  # said when it is queried
        preset = Query(period=self.period.value, timezone=self.timezone.value)
        self._filling = True
        self.first.value, self.last.value = preset.interval(self._now())
        self._filling = False

    def _date_touched(self, _change: object) -> None:
        if not self._filling:
            self.period.value = CUSTOM

    def _type_chosen(self, _change: object = None) -> None:
        self._send_to_row.layout.display = "none" if self.type.value == "web" else ""


def _period_row(period: w.Widget, first: w.Widget, last: w.Widget) -> w.HBox:
    row = w.HBox([period, first, w.Label("–"), last])
    row.add_class("custdyn-period")
    return row


def now_in_utc() -> datetime:
    """The clock, read at the border."""
    return datetime.now(UTC)


def _choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(label, key) for key, label in labels.items()]


def _currencies() -> list[tuple[str, str]]:
    listed = [(f"{code} – {name}", code) for code, name in currency_names().items()]
    return [(DEFAULT_CURRENCY, NOTHING), *listed]


def _names(placeholder: str = "type a name and press Enter") -> w.TagsInput:
    return w.TagsInput(allow_duplicates=False, placeholder=placeholder)


def _heading(text: str) -> w.HTML:
    return w.HTML(f"<h2>{escape(text)}</h2>")


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.replace(tzinfo=None).isoformat()


def _ancestors(path: str) -> list[str]:
    parts = path.split(".")
    return [".".join(parts[:length]) for length in range(len(parts), 0, -1)]
