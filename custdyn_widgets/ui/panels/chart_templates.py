"""Chart templates: save, rename, change, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.ui.panels.template_form import TemplateForm, TemplateTexts
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.views.chart_spec import ChartSpec
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.store import SavedChart, Store

WORDS = TemplateTexts(
    name=tr("Template name"),
    shared=tr("Visible to"),
    add=tr("Save as chart template"),
    add_another=tr("Save as chart template"),
    deleted=tr("Deleted. Save as chart template brings it back."),
)


class ChartTemplates:
    """`box` holds the name, who may see it, and what can be done.

    `chart` gives the chart in the editor (it raises QueryError), `on_error` receives errors in
    one line.
    """

    def __init__(
        self,
        chart: Callable[[], ChartSpec],
        *,
        on_error: Callable[[str], None],
    ) -> None:
        self._form: TemplateForm[ChartSpec] = TemplateForm(
            WORDS,
            shelf=lambda: self._store().charts,
            kept=chart,
            filled=lambda _saved: None,
            on_error=on_error,
        )
        form = self._form
        self.name, self.shared = form.name, form.shared
        buttons = [form.add, form.change, form.delete, form.said]
        self.box = basic.row([form.name, form.shared, *buttons], "custdyn-templates")

    def saved(self) -> list[SavedChart]:
        """The templates that the reader may see; none where they cannot be read, which is said."""
        try:
            return self._store().charts.all()
        except CustdynError as error:
            self._form.say(str(error), fault=True)
            return []

    def is_mine(self, saved: SavedChart) -> bool:
        """Whether the reader made a template."""
        return saved.owner == self._store().user

    def fill(self, saved: SavedChart | None) -> None:
        """Shows a template; None: the chart is none yet."""
        self._form.fill(saved)

    def _store(self) -> Store:
        from custdyn_widgets.store import my_store

        return my_store()
