"""Deliveries: the reader's jobs, mails and archived reports."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any

import traitlets

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.ui.error_boundary import guarded, unexpected
from custdyn_widgets.ui.jobs import in_background
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget

if TYPE_CHECKING:
    from custdyn_widgets.store import Job, Mail, Run, Store

REST = 2.0
"""Seconds between two looks at the store while the list is open."""
SHOWN = 50
"""The newest of each kind that are shown."""


class Deliveries(Widget):
    """Shows the reader's jobs, mails and runs; `on_error` receives errors in one line.

    `changed` is called with how many jobs are open whenever the store has been looked at.
    """

    _esm = script("deliveries")
    jobs = traitlets.List().tag(sync=True)
    mails = traitlets.List().tag(sync=True)
    runs = traitlets.List().tag(sync=True)
    compared = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(
        self,
        *,
        changed: Callable[[int], None],
        on_error: Callable[[str], None],
        **traits: Any,
    ) -> None:
        super().__init__(**traits)
        self._changed, self._tell = changed, on_error
        self._shut = threading.Event()
        self._shut.set()
        self._wake = threading.Event()
        self.on_msg(guarded(self._received, on_error))

    def watch(self) -> None:
        """Looks at the store again and again until `rest`."""
        if self._shut.is_set():
            self._shut.clear()
            in_background(self._watch, stop=self.rest)
        else:
            self._wake.set()

    def rest(self) -> None:
        """Looks no more."""
        self._shut.set()
        self._wake.set()

    def look(self) -> None:
        """Shows what the store holds now."""
        from custdyn_widgets.store import my_store

        store = my_store()
        open_jobs = self._show_jobs(store)
        self.mails = [_mail(one) for one in store.outbox.all(store.user, SHOWN)]
        self.runs = [_run(store, one) for one in store.archive.all(store.user, SHOWN)]
        self._changed(open_jobs)

    def _show_jobs(self, store: Store) -> int:
        from custdyn_widgets.delivery.sending import now
        from custdyn_widgets.delivery.worker import SEEN

        jobs = store.jobs.all(store.user, SHOWN)
        waiting = {one.source for one in jobs if one.state == "queued"}
        idle = [one for one in waiting if not store.jobs.has_worker(one, now() - SEEN)]
        self.note = "".join(
            f"No worker takes jobs of {one}: start custdyn worker. " for one in idle
        )
        self.jobs = [_job(one) for one in jobs]
        return sum(one["open"] for one in self.jobs)

    def _watch(self) -> None:
        while not self._shut.is_set() and self.comm is not None:
            self._wake.clear()
            try:
                self.look()
            except CustdynError as error:
                self.note = str(error)
            except Exception as error:
                self.note = unexpected(error)
                return
            self._wake.wait(REST)

    def _received(self, _widget: object, content: object, _buffers: object) -> None:
        if not isinstance(content, dict):
            return
        act = {
            "cancel": self._cancel,
            "retry": self._retry,
            "file": self._hand_over,
            "compare": self._compare_runs,
        }.get(str(content.get("type")))
        name, other = content.get("name"), content.get("other")
        if act is None or not isinstance(name, str):
            return
        from custdyn_widgets.store import my_store

        try:
            act(my_store(), name, other if isinstance(other, str) else "")
        except CustdynError as error:
            self._tell(str(error))
        self._wake.set()

    def _cancel(self, store: Store, name: str, _other: str) -> None:
        from custdyn_widgets.delivery.sending import now

        store.jobs.cancel(name, store.user, now())

    def _retry(self, store: Store, name: str, _other: str) -> None:
        from custdyn_widgets.delivery.sending import now

        for mail in store.outbox.all(store.user):
            if mail.id == name:
                store.outbox.retry(mail, now())

    def _hand_over(self, store: Store, name: str, _other: str) -> None:
        from custdyn_widgets.files import MEDIA_TYPES

        run = store.archive.find(name, store.user)
        media = MEDIA_TYPES[run.file_name.rpartition(".")[2]]
        file = store.archive.contents(run).file
        self.send({"type": "file", "name": run.file_name, "media": media}, buffers=[file])

    def _compare_runs(self, store: Store, name: str, other: str) -> None:
        from custdyn_widgets.delivery.restatements import restated

        self.compared = {}
        first, second = (store.archive.find(one, store.user) for one in (name, other))
        cells = [vars(cell) for cell in restated(store.archive, first, second)]
        dates = sorted((first.as_of, second.as_of))
        self.compared = {"title": first.title, "between": [*map(_when, dates)], "cells": cells}


def open_jobs(store: Store) -> int:
    """How many of the reader's jobs are being made, or wait for it."""
    return sum(_job(one)["open"] for one in store.jobs.all(store.user, SHOWN))


def _job(job: Job) -> dict[str, Any]:
    late = " (late)" if job.late else ""
    return {
        "id": job.id,
        "title": job.title + late,
        "when": _when(job.queued_at),
        "state": job.state,
        "words": job.words,
        "share": job.share,
        "open": job.state in ("queued", "running"),
    }


def _mail(mail: Mail) -> dict[str, Any]:
    return {
        "id": mail.id,
        "title": mail.title,
        "recipient": mail.recipient,
        "when": _when(mail.ended_at or mail.queued_at),
        "state": mail.state,
        "words": mail.answer,
    }


def _run(store: Store, run: Run) -> dict[str, Any]:
    states = [mail.state for mail in store.outbox.of(run.id)]
    outcome = [f"{states.count(one)} {one}" for one in dict.fromkeys(sorted(states))]
    return {
        "id": run.id,
        "title": run.title + (" (late)" if run.late else ""),
        "group": run.template_id or run.title,
        "when": _when(run.made_at),
        "as_of": _when(run.as_of),
        "file": run.file_name,
        "hash": run.result[:12],
        "words": ", ".join(outcome),
    }


def _when(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M:%S} UTC"
