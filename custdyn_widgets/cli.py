"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from .definitions import FIELDS
from .errors import CustdynError, FieldFault, QueryError
from .model import unknown_field
from .query import Query
from .terminal import telling_progress, write_atomically

log = logging.getLogger("custdyn_widgets")
FORMATS = ("csv", "xls", "xlsx", "json", "html")
CALL_AT_FAULT = 2
READY, MOST_READY = 2, 64
SOURCES = "a folder, a file *.duckdb or *.sqlite, or the built-in sample or demo"
EXAMPLES = """examples:
  custdyn report --source sample --query query.toml
  custdyn report --source demo --query query.toml --set period=last_year --format json
  custdyn report --source ./export --query query.toml --as-of 2026-10-01 --output october.csv
  custdyn verify october.xlsx --source ./export
  custdyn check --source ./export
  custdyn app --source demo --port 8866

exit codes: 0 fine, 1 the data is at fault, 2 the call is at fault"""


class _Parser(argparse.ArgumentParser):
    """A parser whose faults are one line, like all the others."""

    def error(self, message: str) -> NoReturn:
        self.exit(CALL_AT_FAULT, f"{self.prog}: {message} (see {self.prog} --help)\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit code is 0, 1 (the data is at fault) or 2 (the call is)."""
    parsed = _parser().parse_args(arguments)
    try:
        code: int = parsed.command(parsed)
        return code
    except CustdynError as error:
        return _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("cancelled", CALL_AT_FAULT)
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        return _say(str(error), CALL_AT_FAULT)
    except Exception:  # a border: nobody above to tell
        reference = uuid.uuid4().hex[:8]
        log.debug("error %s", reference, exc_info=True)
        return _say(f"an internal error (id {reference}); set CUSTDYN_LOG=debug to see it", 1)


def _say(message: str, code: int) -> int:
    print("custdyn: " + " ".join(message.split()), file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="custdyn",
        description="Customer dynamics: clients, balances, refills, use and packages by bucket.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)

    report = commands.add_parser(
        "report",
        help="make a report",
        description="Makes a report and writes it to a file or standard output.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    report.add_argument("--source", required=True, metavar="SRC", help=SOURCES)
    report.add_argument(
        "--query", required=True, metavar="FILE", help="the query, a TOML or JSON file"
    )
    report.add_argument(
        "--as-of",
        type=_instant,
        metavar="INSTANT",
        help="as it stood then, such as 2026-10-01 or 2026-10-01T12:00:00Z (UTC without an "
        "offset); default: now",
    )
    report.add_argument(
        "--set",
        action="append",
        default=[],
        dest="changes",
        metavar="FIELD=VALUE",
        help="change a field of the query, such as currency=USD or "
        '\'group_by=["month","package"]\'; may be repeated',
    )
    report.add_argument(
        "--format", choices=FORMATS, help="default: what the query says; html for web"
    )
    report.add_argument(
        "--output", default="-", metavar="PATH", help="a file, or - for standard output (default)"
    )
    csv = report.add_argument_group("only with csv")
    csv.add_argument("--delimiter", default=",", help="comma, semicolon or tab; default: comma")
    csv.add_argument("--decimal", default=".", help="point or comma; default: point")
    csv.add_argument("--tidy", action="store_true", help="one line a cell, for machines")
    report.set_defaults(command=_report)

    verify = commands.add_parser(
        "verify",
        help="make a file's report again and compare",
        description="Makes the report of a JSON, XLSX or XLS file again, as of its instant, and "
        "says: same (exit 0), data changed or definition changed (exit 1), with the cells that "
        "differ, old → new.",
    )
    verify.add_argument("file", metavar="FILE", help="a file that custdyn report made")
    verify.add_argument("--source", required=True, metavar="SRC", help=SOURCES)
    verify.set_defaults(command=_verify)

    check = commands.add_parser(
        "check",
        help="look for data errors",
        description="Looks for data errors, those included that take a pass of their own.",
    )
    check.add_argument("--source", required=True, metavar="SRC", help=SOURCES)
    check.set_defaults(command=_check)

    app = commands.add_parser(
        "app", help="serve the page", description="Serves the page with Voilà on this machine only."
    )
    app.add_argument("--source", default="demo", metavar="SRC", help=f"{SOURCES}; default: demo")
    app.add_argument("--port", type=int, default=8866, metavar="N", help="default: 8866")
    app.add_argument(
        "--ready",
        type=int,
        default=READY,
        metavar="N",
        help="kernels that wait for the next readers, about 200 MB each, so that their page opens "
        f"at once; default: {READY}",
    )
    app.add_argument("--open", action="store_true", help="open it in the browser")
    app.set_defaults(command=_app)
    return parser


def _report(parsed: argparse.Namespace) -> int:
    query = _changed(Query.read(parsed.query), parsed.changes)
    if parsed.format:  # it wins over what the query says
        kind = "web" if parsed.format in ("json", "html") else parsed.format
        query = query.with_fields({"output": {**query.to_dict()["output"], "type": kind}})
    from .result import run

    with telling_progress() as progress:
        result = run(query, parsed.source, as_of=parsed.as_of, progress=progress)
    chosen = parsed.format or {"web": "html"}.get(query.output.type, query.output.type)
    csv = (parsed.delimiter, parsed.decimal, parsed.tidy)
    if chosen != "csv" and csv != (",", ".", False):
        raise QueryError([FieldFault("--format", chosen, "takes no option of csv")])
    if chosen == "csv":
        made = result.to_csv(delimiter=csv[0], decimal=csv[1], tidy=csv[2])
    else:
        made = result.to_file(chosen)
    if parsed.output == "-":
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    else:
        write_atomically(Path(parsed.output), made)
    return 0


def _verify(parsed: argparse.Namespace) -> int:
    from .exports.verify import SAME, compare, read_filed
    from .result import run

    filed = read_filed(Path(parsed.file))
    with telling_progress() as progress:
        again = run(filed.query, parsed.source, as_of=filed.as_of, progress=progress)
    verdict = compare(filed, again.report, again.provenance)
    print(verdict.answer)
    for (title, row, bucket), old, new in verdict.differences:
        print(f"{title} · {row} · {bucket}: {old} → {new}")
    return 0 if verdict.answer == SAME else 1


def _check(parsed: argparse.Namespace) -> int:
    from .sources import open_source

    faults, notes = open_source(parsed.source).check()
    for fault in faults:
        print(f"error: {fault}")
    for note in notes:
        print(f"note: {note}")
    if faults:
        plural = "s" if len(faults) > 1 else ""
        return _say(f"source {parsed.source}: {len(faults)} data error{plural}", 1)
    print(f"source {parsed.source}: no data errors")
    return 0


def _app(parsed: argparse.Namespace) -> int:
    from .serve import serve
    from .sources import open_source

    open_source(parsed.source)  # a wrong name is said here, not in the page
    if not 0 <= parsed.ready <= MOST_READY:
        return _say(f"--ready {parsed.ready} is not between 0 and {MOST_READY}", CALL_AT_FAULT)
    return serve(parsed.source, port=parsed.port, ready=parsed.ready, open_browser=parsed.open)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is not an instant") from None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _changed(query: Query, texts: Sequence[str]) -> Query:
    """A query with every FIELD=VALUE set; all faults at once."""
    changes: dict[str, object] = {}
    faults: list[FieldFault] = []
    for text in texts:
        try:
            field, value = _change(query, text)
            changes[field] = value
        except QueryError as error:
            faults += error.faults
    try:
        query = query.with_fields(changes) if changes else query
    except QueryError as error:
        faults += error.faults
    if faults:
        raise QueryError(faults)
    return query


def _change(query: Query, text: str) -> tuple[str, Any]:
    """FIELD=VALUE: JSON where it is JSON of the field's shape, else text as it stands."""
    field, equals, value = text.partition("=")
    if not equals:
        raise QueryError([FieldFault("--set", text, "is not FIELD=VALUE")])
    now: Any = query.to_dict()
    for part in field.split("."):
        if not isinstance(now, dict) or part not in now:
            raise QueryError([unknown_field(field, value, FIELDS)])
        now = now[part]
    try:
        parsed: Any = json.loads(value)
    except ValueError:
        parsed = value
    if isinstance(now, list):
        return field, parsed if isinstance(parsed, list) else [value]
    if isinstance(parsed, int | float) and isinstance(now, str):
        return field, value
    return field, parsed


if os.environ.get("CUSTDYN_LOG") == "debug":
    logging.basicConfig(level=logging.DEBUG)


if __name__ == "__main__":
    sys.exit(main())
