"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from datetime import datetime
from importlib.metadata import version
from typing import Any, NoReturn

from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.query.validators import instant
from custdyn_widgets.sources.memory_budget import NoSize, size

CALL_AT_FAULT = 2
SOURCES = (
    "a folder, a file *.duckdb or *.sqlite, postgresql://…, spark://…, or the built-in sample or "
    "demo"
)
PROGRAM = "custdyn"
EXAMPLES = {
    "": (
        "init ./export",
        "check --source ./export",
        'report --source sample --set \'period={from = "2017-01-01", to = "2017-12-31"}\'',
        "app --source ./export --open",
    ),
    "report": (
        "report --source ./export",
        "report --source demo --set period=last_year --output last-year.xlsx",
        "report --source ./export --query query.toml --as-of 2026-10-01 --format json",
        "report --source ./export --format xlsx --send-to ana@example.org",
    ),
    "cdrs": ("cdrs --source ./export --set period=last_month --output calls.csv",),
    "orig-term": ("orig-term --source ./export --split service",),
    "templates": ("templates list", "templates export 'Month end' --output month-end.toml"),
    "templates run": ("templates run 'Month end' --source ./export --output october.xlsx",),
    "schedules": ("schedules list", "schedules dry-run 'Month end' --source demo --output a.eml"),
    "run-due": ("run-due --source ./export",),
    "scheduler": ("scheduler --source ./export",),
    "worker": ("worker --source ./export",),
    "outbox": ("outbox list", "outbox retry 3f2a"),
    "archive": ("archive list", "archive file 3f2a --output october.xlsx"),
    "verify": ("verify october.xlsx --source ./export",),
    "check": (
        "check --source ./export",
        "check --source ./export --format json",
        "check --source ./export --entries duplicates --output duplicates.csv",
    ),
    "init": ("init ./export", "init ./my_system --mapping ./exports/*.csv"),
    "connect": (
        "connect magnusbilling --from mysql://reader@db/mbilling --check",
        "connect magnusbilling --from mysql://reader@db/mbilling --to ./billing",
        "connect ./my_system --files ./exports --to ./billing",
        "connect astpp --show --to ./my_astpp",
    ),
    "demo": ("demo magnusbilling",),
    "cache": ("cache", "cache --clear"),
    "completion": ("completion bash > ~/.local/share/bash-completion/completions/custdyn",),
    "rollup": ("rollup --source ./export --to ./by-hour",),
    "crosscheck": ("crosscheck --source ./export --source postgresql://localhost/billing",),
    "app": ("app --source demo --open", "app --source ./export --port 8900 --most 5"),
}
"""What each command is called with, by its name."""
NAME = {"metavar": "NAME", "help": "its name in any case, or its id"}


class Help(argparse.HelpFormatter):
    """Help whose examples stay lines of their own."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        examples = text.startswith("examples:")
        return text if examples else super()._fill_text(text, width, indent)


class Version(argparse.Action):
    """Prints the version of the package that is installed, and ends."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        """Prints the version, and ends."""
        print(f"{parser.prog} {version('custdyn-widgets')}")
        parser.exit()


class Parser(argparse.ArgumentParser):
    """A parser whose faults are one line, like all the others, and whose help ends in examples."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=Help, **options)
        name = self.prog.removeprefix(PROGRAM).strip()
        if shown := EXAMPLES.get(name):
            self.epilog = "examples:\n" + "".join(f"  {PROGRAM} {one}\n" for one in shown)

    def error(self, message: str) -> NoReturn:
        """Says what is wrong with the call."""
        self.exit(CALL_AT_FAULT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def add_source(command: argparse.ArgumentParser) -> None:
    """What everything that reads data takes."""
    command.add_argument("--source", required=True, metavar="SRC", help=SOURCES)
    add_resources(command)


def add_resources(command: argparse.ArgumentParser) -> None:
    """How much memory it may take, and whether tables are kept on the disk."""
    command.add_argument(
        "--no-cache",
        action="store_true",
        help="do not keep CSV and SQLite tables for the next call, nor use those kept",
    )
    command.add_argument(
        "--memory",
        type=_memory,
        metavar="SIZE",
        help="what a report may take, such as 512M or 4G: clients come in slices that fit; "
        f"default: {MEMORY_VARIABLE}, or a quarter of the machine's",
    )


def add_criteria(command: argparse.ArgumentParser, *, of_file: bool = True) -> None:
    """What everything that takes a query takes, from a file or not."""
    add_source(command)
    add_query(command, of_file=of_file)
    command.add_argument("--output", metavar="PATH", help="a file, or - for standard output")


def add_query(command: argparse.ArgumentParser, *, of_file: bool = True) -> None:
    """What is asked, from a file or not, and as of when."""
    if of_file:
        command.add_argument(
            "--query",
            metavar="FILE",
            help="the query, a TOML or JSON file; default: this year by month",
        )
    command.add_argument(
        "--as-of",
        type=_instant,
        metavar="INSTANT",
        help="as it stood then, such as 2026-10-01 or 2026-10-01T12:00:00Z (UTC without an "
        "offset); default: now",
    )
    command.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="FIELD=VALUE",
        help="change a field of the query, such as currency=USD or "
        '\'group_by=["month","package"]\'; may be repeated',
    )


def _memory(text: str) -> str:
    try:
        size(text)
    except NoSize as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _instant(text: str) -> datetime:
    try:
        return instant(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} {error}") from None


def actions_of(parser: Any, dest: str = "action") -> Any:
    """The commands of a command; `dest` names the one that was given."""
    return parser.add_subparsers(
        required=True, metavar=dest.upper(), dest=dest, parser_class=Parser
    )
