"""The store: templates, jobs, mails and the archive."""

from __future__ import annotations

import getpass
import os
from contextlib import suppress
from functools import cache
from pathlib import Path

import platformdirs

from custdyn_widgets.environment import STORE_VARIABLE, user_name
from custdyn_widgets.files import private_folder
from custdyn_widgets.store.archive import Archive, Contents, Run
from custdyn_widgets.store.database import Database, StoreError
from custdyn_widgets.store.jobs import Job, JobQueue
from custdyn_widgets.store.outbox import Mail, Outbox
from custdyn_widgets.store.saved_query import QueryTemplate, TemplateFile
from custdyn_widgets.store.templates import Saved, TemplateStore, template_table
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, ChartSpec

SavedChart = Saved[ChartSpec]
SavedQuery = Saved[QueryTemplate]
_charts = template_table("chart_templates")
_queries = template_table("query_templates")


class Store:
    """What is kept of one user, and what others share: `charts` and `queries`.

    `jobs` are the reports that are to be made and sent, `outbox` the mails, `archive` what was
    sent: of all users, for those who work on them.

    `url` is a database URL of SQLAlchemy or the path of an SQLite file; `user` is who asks.
    Raises StoreError where it cannot be opened; what a newer version wrote is only read.
    """

    def __init__(self, url: str | Database, user: str) -> None:
        self.user = user
        self._database = Database(url) if isinstance(url, str) else url
        self.charts: TemplateStore[ChartSpec] = TemplateStore(
            self._database,
            user,
            _charts,
            what="chart template",
            to_text=ChartSpec.to_json,
            from_text=ChartSpec.model_validate_json,
            built_in=PRE_CONFIGURED,
        )
        self.queries: TemplateStore[QueryTemplate] = TemplateStore(
            self._database,
            user,
            _queries,
            what="template",
            to_text=QueryTemplate.model_dump_json,
            from_text=QueryTemplate.model_validate_json,
        )
        self.jobs = JobQueue(self._database)
        self.outbox = Outbox(self._database)
        self.archive = Archive(self._database)

    def of(self, user: str) -> Store:
        """The same store as another user has it: for what works for all."""
        return self if user == self.user else Store(self._database, user)

    @property
    def read_only(self) -> str:
        """Why nothing can be changed; empty where it can."""
        return self._database.read_only

    def close(self) -> None:
        """Closes the database."""
        self._database.close()


@cache
def my_store() -> Store:
    """The store of the user that runs this: see `environment`."""
    user = user_name() or getpass.getuser()
    return Store(os.environ.get(STORE_VARIABLE) or str(_default_file()), user)


def _default_file() -> Path:
    folder = platformdirs.user_data_path("custdyn_widgets")
    with suppress(OSError):  # said when the file is opened
        private_folder(folder)
    return folder / "store.sqlite"


__all__ = [
    "Archive",
    "Contents",
    "Job",
    "Mail",
    "QueryTemplate",
    "Run",
    "Saved",
    "SavedChart",
    "SavedQuery",
    "Store",
    "StoreError",
    "TemplateFile",
    "TemplateStore",
    "my_store",
]
