"""The archive on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable

from custdyn_widgets.cli.output import check_ending, refuse_binary, show, write
from custdyn_widgets.delivery.restatements import restated
from custdyn_widgets.delivery.sending import now
from custdyn_widgets.delivery.worker import retention
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.report import utc_text
from custdyn_widgets.store import Run, my_store


def _list(_parsed: argparse.Namespace) -> int:
    store = my_store()
    return show(map(_line, store.archive.all(store.user)), "no report was sent yet")


def _show(parsed: argparse.Namespace) -> int:
    store = my_store()
    run = store.archive.find(parsed.run, store.user)
    query = Query.model_validate(json.loads(store.archive.contents(run).report)["query"])
    print(_line(run))
    print(f"source {run.source}, as of {utc_text(run.as_of)}")
    print(f"data fingerprint {run.fingerprint}\nresult hash {run.result}")
    for mail in store.outbox.of(run.id):
        print(f"{mail.recipient}: {mail.state}" + (f", {mail.answer}" if mail.answer else ""))
    sys.stdout.write(query.to_toml())
    return 0


def _file(parsed: argparse.Namespace) -> int:
    store = my_store()
    run = store.archive.find(parsed.run, store.user)
    kind = run.file_name.rpartition(".")[2]
    check_ending(parsed.output, kind)
    refuse_binary(kind, parsed.output)
    write(store.archive.contents(run).file, parsed.output)
    return 0


def _compare(parsed: argparse.Namespace) -> int:
    store = my_store()
    runs = [store.archive.find(name, store.user) for name in (parsed.run, parsed.other)]
    changed = restated(store.archive, *runs)
    for cell in changed:
        print(cell)
    if not changed:
        print("nothing was restated")
    return 1 if changed else 0


def _prune(_parsed: argparse.Namespace) -> int:
    store = my_store()
    keep = retention()
    gone = store.archive.prune(now(), days=keep.days, count=keep.most, owner=store.user)
    print(f"deleted: {gone}")
    return 0


def _line(run: Run) -> str:
    late = " (late)" if run.late else ""
    when = utc_text(run.made_at.replace(microsecond=0))
    return f"{run.id[:8]}\t{when}\t{run.title}{late}\t{run.file_name}\t{run.result[:12]}"


ARCHIVE: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "file": _file,
    "compare": _compare,
    "prune": _prune,
}
