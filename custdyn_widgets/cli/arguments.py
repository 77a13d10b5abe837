"""Arguments that several commands take."""

from __future__ import annotations

import argparse
from datetime import datetime
from typing import Any, NoReturn

from custdyn_widgets.environment import MEMORY_VARIABLE
from custdyn_widgets.query.validators import instant
from custdyn_widgets.sources.memory_budget import NoSize, size

CALL_AT_FAULT = 2
SOURCES = (
    "a folder, a file *.duckdb or *.sqlite, postgresql://…, spark://…, or the built-in sample or "
    "demo"
)
NAME = {"metavar": "NAME", "help": "its name in any case, or its id"}


class Parser(argparse.ArgumentParser):
    """A parser whose faults are one line, like all the others."""

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
