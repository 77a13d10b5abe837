"""The arguments of the command line."""

from __future__ import annotations

import argparse

from custdyn_widgets.cli.arguments import (
    NAME,
    PROGRAM,
    SOURCES,
    Parser,
    Version,
    actions_of,
    add_criteria,
    add_query,
    add_resources,
    add_source,
)
from custdyn_widgets.cli.connect_arguments import add_connect
from custdyn_widgets.cli.output import CHECK_FORMATS, FORMATS
from custdyn_widgets.cli.work_arguments import add_work
from custdyn_widgets.model.definitions import FINDINGS, GRAINS, LIST_FORMATS
from custdyn_widgets.query.fields import SPLITS
from custdyn_widgets.serve.readers import MAX_AUTOMATIC

SHELLS = ("bash", "zsh", "fish")
READY, MAX_READY = 2, 64


def parser() -> argparse.ArgumentParser:
    """The parser of the command line; `command` names the command that was given."""
    made = Parser(
        prog=PROGRAM,
        description="Customer dynamics: clients, balances, refills, use and packages by bucket. "
        "Exit codes: 0 fine, 1 the data is at fault, 2 the call is at fault.",
    )
    made.add_argument("--version", action=Version, nargs=0, help="print the version and end")
    commands = actions_of(made, "command")

    report = commands.add_parser(
        "report",
        help="make a report",
        description="Makes a report and writes it to a file or standard output.",
    )
    add_criteria(report)
    _report_arguments(report)

    cdrs = commands.add_parser(
        "cdrs",
        help="list pay-as-you-go entries",
        description="Lists the pay-as-you-go entries of the query's period and clients, newest "
        "first.",
    )
    add_criteria(cdrs)
    orig_term = commands.add_parser(
        "orig-term",
        help="add up pay-as-you-go entries by direction",
        description="Entries, quantity and amount by bucket (month, if the query names no unit) "
        "for orig and term, and the margin.",
    )
    add_criteria(orig_term)
    orig_term.add_argument("--split", choices=SPLITS, help="a line for each of them")
    for listing in (cdrs, orig_term):
        _add_list_format(listing)

    templates = commands.add_parser(
        "templates",
        help="saved queries",
        description="Lists, shows, runs, exports, imports and deletes saved queries: your own, and "
        "those that others share. CUSTDYN_STORE names another store than the one in your data "
        "folder.",
    )
    actions = actions_of(templates)
    actions.add_parser("list", help="names, owners and descriptions")
    shown = actions.add_parser("show", help="a template as TOML")
    ran = actions.add_parser("run", help="make the report of a template")
    exported = actions.add_parser("export", help="a template to a TOML file")
    imported = actions.add_parser("import", help="a template from a TOML file")
    deleted = actions.add_parser("delete", help="delete a template of yours")
    for one in (shown, ran, exported, deleted):
        one.add_argument("name", **NAME)
    imported.add_argument("file", metavar="FILE", help="a file that export made")
    exported.add_argument("--output", required=True, metavar="PATH", help="a file, or -")
    add_criteria(ran, of_file=False)
    _report_arguments(ran)

    add_work(commands)

    verify = commands.add_parser(
        "verify",
        help="make a file's report again and compare",
        description="Makes the report of a JSON, XLSX or XLS file again, as of its instant, and "
        "says: same (exit 0), data changed or definition changed (exit 1), with the cells that "
        "differ, old → new.",
    )
    verify.add_argument("file", metavar="FILE", help="a file that custdyn report made")
    add_source(verify)

    check = commands.add_parser(
        "check",
        help="what is in a source, and what is wrong with it",
        description="Says what is there, then every data error, then what is odd: kinds and signs "
        "that are hardly meant, entries of unknown clients, doubles, entries from before a "
        "client's creation, days without entries, clients in a currency without rates.",
    )
    add_source(check)
    check.add_argument(
        "--entries",
        choices=FINDINGS,
        metavar="WHAT",
        help=f"list the entries that show one of: {', '.join(FINDINGS)}",
    )
    check.add_argument(
        "--format",
        choices=(*CHECK_FORMATS, *LIST_FORMATS),
        help=f"default: {CHECK_FORMATS[0]}; of entries: the ending of --output, else csv",
    )
    check.add_argument("--output", default="-", metavar="PATH", help="default: standard output")

    cache = commands.add_parser(
        "cache",
        help="tables that are kept for the next call",
        description="Lists the CSV and SQLite tables that are kept as Parquet, so that the next "
        "report does not read their files again: size, when last used, table and file.",
    )
    cache.add_argument("--clear", action="store_true", help="delete those that are not in use")

    begun = commands.add_parser(
        "init",
        help="a folder to put your own data in",
        description="Makes a folder with the five tables as CSV files, two example rows in each, "
        "and README.md, which describes their columns. With --mapping: system.toml and SELECTs for "
        "custdyn connect. No file is replaced.",
    )
    begun.add_argument("folder", metavar="DIR", help="it is made where it is not there")
    begun.add_argument(
        "--mapping",
        nargs="+",
        metavar="FILE",
        help="CSV exports of yours: write a mapping of them for custdyn connect, to be filled in",
    )

    add_connect(commands)

    completion = commands.add_parser(
        "completion",
        help="what makes a shell complete commands",
        description="Prints what the shell has to read so that Tab completes commands, options "
        "and files.",
    )
    completion.add_argument("shell", choices=SHELLS)

    rollup = commands.add_parser(
        "rollup",
        help="fold a ledger by the hour",
        description="Writes the tables of a source to a folder, its ledger folded to client × UTC "
        "hour × kind × package: reports whose every edge is on a whole hour are the same from it. "
        "Run again it reads only what was recorded since, where the ledger says when.",
    )
    add_source(rollup)
    rollup.add_argument("--to", required=True, metavar="DIR", help="the folder of the rollup")
    rollup.add_argument(
        "--grain",
        type=int,
        choices=GRAINS,
        default=GRAINS[0],
        help="minutes; 15 for zones that are not whole hours from UTC; default: 60",
    )
    rollup.add_argument("--rebuild", action="store_true", help="read everything again")

    crossed = commands.add_parser(
        "crosscheck",
        help="make a report on two sources and compare",
        description="Makes the report of a query on two sources, as of one instant, and says: same "
        "(exit 0), or the cells that differ, N/A included (exit 1).",
    )
    crossed.add_argument(
        "--source", required=True, action="append", metavar="SRC", help=f"twice: {SOURCES}"
    )
    add_resources(crossed)
    add_query(crossed)

    app = commands.add_parser(
        "app", help="serve the page", description="Serves the page with Voilà on this machine only."
    )
    own = "a notebook of your own, of parts or anything else; default: the page"
    app.add_argument("notebook", nargs="?", metavar="NOTEBOOK", help=own)
    app.add_argument("--source", default="demo", metavar="SRC", help=f"{SOURCES}; default: demo")
    add_resources(app)
    app.add_argument("--port", type=int, default=8866, metavar="N", help="default: 8866")
    app.add_argument(
        "--ready",
        type=int,
        default=READY,
        metavar="N",
        help="kernels that wait for the next readers, about 200 MB each, so that their page opens "
        f"at once; default: {READY}",
    )
    app.add_argument(
        "--most",
        type=int,
        metavar="N",
        help="readers at once, each with a kernel of about 300 MB; others are asked to wait; "
        f"default: as many as fit the memory, {MAX_AUTOMATIC} at most",
    )
    app.add_argument(
        "--host-name",
        action="append",
        default=[],
        metavar="NAME",
        help="a name that the page may be called by, such as that of a proxy before it; "
        "may be repeated. Other names than localhost are refused",
    )
    app.add_argument("--open", action="store_true", help="open it in the browser")
    return made


def _add_list_format(listing: argparse.ArgumentParser) -> None:
    listing.add_argument(
        "--format", choices=LIST_FORMATS, help="default: the ending of --output, else csv"
    )


def _report_arguments(report: argparse.ArgumentParser) -> None:
    """What everything that writes a report takes."""
    report.add_argument(
        "--format",
        choices=FORMATS,
        help="default: the ending of --output, else what the query says; else a table on a "
        "terminal, csv in a pipe",
    )
    report.add_argument(
        "--send-to",
        action="append",
        default=[],
        metavar="ADDRESS",
        help="mail the file to it; may be repeated. A query that has addresses of its own is "
        "mailed to them where no --output is given",
    )
    csv = report.add_argument_group("only with csv")
    csv.add_argument(
        "--delimiter", default=",", type=_sign, help="comma, semicolon or tab; default: comma"
    )
    csv.add_argument("--decimal", default=".", type=_sign, help="point or comma; default: point")
    csv.add_argument("--tidy", action="store_true", help="one line a cell, for machines")


def _sign(text: str) -> str:
    """A sign by its name, or as it is."""
    return {"comma": ",", "semicolon": ";", "tab": "\t", "point": "."}.get(text, text)
