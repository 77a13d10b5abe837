"""CustomerDynamics: the form, Query, and the report under it."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from functools import partial
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any

import ipywidgets as w
import pandas as pd

from ..errors import Cancelled, CustdynError, NothingToExport, QueryError
from ..layout import TITLE, to_json_model
from ..query import Query
from ..report import Report
from ..result import Result, run
from ..serve import SOURCE_VARIABLE
from ..sources import Source, open_source
from .border import guarded, unexpected
from .download import Download
from .form import Form, now_in_utc
from .table import ReportTable

FILES = {"csv": "CSV", "xlsx": "XLSx", "xls": "XLS"}
MEDIA_TYPES = {
    "csv": "text/csv;charset=utf-8",
    "xls": "application/vnd.ms-excel",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WELCOME = "Choose a period, then press Query."


class CustomerDynamics(w.VBox):
    """The form and the report, in a notebook cell or a Voilà page.

    `source`: see `open_source`; left out, the source that `custdyn app` was started with, or the
    demo. `query`: what the form shows at first. `query`, `report` and `result` of the widget give
    what is on the screen: the form's query, and the last report (None before the first).
    """

    def __init__(
        self,
        source: str | Path | Source | Mapping[str, pd.DataFrame] | None = None,
        query: Query | Mapping[str, Any] | None = None,
    ) -> None:
        self.source = open_source(
            os.environ.get(SOURCE_VARIABLE, "demo") if source is None else source
        )
        if query is None:
            query = Query(group_by=("month", "package"))
        shown = query if isinstance(query, Query) else Query.model_validate(query)
        self.result: Result | None = None
        self._job: object = None
        self._form = Form(shown, now=now_in_utc)
        self._query_button = w.Button(
            description="Query", button_style="primary", tooltip="Make the report"
        )
        self._cancel = w.Button(description="Cancel", layout=w.Layout(display="none"))
        self._status = w.HTML()
        self._table = ReportTable()
        self._notes = w.HTML()
        self._downloads = {
            kind: Download(partial(self._make_file, kind), self._tell, label=f"Export to {label}")
            for kind, label in FILES.items()
        }
        self._toolbar = w.HBox(list(self._downloads.values()), layout=w.Layout(display="none"))
        self._query_button.on_click(guarded(self._asked, self._tell))
        self._cancel.on_click(guarded(self._cancelled, self._tell))
        super().__init__(self._lay_out())
        self.add_class("custdyn-app")
        self._say(WELCOME)

    @property
    def query(self) -> Query:
        """The query in the form. Raises QueryError where it is not valid."""
        return Query.model_validate(self._form.values())

    @property
    def report(self) -> Report | None:
        """The report on the screen."""
        return None if self.result is None else self.result.report

    def _lay_out(self) -> list[w.Widget]:
        style = files(__package__).joinpath("static/app.css").read_text("utf-8")
        cards = w.HBox([self._form.filters, self._form.output])
        actions = w.HBox([self._query_button, self._cancel, self._status])
        result = w.VBox([self._toolbar, self._table, self._notes])
        for box, name in ((cards, "cards"), (actions, "actions"), (result, "result")):
            box.add_class(f"custdyn-{name}")
        self._toolbar.add_class("custdyn-toolbar")
        return [w.HTML(f"<style>{style}</style><h1>{TITLE}</h1>"), cards, actions, result]

    def _asked(self, _button: object) -> None:
        try:
            query = self.query
        except QueryError as error:
            self._refused(error)
            return
        self._form.show_faults([])
        self._say("Starting …")
        self._cancel.layout.display = ""
        job = self._job = object()  # the latest Query wins
        threading.Thread(target=self._run, args=(query, job), daemon=True).start()

    def _run(self, query: Query, job: object) -> None:
        """Makes the report in a thread of its own: only traits are set from here."""

        def progress(words: str) -> None:
            if job is not self._job:
                raise Cancelled
            self._say(f"{words[0].upper()}{words[1:]} …")

        try:
            result = run(query, self.source, progress=progress)
        except Cancelled:
            if job is self._job:
                self._say("Cancelled.")
        except QueryError as error:
            self._refused(error)
        except CustdynError as error:
            self._tell(str(error))
        except Exception as error:
            self._tell(unexpected(error))
        else:
            if job is self._job:
                self._show(result)
        finally:
            if job is self._job:
                self._cancel.layout.display = "none"

    def _show(self, result: Result) -> None:
        report = result.report
        self.result = result
        self._table.data = to_json_model(report)
        self._toolbar.layout.display = ""
        notes = "".join(f"<li>{escape(str(note))}</li>" for note in report.notes)
        self._notes.value = f'<ul class="custdyn-notes">{notes}</ul>' if notes else ""
        self._say(
            f"{report.first} – {report.last} {report.query.timezone} · {report.query.currency}"
        )
        if report.query.output.type in self._downloads:
            self._downloads[report.query.output.type].send_file()

    def _cancelled(self, _button: object) -> None:
        self._job = None
        self.source.interrupt()
        self._cancel.layout.display = "none"
        self._say("Cancelled.")

    def _refused(self, error: QueryError) -> None:
        homeless = self._form.show_faults(error.faults)
        count = len(error.faults)
        plural = "s" if count > 1 else ""
        more = "; ".join(str(fault) for fault in homeless)
        self._tell(f"{count} field{plural} to correct. {more}")

    def _make_file(self, kind: str) -> tuple[str, str, bytes]:
        """A file of the report that is on the screen: nothing is queried again."""
        if self.result is None:
            raise NothingToExport
        return self.result.file_name(kind), MEDIA_TYPES[kind], self.result.to_file(kind)

    def _say(self, words: str) -> None:
        self._status.value = f'<span role="status">{escape(words)}</span>'

    def _tell(self, words: str) -> None:
        self._status.value = f'<span role="alert" class="custdyn-failed">{escape(words)}</span>'
