"""Save Query and Load Query."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import ipywidgets as w

from custdyn_widgets.errors import CustdynError, QueryError
from custdyn_widgets.query.query import Interval, Output, Query
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.ui.panels.delivery_fields import DeliveryFields
from custdyn_widgets.ui.panels.template_form import TemplateForm, TemplateTexts
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.picker import Picker
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.store import QueryTemplate, SavedQuery, Store

NO_CHART = ""
RELATIVE, FROZEN = "relative", "frozen"
PERIODS = {tr("Relative (moves with today)"): RELATIVE, tr("Fixed dates"): FROZEN}
MINE, SHARED = tr("My queries"), tr("Shared by others")
PAUSE, RESUME = tr("Pause the schedule"), tr("Resume the schedule")
NEW, OPENED = tr("New saved query"), tr("Saved query")
WORDS = TemplateTexts(
    name=tr("Query title"),
    shared=tr("Visible to"),
    add=tr("Save query"),
    add_another=tr("Save as new query"),
    deleted=tr("Deleted: {name}."),
)


class SavedQueries:
    """`buttons` stand beside Query; `box` is the pop-up form, hidden until it is needed.

    `query` gives the query of the form (it raises QueryError), `timezone` its time zone; `source`
    is what a schedule runs on, by its name or path; `load` is called with a template that was
    chosen, and `run` where it is to run at once, `send` with one that is to be made and sent now;
    `on_error` receives errors in one line.
    """

    def __init__(
        self,
        *,
        query: Callable[[], Query],
        timezone: Callable[[], str],
        source: str | None,
        load: Callable[..., None],
        send: Callable[[SavedQuery], str],
        on_error: Callable[[str], None],
    ) -> None:
        self._query, self._load, self._send_now = query, load, send
        self._timezone, self._tell = timezone, on_error
        self._source = source
        self._sending: DeliveryFields | None = None
        self._button = Button(
            self._pressed, on_error, label=tr("Save Query"), icon="save", expanded=False
        )
        self._menu = Picker(
            self._offered,
            changed=self._chosen,
            on_error=on_error,
            mode="menu",
            icon="open",
            label=tr("Load Query"),
            placeholder=tr("Search saved queries"),
        )
        self.buttons: list[w.Widget] = [self._button, self._menu]
        self.box = hidden(basic.column([], "custdyn-card", "custdyn-template"))

    def _make_parts(self) -> None:
        """Makes the pop-up form, when it is opened first."""
        if self.box.children:
            return
        on_error = self._tell
        self._form: TemplateForm[QueryTemplate] = TemplateForm(
            WORDS,
            shelf=lambda: self._store().queries,
            kept=self._template,
            filled=self._fill,
            on_error=on_error,
        )
        self._heading = basic.html()
        self.description = basic.text_area(
            description=tr("Description"), continuous_update=False, rows=2
        )
        self.period = basic.dropdown(list(PERIODS.items()), description=tr("Period of the query"))
        self.chart = basic.dropdown([(tr("None"), NO_CHART)], description=tr("Default chart"))
        self._undo = hidden(Button(self._form.restore, on_error, label=tr("Undo delete")))
        self._pause = hidden(Button(self._paused, on_error, label=PAUSE))
        self._run = hidden(Button(self._ran, on_error, label=tr("Run and send now")))
        look = {"icon": "cross", "tone": "quiet", "bare": True}
        close = Button(self._close, on_error, label=tr("Close the saved query"), **look)
        form = self._form
        self.title = form.name
        first, further = [form.name, form.shared, self.period], [self.description, self.chart]
        self._regularly = Button(
            lambda: self._open_sending(not self._regularly.expanded),
            on_error,
            label=tr("Send it regularly"),
            icon="down",
            tone="quiet",
            expanded=False,
        )
        act = [form.add, form.change, form.delete, self._undo, self._pause, self._run, form.said]
        self._more = basic.column([])
        self.box.children = [
            basic.row([self._heading, close], "custdyn-head"),
            basic.row(first, "custdyn-template-fields"),
            basic.row(further, "custdyn-template-fields"),
            self._regularly,
            self._more,
            basic.row(act, "custdyn-template-buttons"),
        ]

    def about(self, query: Query) -> tuple[str, str | None]:
        """Title and chart of the template that a query was loaded from, if it still is that one."""
        opened = self._form.opened if self.box.children else None
        if opened is None or opened.kept.query != query:
            return "", None
        return opened.name, opened.kept.chart

    def _store(self) -> Store:
        from custdyn_widgets.store import my_store

        return my_store()

    def _offered(self) -> Choices | str:
        try:
            store = self._store()
            saved = store.queries.all()
        except CustdynError as error:
            return str(error)
        if not saved:
            return tr("No query is saved yet")
        made = []
        for one in saved:
            mine = one.owner == store.user
            hint = ("everyone" if one.shared else tr("only me")) if mine else one.owner
            made.append(Choice(one.id, one.name, hint, MINE if mine else SHARED))
        return Choices(made)

    def _chosen(self) -> None:
        wanted = self._menu.value
        self._menu.fill([])
        saved = next((one for one in self._store().queries.all() if one.id == wanted), None)
        if saved is not None:
            self._make_parts()
            self._form.fill(saved)
            runs = self._form.mine and not saved.kept.query.output.send_to
            if not runs:  # another user's, or one that is sent: it is looked at first
                self._show(True)
                self._form.say(tr("Loaded. Press Query to run it."))
            self._load(saved.kept, run=runs)

    def _pressed(self) -> None:
        if self._button.expanded:
            self._close()
        else:
            self._make_parts()
            if self._form.opened is None:  # what was loaded can be changed, or saved once more
                self._form.fill(None)
            self._show(True)
            self._form.name.focus()

    def _close(self) -> None:
        self._show(False)
        self._button.focus()

    def _show(self, opened: bool) -> None:
        self._button.expanded = opened
        show(self.box, opened)

    def _open_sending(self, opened: bool) -> None:
        self._regularly.expanded = opened
        show(self._more, opened)

    def _fill(self, saved: SavedQuery | None) -> None:
        """Shows the rest of a template; None: a new one."""
        self._heading.value = f"<h2>{OPENED if saved else NEW}</h2>"
        names = [*PRE_CONFIGURED, *(one.name for one in self._store().charts.all())]
        self.chart.options = [(tr("None"), NO_CHART), *((name, name) for name in names)]
        kept = None if saved is None else saved.kept
        self.description.value = kept.description if kept else ""
        self.period.value = RELATIVE
        chart = kept.chart if kept else None
        self.chart.value = chart if chart in names else NO_CHART
        output = kept.query.output if kept else self._output_of_the_form()
        schedule = kept.schedule if kept else None
        self._fields.fill(output, schedule, skip_unchanged=bool(kept and kept.skip_unchanged))
        self._open_sending(output.type != "web" or schedule is not None)
        mine = self._form.mine
        show(self._pause, mine and schedule is not None)
        self._pause.label = RESUME if schedule and schedule.paused else PAUSE
        show(self._run, mine and bool(output.send_to))
        show(self._undo, self._form.gone is not None)
        self._form.say(self._store().read_only)

    def _template(self) -> QueryTemplate:
        from custdyn_widgets.store import QueryTemplate
        from custdyn_widgets.store.saved_query import frozen

        query = self._query()
        if self.period.value == FROZEN and not isinstance(query.period, Interval):
            query = frozen(query, datetime.now(UTC))
        from custdyn_widgets.delivery.settings import mail_settings

        fields, settings = self._fields, mail_settings()
        query = query.with_fields({"output": fields.output()})
        if settings is not None:
            settings.check(query.output.send_to)
        schedule = fields.schedule()
        return QueryTemplate(
            query=query,
            description=self.description.value,
            chart=self.chart.value or None,
            schedule=schedule,
            source=self._source if schedule else None,
            skip_unchanged=bool(fields.skip.value),
        )

    @property
    def _fields(self) -> DeliveryFields:
        """They are made when they are needed: few pages do."""
        if self._sending is None:
            self._sending = DeliveryFields(timezone=self._timezone, on_error=self._tell)
            self._more.children = [self._sending.box]
        return self._sending

    def _output_of_the_form(self) -> Output:
        try:
            return self._query().output
        except QueryError:  # it is said when it is saved
            return Output()

    def _paused(self) -> None:
        opened = self._form.opened
        if opened is None or opened.kept.schedule is None:
            return
        schedule = opened.kept.schedule
        turned = schedule.model_copy(update={"paused": not schedule.paused})
        kept = opened.kept.model_copy(update={"schedule": turned})
        said = tr("Paused: nothing is run by itself.") if turned.paused else tr("Resumed.")
        self._form.attempt(lambda: self._store().queries.change(opened, kept=kept), said)

    def _ran(self) -> None:
        opened = self._form.opened
        if opened is not None:
            try:
                self._form.say(self._send_now(opened))
            except CustdynError as error:
                self._form.say(str(error), fault=True)
