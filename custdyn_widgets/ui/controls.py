"""The widgets of the form, one for every field of a query: a query in, its values out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any

import ipywidgets as w

from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.model.time_zones import zone_names
from custdyn_widgets.query.fields import (
    COMPARISONS,
    FIELDS,
    FILTERS_BY_KIND,
    GROUPS,
    GROUPS_BY_KIND,
    OPTIONAL_BLOCKS,
    OUTPUT_TYPES,
    RATE_POLICIES,
    TYPE_CHOICES,
)
from custdyn_widgets.query.query import Query
from custdyn_widgets.query.validators import address
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.ui.names import Names
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import show
from custdyn_widgets.ui.widgets.datetime_field import DatetimeField
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.words import tr

CUSTOM = "custom"
NOTHING = ""
"""A choice of nothing: to a drop-down, None would mean that nothing is chosen yet."""
FILTERS = tuple(name for names in FILTERS_BY_KIND.values() for name in names)
SEARCHED = (*FILTERS, "currency")
"""Fields whose values are searched in the source."""


class Controls:
    """Widgets for the fields of a query.

    `values` gives what is filled in, JSON-shaped and unchecked: the browser may have sent
    anything, `Query` checks it. `changed` is called with the path of a field when a reader has
    changed it, `on_error` receives errors in one line.
    """

    def __init__(
        self,
        names: Names,
        *,
        changed: Callable[[str], None],
        on_error: Callable[[str], None],
    ) -> None:
        self._names = names
        self._changed = changed
        self._own: dict[str, Any] = {}
        self._tell = on_error
        self._filling = False
        self._make_filters()
        self._make_output()
        self._watch()

    def fill(self, query: Query, now: datetime) -> None:
        """Shows a query, its preset as seen at `now` (aware)."""
        values = query.to_dict()
        self._filling = True
        compare = values["compare"]
        self.timezone.fill([values["timezone"]])
        self.client_type.value = values["client_type"]
        for name in FILTERS:
            getattr(self, name).fill(values[name])
        self.owner_tree.value = values["owner_tree"]
        self.group_by.fill(values["group_by"])
        self.type.value = values["output"]["type"]
        self.send_to.fill(values["output"]["send_to"])
        self.currency.fill([values["currency"]] if values["currency"] else [])
        self.active_duration.value = values["active_duration"]
        self.rate_policy.value = values["rate_policy"]
        self.compare.value = CUSTOM if isinstance(compare, dict) else compare or NOTHING
        for field, ends in (("from", self.compared[0]), ("to", self.compared[1])):
            ends.value = compare[field] if isinstance(compare, dict) else ""
        for key, box in self.blocks.items():
            box.value = key in values["blocks"]
        own = {row["label"]: row for row in values.get("rows", [])}
        self._own |= own
        if own or "rows" in vars(self):
            self.rows.fill(own)
        self.fill_period(query, now)
        self.suit(now)
        self._filling = False

    def fill_period(self, query: Query, now: datetime) -> None:
        """Shows the period of a query, and leaves everything else as it is."""
        before, self._filling = self._filling, True
        self.period.value = query.period if isinstance(query.period, str) else CUSTOM
        self._show_dates(query, now)
        self._filling = before

    def values(self) -> dict[str, Any]:
        """What is filled in, JSON-shaped, for `Query.model_validate`."""
        period: object = self.period.value
        if period == CUSTOM:
            period = {"from": self.first.value, "to": self.last.value}
        compare: object = self.compare.value or None
        if compare == CUSTOM:
            compare = {"from": self.compared[0].value, "to": self.compared[1].value}
        kind, months = self.type.value, self.active_duration.value
        return {
            "period": period,
            "timezone": self.timezone.value,
            "client_type": self.client_type.value,
            **{name: getattr(self, name).values for name in FILTERS},
            "owner_tree": self.owner_tree.value,
            "group_by": self.group_by.values,
            "currency": self.currency.value or None,
            "active_duration": int(months) if months.is_integer() else months,
            "rate_policy": self.rate_policy.value,
            "blocks": [key for key, box in self.blocks.items() if box.value],
            "compare": compare,
            "rows": [self._own[one] for one in self.rows.values] if "rows" in vars(self) else [],
            "output": {"type": kind, "send_to": [] if kind == "web" else self.send_to.values},
        }

    @cached_property
    def rows(self) -> Picker:
        """The rows of one's own that the form was given; made when there are some."""
        return self._picker(
            "rows", lambda: Choices(Choice(one, one) for one in self._own), multiple=True
        )

    def names_arrived(self) -> None:
        """The names in the source are there: chosen values are shown by name."""
        for name in SEARCHED:
            getattr(self, name).refresh()
        directory = self._names.directory
        base = "" if directory is None else f" ({directory.base})"
        self.currency.placeholder = tr("Base currency of the source") + base

    def suit(self, now: datetime) -> None:
        """Shows the dates of a preset, seen at `now` (aware), and those that are compared with."""
        for end in self.compared:
            show(end, self.compare.value == CUSTOM)
        if self.period.value == CUSTOM or self.timezone.value not in zone_names():
            return  # a wrong zone is said beside its field
        self._show_dates(Query(period=self.period.value, timezone=self.timezone.value), now)

    def fields(self) -> dict[str, tuple[Any, ...]]:
        """Fields of ours that show whether they are valid, by the path in the query."""
        mine = {name: (getattr(self, name),) for name in (*SEARCHED, "timezone", "group_by")}
        return {
            **mine,
            "period.from": (self.first,),
            "period.to": (self.last,),
            "compare.from": self.compared[:1],
            "compare.to": self.compared[1:],
            "output.send_to": (self.send_to,),
        }

    def _make_filters(self) -> None:
        presets = [(one.label, name) for name, one in PRESETS.items()]
        self.period = self._choice("period", [*presets, (tr("Custom"), CUSTOM)])
        self.first = DatetimeField(end_of_day=False, label=tr("From"))
        self.last = DatetimeField(end_of_day=True, label=tr("To"))
        zones = Choices(Choice(name, name) for name in zone_names())
        self.timezone = self._picker("timezone", lambda: zones, quiet=True)
        self.client_type = self._choice("client_type", _choices(TYPE_CHOICES))
        self.client_tags = self._searched("client_tags")
        self.owner = self._searched("owner")
        self.owner_tree = basic.checkbox(FIELDS["owner_tree"].label)
        self.package = self._searched("package", open_ended=True)
        groups = grouped(GROUPS_BY_KIND, GROUPS)
        self.group_by = self._picker(
            "group_by",
            lambda: groups,
            multiple=True,
            ordered=True,
            placeholder=tr("No grouping (one total)"),
        )

    def _make_output(self) -> None:
        self.type = self._choice("output.type", _choices(OUTPUT_TYPES))
        self.send_to = self._picker(
            "output.send_to",
            lambda: Choices(()),
            mode="free",
            multiple=True,
            check=address,
            placeholder="name@example.org",
        )
        self.currency = self._searched("currency", multiple=False)
        self.active_duration = basic.number_field(
            step=1,
            description=FIELDS["active_duration"].label,
            tooltip=FIELDS["active_duration"].description,
        )
        self.rate_policy = self._choice("rate_policy", _choices(RATE_POLICIES))
        self.compare = self._choice(
            "compare", [(tr("None"), NOTHING), *_choices(COMPARISONS), (tr("Custom"), CUSTOM)]
        )
        self.compared = (
            DatetimeField(end_of_day=False, label=tr("Compare from")),
            DatetimeField(end_of_day=True, label=tr("Compare to")),
        )
        self.blocks = {key: basic.checkbox(label) for key, label in OPTIONAL_BLOCKS.items()}

    def _searched(self, name: str, *, multiple: bool = True, **more: Any) -> Picker:
        words = tr("Type to search") if multiple else tr("Base currency of the source")

        def known() -> Choices | str:
            choices = self._names.of(name)
            return self._names.words if choices is None else choices

        return self._picker(
            name,
            known,
            multiple=multiple,
            placeholder=words,
            begin=self._names.read,
            **more,
        )

    def _picker(self, name: str, known: Callable[[], Choices | str], **more: Any) -> Picker:
        return Picker(
            known,
            changed=lambda: self._change(name),
            on_error=self._tell,
            **{"label": FIELDS[name].label, "help": FIELDS[name].description, **more},
        )

    def _watch(self) -> None:
        """Every change a reader makes comes to `_change`, with the name of its field."""
        watched = {
            "period": (self.period,),
            "client_type": (self.client_type,),
            "owner_tree": (self.owner_tree,),
            "output.type": (self.type,),
            "active_duration": (self.active_duration,),
            "rate_policy": (self.rate_policy,),
            "compare": (self.compare, *self.compared),
            "blocks": tuple(self.blocks.values()),
        }
        for name, widgets in watched.items():
            for widget in widgets:
                widget.observe(lambda _change, name=name: self._change(name), "value")
        for end in (self.first, self.last):
            end.observe(self._date_touched, "value")

    def _choice(self, name: str, options: list[tuple[str, str]]) -> w.Dropdown:
        field = FIELDS[name]
        return basic.dropdown(options, description=field.label, tooltip=field.description)

    def _show_dates(self, query: Query, now: datetime) -> None:
        filling, self._filling = self._filling, True
        first, last = query.interval(now)
        self.first.value, self.last.value = str(first), str(last)
        self._filling = filling

    def _change(self, name: str) -> None:
        if not self._filling:
            self._changed(name)

    def _date_touched(self, _change: object) -> None:
        if self._filling:
            return
        if self.period.value == CUSTOM:
            self._change("period")
        else:
            self.period.value = CUSTOM


def _choices(labels: dict[str, str]) -> list[tuple[str, str]]:
    return [(label, key) for key, label in labels.items()]


def grouped(kinds: dict[str, tuple[str, ...]], labels: dict[str, str]) -> Choices:
    """Choices under headings: heading → values, and what each value is called."""
    return Choices(
        Choice(name, labels[name], group=kind) for kind, names in kinds.items() for name in names
    )
