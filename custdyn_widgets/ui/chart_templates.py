"""Chart templates: saved, renamed, changed and deleted under the editor of a chart."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING

import ipywidgets as w

from ..charts import ChartSpec
from ..errors import CustdynError
from .plain import Plain, show
from .press import Press

if TYPE_CHECKING:
    from ..store import SavedChart, Store

VISIBILITY = {"Only me": False, "Everyone": True}


class ChartTemplates:
    """`box` holds the name, who may see it, and what can be done.

    `chart` gives the chart in the editor (it raises QueryError), `tell` is told in one line what
    went wrong.
    """

    def __init__(
        self, plain: Plain, chart: Callable[[], ChartSpec], *, tell: Callable[[str], None]
    ) -> None:
        self._chart = chart
        self._open: SavedChart | None = None
        self.name = w.Text(description="Template name", continuous_update=False)
        self.shared = plain.dropdown(
            [(label, str(shared)) for label, shared in VISIBILITY.items()], description="Visible to"
        )
        self._save = Press(self._added, tell, label="Save as chart template", icon="save")
        self._change = Press(self._changed, tell, label="Save changes")
        self._delete = Press(self._deleted, tell, label="Delete template")
        self._said = plain.html("", "custdyn-said")
        for button in (self._change, self._delete):
            button.layout = w.Layout()
        buttons = [self._save, self._change, self._delete]
        self.box = plain.row([self.name, self.shared, *buttons, self._said], "custdyn-templates")
        self.fill(None)

    def saved(self) -> list[SavedChart]:
        """The templates that the reader may see; none where they cannot be read, which is said."""
        try:
            return self._store().charts()
        except CustdynError as error:
            self._say(str(error), fault=True)
            return []

    def is_mine(self, saved: SavedChart) -> bool:
        """Whether the reader made a template."""
        return saved.owner == self._store().user

    def fill(self, saved: SavedChart | None) -> None:
        """Shows a template; None: the chart is none yet."""
        self._open = saved
        self.name.value = saved.name if saved else ""
        self.shared.value = str(bool(saved and saved.shared))
        mine = saved is not None and self.is_mine(saved)
        for button in (self._change, self._delete):
            show(button, mine)
        self._say("")

    def _store(self) -> Store:
        from ..store import my_store  # it takes its time to come, and few pages need it

        return my_store()

    def _added(self) -> None:
        self._try(
            lambda: self._store().add_chart(
                self.name.value, self._chart(), shared=self.shared.value == "True"
            ),
            "Saved.",
        )

    def _changed(self) -> None:
        opened = self._open
        if opened is not None:
            self._try(
                lambda: self._store().change_chart(
                    opened,
                    name=self.name.value,
                    chart=self._chart(),
                    shared=self.shared.value == "True",
                ),
                "Saved.",
            )

    def _deleted(self) -> None:
        opened = self._open
        if opened is not None:
            kept = (self.name.value, self.shared.value)

            def delete() -> None:
                self._store().delete_chart(opened)

            self._try(delete, "Deleted. Save as chart template brings it back.")
            if self._open is None:
                self.name.value, self.shared.value = kept

    def _try(self, act: Callable[[], SavedChart | None], done: str) -> None:
        try:
            saved = act()
        except CustdynError as error:
            self._say(str(error), fault=True)
        else:
            self.fill(saved)
            self._say(done)

    def _say(self, words: str, *, fault: bool = False) -> None:
        role = "alert" if fault else "status"
        self._said.value = f'<span role="{role}">{escape(words)}</span>' if words else ""
