"""The arguments of schedules, mails and the archive."""

from __future__ import annotations

from argparse import SUPPRESS
from typing import Any

from custdyn_widgets.cli.arguments import NAME, actions_of, add_source

RUN = {"metavar": "RUN", "help": "the id of a run, or the beginning of it"}


def add_work(commands: Any) -> None:
    """Adds the commands to those of the command line."""
    _add_schedules(commands)
    for name, words in (
        ("run-due", "Claims what is due, runs it, sends what is queued, and ends. For cron and its "
         "like: any number of machines may call it."),
        ("scheduler", "Does what run-due does, again and again, until it is stopped."),
        ("worker", "Runs the reports that pages ask for by mail, and sends what is queued, until "
         "it is stopped."),
    ):  # fmt: skip
        command = commands.add_parser(name, help=words.partition(",")[0].lower(), description=words)
        add_source(command)
        command.add_argument("--with-parent", action="store_true", help=SUPPRESS)
    _add_outbox(commands)
    _add_archive(commands)


def _add_schedules(commands: Any) -> None:
    schedules = commands.add_parser(
        "schedules",
        help="saved queries that are sent by themselves",
        description="Lists the schedules of your saved queries with their next runs; pauses and "
        "resumes them; runs one now, or to a file without sending anything.",
    )
    actions = actions_of(schedules)
    actions.add_parser("list", help="your schedules, with the next five runs of each")
    for name, words in (("pause", "keep a schedule, but run nothing"), ("resume", "run it again")):
        actions.add_parser(name, help=words).add_argument("name", **NAME)
    for name, words in (("run", "run it and send it now"), ("dry-run", "run it to a file")):
        command = actions.add_parser(name, help=words)
        command.add_argument("name", **NAME)
        add_source(command)
        if name == "dry-run":
            command.add_argument(
                "--output",
                required=True,
                metavar="PATH",
                help="the report, or with the ending .eml the whole mail",
            )


def _add_outbox(commands: Any) -> None:
    outbox = commands.add_parser(
        "outbox",
        help="mails, and what became of them",
        description="Lists mails with their state; sends what is due; tries again what failed.",
    )
    actions = actions_of(outbox)
    listed = actions.add_parser("list", help="your newest mails, newest first")
    sent = actions.add_parser("flush", help="send those of yours that are due")
    for one in (listed, sent):
        one.add_argument("--all", action="store_true", help="those of all users of the store")
    again = actions.add_parser("retry", help="send mails again that failed")
    again.add_argument("mails", nargs="+", metavar="MAIL", help="ids, or the beginnings of them")


def _add_archive(commands: Any) -> None:
    archive = commands.add_parser(
        "archive",
        help="reports that were sent",
        description="Lists the reports that were sent; shows one, or hands over its file; lays two "
        "side by side; deletes what is too old.",
    )
    actions = actions_of(archive)
    actions.add_parser("list", help="your runs, newest first")
    actions.add_parser("show", help="a run and its mails").add_argument("run", **RUN)
    file = actions.add_parser("file", help="the file of a run")
    file.add_argument("run", **RUN)
    file.add_argument("--output", required=True, metavar="PATH", help="a file, or -")
    compare = actions.add_parser("compare", help="cells that changed after the fact, old → new")
    compare.add_argument("run", **RUN)
    compare.add_argument("other", **RUN)
    actions.add_parser("prune", help="delete what CUSTDYN_KEEP_DAYS and CUSTDYN_KEEP_RUNS exclude")
