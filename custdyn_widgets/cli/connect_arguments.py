"""The arguments of `custdyn connect` and `custdyn demo`."""

from __future__ import annotations

from typing import Any

from custdyn_widgets.model.definitions import OPENINGS

DEMOS = ("magnusbilling",)


def add_connect(commands: Any) -> None:
    """Adds both commands to a parser."""
    connect = commands.add_parser(
        "connect",
        help="bring the data of a billing system",
        description="Reads MagnusBilling, ASTPP or, by a mapping of your own, another system; "
        "writes the five tables to a folder, which is a source, and compares the stored balance of "
        "every client with what is recorded. The database is only read. Run again, the folder "
        "gains what is new.",
    )
    connect.add_argument(
        "system",
        metavar="SYSTEM",
        help="magnusbilling, astpp, stripe, cdr, bank, or the folder of a mapping of yours",
    )
    connect.add_argument(
        "--from",
        dest="source",
        metavar="URL",
        help="mysql://user@host/database, postgresql://user@host/database, a file *.sqlite or "
        "*.duckdb. Passwords: MYSQL_PWD, ~/.my.cnf, PGPASSWORD, ~/.pgpass",
    )
    connect.add_argument("--files", metavar="DIR", help="a folder of CSV or Parquet files instead")
    connect.add_argument("--to", metavar="DIR", help="the folder to write")
    connect.add_argument(
        "--check",
        action="store_true",
        help="write nothing: say what is read, left out, and whose balance differs; exit code 1 if "
        "any does",
    )
    connect.add_argument(
        "--output",
        metavar="PATH",
        help="clients whose balance differs, as CSV; - writes it to standard output, alone",
    )
    connect.add_argument(
        "--with-lists",
        action="store_true",
        help="read what no report needs, too: names, numbers called, descriptions",
    )
    connect.add_argument(
        "--opening",
        choices=OPENINGS,
        default=OPENINGS[0],
        help="when a balance that nothing recorded explains is dated: the client's creation, the "
        "first entry of all, or none is booked; default: created",
    )
    connect.add_argument(
        "--currency", metavar="CODE", help="the currency of all clients; no amount is converted"
    )
    connect.add_argument(
        "--rebuild",
        action="store_true",
        help="begin again: what is gone at the source, edits and drifts are forgotten",
    )
    connect.add_argument(
        "--dry-run",
        action="store_true",
        help="print the SELECTs, or the files and columns, and end",
    )
    connect.add_argument(
        "--show", action="store_true", help="print the mapping of SYSTEM, or copy it to --to"
    )
    demo = commands.add_parser(
        "demo",
        help="a synthetic billing system with faults",
        description="Makes a synthetic billing system of 300 clients and a year, with faults in "
        "its records, and finds whose stored balance is not what is recorded. Written again, it is "
        "the same.",
    )
    demo.add_argument("system", choices=DEMOS)
    demo.add_argument(
        "--to", default="magnusbilling-demo", metavar="DIR", help="default: magnusbilling-demo"
    )
