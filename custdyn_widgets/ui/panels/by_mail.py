"""Reports by mail from the page: Query with Send to queues a job."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from custdyn_widgets.errors import CustdynError, FieldFault, QueryError
from custdyn_widgets.model.cells import many
from custdyn_widgets.query.query import Query
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.panels.deliveries import Deliveries, open_jobs
from custdyn_widgets.ui.widgets import basic
from custdyn_widgets.ui.widgets.basic import hidden, show
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.store import QueryTemplate, SavedQuery

FIELD = "output.send_to"


class ByMail:
    """`button` opens and closes `box`, the list of what is made and sent.

    `source` is what a worker opens the source by; None: it cannot be opened elsewhere.
    """

    def __init__(self, source: str | None, on_error: Callable[[str], None]) -> None:
        self._source = source
        self.button = Button(
            self._turn, on_error, label=tr("Sent reports"), icon="mail", expanded=False, hint=HINT
        )
        self._tell = on_error
        self.box = hidden(basic.column([], "custdyn-card", "custdyn-sent"))

    def ask(self, query: Query, title: str, chart: str | None) -> str:
        """Queues the report of a query with addresses; the message to the reader.

        Raises QueryError where that cannot be: no mail here, a foreign address, too many mails.
        """
        from custdyn_widgets.store import QueryTemplate

        return self._queue(QueryTemplate(query=query, chart=chart), title)

    def send(self, saved: SavedQuery) -> str:
        """Queues the report of a saved query; see `ask`."""
        return self._queue(saved.kept, saved.name, saved.id)

    @cached_property
    def list(self) -> Deliveries:
        """The list, made when it is opened first."""
        made = Deliveries(changed=self._counted, on_error=self._tell)
        look = {"icon": "cross", "tone": "quiet", "bare": True}
        close = Button(self.close, self._tell, label=tr("Close sent reports"), **look)
        heading = basic.html(f"<h2>{tr('Sent reports')}</h2>")
        self.box.children = [basic.row([heading, close], "custdyn-head"), made]
        return made

    def look(self) -> None:
        """Counts once what is being made, where mail is set up."""
        from custdyn_widgets.delivery.settings import mail_settings  # it takes its time to come
        from custdyn_widgets.store import my_store

        if mail_settings() is not None:
            self._counted(open_jobs(my_store()))

    def count_in_background(self) -> None:
        """Counts what is being made, in a thread of its own."""

        def look() -> None:
            with suppress(CustdynError):  # the list says it, once it is opened
                self.look()

        in_background(look, stop=lambda: None)

    def _queue(self, template: QueryTemplate, title: str, template_id: str | None = None) -> str:
        from custdyn_widgets.delivery.jobs import ask_by_mail
        from custdyn_widgets.delivery.settings import mail_settings, settings_or_refuse
        from custdyn_widgets.store import my_store

        if mail_settings() is None:
            raise QueryError([FieldFault(FIELD, None, NO_MAIL)])
        if self._source is None:
            what = tr("needs a source by its name or path, which a worker can open, too")
            raise QueryError([FieldFault(FIELD, None, what)])
        try:
            ask_by_mail(
                *(my_store(), settings_or_refuse(), template),
                title=title,
                source=self._source,
                template_id=template_id,
            )
        except QueryError:
            raise
        except CustdynError as error:  # no mail here, or no store
            raise QueryError([FieldFault(FIELD, None, str(error))]) from None
        self._open(True)
        count = len(template.query.output.send_to)
        to = many(count, "address", "addresses")
        return tr("Queued: it will be sent to {to}, even when this page is closed.", to=to)

    def _turn(self) -> None:
        self._open(not self.button.expanded)

    def _open(self, opened: bool) -> None:
        self.button.expanded = opened
        show(self.box, opened)
        if opened:
            self.list.watch()
        elif "list" in vars(self):
            self.list.rest()

    def close(self) -> None:
        """Looks no more: the page is closed."""
        self._open(False)

    def _counted(self, open_jobs: int) -> None:
        label = tr("Sent reports")
        self.button.label = f"{label} ({open_jobs})" if open_jobs else label


NO_MAIL = tr("mail is not set up here; ask who runs this page (docs/mail.md)")
HINT = tr("Jobs, deliveries and the archive")
