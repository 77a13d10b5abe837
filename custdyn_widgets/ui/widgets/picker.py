"""A field that searches its values in Python."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import traitlets

from custdyn_widgets.query.validators import MAX_CHARACTERS, MAX_VALUES
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.ui.error_boundary import guarded
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.words import tr

NOTHING_FOUND = tr("Nothing is called so")
BETWEEN = re.compile(r"[,;\s]+")
Known = Callable[[], Choices | str]
"""The choices there are, or words that say why there are none (yet)."""


class Picker(Widget):
    """A field of one or several values.

    `known`: what can be chosen; where a search finds that it is not there yet, `begin` is called.
    `mode`: `search` for a field, `menu` for a button (with `icon`) whose choices are acted on and
    not kept, `free` for a field of texts that are checked by `check` (it raises ValueError with
    what is wrong). `open_ended`: a text that nothing is called can be chosen, too.
    `ordered`: values stand in the order of the choices. `changed` is called when a reader changes
    the values, `on_error` receives errors in one line.
    """

    _esm = script("picker")
    label = traitlets.Unicode().tag(sync=True)
    help = traitlets.Unicode().tag(sync=True)
    placeholder = traitlets.Unicode().tag(sync=True)
    mode = traitlets.Unicode("search").tag(sync=True)
    multiple = traitlets.Bool(False).tag(sync=True)
    chosen = traitlets.List().tag(sync=True)
    invalid = traitlets.Bool(False).tag(sync=True)
    icon = traitlets.Unicode("add").tag(sync=True)
    quiet = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        known: Known,
        *,
        changed: Callable[[], None],
        on_error: Callable[[str], None],
        begin: Callable[[], None] = lambda: None,
        check: Callable[[str], str] = str,
        open_ended: bool = False,
        ordered: bool = False,
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._known = known
        self._begin = begin
        self._changed = changed
        self._check = check
        self._open_ended = open_ended
        self._ordered = ordered
        self._values: list[str] = []
        self.on_msg(guarded(self._received, on_error))

    @property
    def values(self) -> list[str]:
        """What is chosen."""
        return list(self._values)

    @property
    def value(self) -> str:
        """What is chosen in a field of one value; empty for nothing."""
        return self._values[0] if self._values else ""

    def fill(self, values: Iterable[str]) -> None:
        """Chooses these values, whether or not anything is called so."""
        self._values = list(dict.fromkeys(values))
        self.refresh()

    def refresh(self) -> None:
        """Shows the chosen values by what they are called now; an open list searches again."""
        known = self._known()
        choices = known if isinstance(known, Choices) else Choices(())
        if self._ordered:
            order = {value: place for place, value in enumerate(choices.values())}
            self._values.sort(key=lambda value: order.get(value, len(order)))
        self.chosen = [self._shown(value, choices) for value in self._values]
        self.send({"type": "again"})

    def focus(self) -> None:
        """Moves the keyboard to the field."""
        self.send({"type": "focus"})

    def _shown(self, value: str, choices: Choices) -> dict[str, str]:
        fault = ""
        try:
            self._check(value)
        except ValueError as error:
            fault = str(error)
        hint = choices[value].hint if value in choices else ""
        return {"value": value, "label": choices.label(value), "hint": hint, "fault": fault}

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        kind = content.get("type")
        text = content.get("value") if kind in ("choose", "remove") else content.get("text")
        if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
            return
        if kind == "search":
            self._search(text, content.get("serial"))
        elif kind == "choose":
            self._choose(text)
        elif kind == "add":
            self._add(text)
        elif kind == "remove" and text in self._values:
            self._put([value for value in self._values if value != text])

    def _search(self, text: str, serial: object) -> None:
        known = self._known()
        if isinstance(known, str):
            self._begin()
            answer: dict[str, Any] = {"choices": [], "words": known}
        else:
            found = known.search(text)
            listed = list(found.choices)
            words = "" if found.total else NOTHING_FOUND
            if found.total > len(listed):
                count, total = len(listed), f"{found.total:,}"
                words = tr(
                    "{count} of {total} shown: type on to find others", count=count, total=total
                )
            if self._open_ended and text.strip() and text.strip() not in known:
                own = text.strip()
                listed.append(Choice(own, f"“{own}”", tr("as it is typed")))
            answer = {"choices": [self._offered(one) for one in listed], "words": words}
        self.send({"type": "found", "serial": serial, **answer})

    def _offered(self, choice: Choice) -> dict[str, Any]:
        return {
            "value": choice.value,
            "label": choice.label,
            "hint": choice.hint,
            "group": choice.group,
            "chosen": choice.value in self._values,
        }

    def _choose(self, value: str) -> None:
        known = self._known()
        listed = isinstance(known, Choices) and value in known
        if not listed and not self._open_ended:
            return
        if not self.multiple:
            self._put([value])
        elif value in self._values:
            self._put([one for one in self._values if one != value])
        else:
            self._put([*self._values, value])

    def _add(self, text: str) -> None:
        """What was typed: several checked texts, or the one value that is called so."""
        if self.mode == "free":
            typed = [one for one in BETWEEN.split(text) if one]
            self._put([*self._values, *map(self._checked, typed)])
        elif not self.multiple:
            known = self._known()
            named = known.called(text) if isinstance(known, Choices) else None
            self._put([named or text] if text else [])
            self.send({"type": "taken", "text": self.chosen[0]["label"] if text else ""})

    def _checked(self, text: str) -> str:
        """As the check writes it; what it refuses stays as it is, and is marked."""
        try:
            return self._check(text)
        except ValueError:
            return text

    def _put(self, values: list[str]) -> None:
        before = self._values
        self._values = list(dict.fromkeys(values))[:MAX_VALUES]
        if self._values == before and self.mode != "menu":
            return
        self.refresh()
        self._changed()
