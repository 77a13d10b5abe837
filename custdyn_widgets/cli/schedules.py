"""Schedules and workers on the command line."""

from __future__ import annotations

import argparse
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from custdyn_widgets.cli.mail import prepare, sent_of
from custdyn_widgets.cli.output import check_ending, show
from custdyn_widgets.cli.templates import saved_template
from custdyn_widgets.delivery.jobs import ask_by_mail
from custdyn_widgets.delivery.sending import Parcel, chart_of, composed, now, unaddressed
from custdyn_widgets.delivery.settings import settings_or_refuse
from custdyn_widgets.delivery.worker import Worker
from custdyn_widgets.files import write_atomically
from custdyn_widgets.model.time_zones import zone
from custdyn_widgets.query.schedule import next_runs
from custdyn_widgets.result import run
from custdyn_widgets.serve.parent import end_with_parent
from custdyn_widgets.sources import open_source, source_text
from custdyn_widgets.store import SavedQuery, StoreError, my_store
from custdyn_widgets.store.jobs import ENDED, new_id
from custdyn_widgets.views.progress import telling, terminal


def run_due(parsed: argparse.Namespace) -> int:
    """Claims what is due, runs it, sends what is queued; exit code 1 where something failed."""
    return 0 if _worker(parsed, schedules=True).once() else 1


def work(parsed: argparse.Namespace) -> int:
    """Works until it is stopped, with schedules or without."""
    if parsed.with_parent:
        end_with_parent()
    worker = _worker(parsed, schedules=parsed.command == "scheduler")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    print(f"{parsed.command} of {parsed.source}: stop with Ctrl+C", flush=True)
    try:
        worker.forever()
    except KeyboardInterrupt:
        worker.stop()
    return 0


def _worker(parsed: argparse.Namespace, *, schedules: bool, owner: str | None = None) -> Worker:
    open_source(parsed.source)  # a wrong name is said here, not in every job
    settings = settings_or_refuse()
    return Worker(
        *(my_store(), settings, parsed.source), schedules=schedules, on_event=_tell, owner=owner
    )


def _tell(words: str) -> None:
    print(words, flush=True)


def _list(_parsed: argparse.Namespace) -> int:
    return show(_lines(), "no schedules yet: Save Query on the page makes one")


def _lines() -> Iterator[str]:
    store = my_store()
    for saved in store.queries.all():
        schedule = saved.kept.schedule
        if schedule is None or saved.owner != store.user:
            continue
        to = ", ".join(saved.kept.query.output.send_to)
        timezone = saved.kept.query.timezone
        yield f"{saved.name}\t{schedule.words}, {timezone}\t{to}"
        for at in () if schedule.paused else next_runs(schedule, timezone, now()):
            yield f"  {at.astimezone(zone(timezone)):%a %Y-%m-%d %H:%M %Z}"


def _pause(parsed: argparse.Namespace) -> int:
    return _set_paused(parsed, paused=True)


def _resume(parsed: argparse.Namespace) -> int:
    return _set_paused(parsed, paused=False)


def _set_paused(parsed: argparse.Namespace, *, paused: bool) -> int:
    saved = _scheduled(parsed)
    schedule = saved.kept.schedule
    kept = saved.kept.model_copy(
        update={"schedule": schedule and schedule.model_copy(update={"paused": paused})}
    )
    my_store().queries.change(saved, kept=kept)
    print(f"{'paused' if paused else 'resumed'}: {saved.name}")
    return 0


def _run(parsed: argparse.Namespace) -> int:
    saved = _scheduled(parsed)
    store, settings = prepare(saved.kept.query)
    worker = _worker(parsed, schedules=False, owner=store.user)
    job = ask_by_mail(
        *(store, settings, saved.kept),
        title=saved.name,
        source=source_text(parsed.source) or "",
        template_id=saved.id,
    )
    fine = worker.once()
    found = store.jobs.find(job.id)
    while found is not None and found.state not in ENDED:  # somebody else runs it
        time.sleep(1)
        fine, found = worker.once(), store.jobs.find(job.id)
    return sent_of(store, job.id) if fine else 1


def _dry_run(parsed: argparse.Namespace) -> int:
    saved = _scheduled(parsed)
    check_ending(parsed.output, "eml", saved.kept.query.output.type)
    with telling(terminal()) as progress:
        result = run(unaddressed(saved.kept.query), parsed.source, progress=progress)
    path, kind = Path(parsed.output), saved.kept.query.output.type
    made = result.to_file(kind)
    if path.suffix.lower() == ".eml":
        store = my_store()
        chart = chart_of(store, saved.kept.chart)
        parcel = Parcel(result, (), saved.name, store.user, new_id(), chart)
        made = composed(settings_or_refuse(), parcel, now(), made)
    write_atomically(path, made)
    print(f"written, not sent: {path}")
    return 0


def _scheduled(parsed: argparse.Namespace) -> SavedQuery:
    saved = saved_template(parsed)
    if saved.kept.schedule is None:
        raise StoreError(f"{saved.name} has no schedule")
    return saved


SCHEDULES: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "pause": _pause,
    "resume": _resume,
    "run": _run,
    "dry-run": _dry_run,
}
