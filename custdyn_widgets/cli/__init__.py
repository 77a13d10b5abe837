"""The command line: parse, call, print."""

from __future__ import annotations

import argparse
import json
import logging
import os
import sys
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

from custdyn_widgets.cli.arguments import CALL_AT_FAULT, PROGRAM
from custdyn_widgets.cli.output import (
    CHECK_FORMATS,
    check_place,
    format_given,
    format_of,
    list_format,
    with_output,
    write,
    write_list,
    write_result,
)
from custdyn_widgets.cli.overrides import changed
from custdyn_widgets.cli.parser import MAX_READY, parser
from custdyn_widgets.cli.process import ended_in_order, open_streams
from custdyn_widgets.environment import CACHE_VARIABLE, LOG_VARIABLE, MEMORY_VARIABLE
from custdyn_widgets.errors import CustdynError, FieldFault, QueryError
from custdyn_widgets.files import why
from custdyn_widgets.model.definitions import LIST_FORMATS
from custdyn_widgets.query.query import Query
from custdyn_widgets.sources import open_source
from custdyn_widgets.sources.place import kind_of
from custdyn_widgets.views.progress import telling, terminal

log = logging.getLogger("custdyn_widgets")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs a command; the exit code is 0, 1 (the data is at fault) or 2 (the call is)."""
    open_streams()
    made = parser()
    if "_ARGCOMPLETE" in os.environ:  # a shell asks what may follow
        import argcomplete

        argcomplete.autocomplete(made)
    parsed = made.parse_args(arguments)
    if getattr(parsed, "memory", None):
        os.environ[MEMORY_VARIABLE] = parsed.memory  # processes that it starts have it, too
    if getattr(parsed, "no_cache", False):
        os.environ[CACHE_VARIABLE] = "0"
    try:
        with ended_in_order():
            return COMMANDS[parsed.command](parsed)
    except CustdynError as error:
        return _say(str(error), error.exit_code)
    except KeyboardInterrupt:
        return _say("cancelled", CALL_AT_FAULT)
    except BrokenPipeError:  # the reader of a pipe has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        place = "" if error.filename is None else f"{error.filename}: "
        return _say(f"{place}{why(error)}", CALL_AT_FAULT)
    except Exception:  # a border: nobody above to tell
        reference = uuid.uuid4().hex[:8]
        log.debug("error %s", reference, exc_info=True)
        return _say(f"an internal error (id {reference}); set {LOG_VARIABLE}=debug to see it", 1)


def _say(message: str, code: int) -> int:
    print("custdyn: " + " ".join(message.split()), file=sys.stderr)
    return code


def _write_report(
    query: Query, parsed: argparse.Namespace, title: str = "", chart: str | None = None
) -> int:
    """Makes a report and writes it, or sends it, as the arguments and the query say."""
    query = with_output(query, parsed)
    sends = bool(query.output.send_to) and (bool(parsed.send_to) or parsed.output is None)
    asked = query
    if sends:
        from custdyn_widgets.cli.mail import sendable

        asked = sendable(query)  # what cannot be sent is said before the report is made
    writes = parsed.output is not None or not sends
    chosen = format_of(query, parsed) if writes else ""
    source = open_source(parsed.source)  # a wrong name is said before anything large is imported
    from custdyn_widgets.result import run

    with telling(terminal(), source.doing) as progress:
        result = run(asked, source, as_of=parsed.as_of, progress=progress)
    code = 0
    if sends:
        from custdyn_widgets.cli.mail import send

        code = send(result, query, title, chart)
    if writes:
        write_result(result, chosen, parsed)
    return code


def _verify(parsed: argparse.Namespace) -> int:
    from custdyn_widgets.exports.verify import SAME, compare, read_saved

    filed = read_saved(Path(parsed.file))
    source = open_source(parsed.source)
    from custdyn_widgets.result import run

    with telling(terminal(), source.doing) as progress:
        again = run(filed.query, source, as_of=filed.as_of, progress=progress)
    verdict = compare(filed, again.report, again.provenance)
    print(verdict.answer)
    for difference in verdict.differences:
        print(difference)
    return 0 if verdict.answer == SAME else 1


def _crosscheck(parsed: argparse.Namespace) -> int:
    if len(parsed.source) != 2:
        raise QueryError([FieldFault("--source", None, "must be given twice")])
    query = _query(parsed)
    first, second = map(open_source, parsed.source)
    from custdyn_widgets.report.difference import cells_of, diff
    from custdyn_widgets.result import run

    as_of = parsed.as_of or datetime.now(UTC)  # one instant for both
    with telling(terminal()) as progress:
        one, other = (
            cells_of(run(query, source, as_of=as_of, progress=progress).report)
            for source in (first, second)
        )
    found = diff(one, other)
    for difference in found:
        print(difference.text("≠"))
    if not found:
        print("same")
    return 1 if found else 0


def _cdrs(parsed: argparse.Namespace) -> int:
    query = _query(parsed)
    chosen = list_format(parsed)  # what cannot be written is said before anything is read
    source = open_source(parsed.source)
    from custdyn_widgets.listings import run_cdrs

    with telling(terminal(), source.doing) as progress:
        made = run_cdrs(query, source, as_of=parsed.as_of, progress=progress)
        progress("writing the lines")
        return write_list(made, chosen, parsed)


def _orig_term(parsed: argparse.Namespace) -> int:
    query = _query(parsed)
    chosen = list_format(parsed)
    source = open_source(parsed.source)
    from custdyn_widgets.listings import run_orig_term

    made = run_orig_term(query, source, as_of=parsed.as_of, split=parsed.split)
    return write_list(made, chosen, parsed)


def _query(parsed: argparse.Namespace) -> Query:
    query = Query() if parsed.query is None else Query.read(parsed.query)
    return changed(query, parsed.changes)


def _templates(parsed: argparse.Namespace) -> int:
    from custdyn_widgets.cli.templates import ACTIONS, saved_template

    if parsed.action == "run":
        saved = saved_template(parsed)
        query = changed(saved.kept.query, parsed.changes)
        return _write_report(query, parsed, saved.name, saved.kept.chart)
    return ACTIONS[parsed.action](parsed)


def _in(module: str, name: str) -> Callable[[argparse.Namespace], int]:
    """A command of another module of this folder, or its actions; imported when it is called."""

    def command(parsed: argparse.Namespace) -> int:
        found: Any = getattr(import_module(f"custdyn_widgets.cli.{module}"), name)
        code: int = (found[parsed.action] if isinstance(found, dict) else found)(parsed)
        return code

    return command


def _check(parsed: argparse.Namespace) -> int:
    if parsed.entries:
        chosen = list_format(parsed)
        from custdyn_widgets.listings.findings import listed

        return write_list(listed(open_source(parsed.source), parsed.entries), chosen, parsed)
    if parsed.format in LIST_FORMATS:
        what = f"is for --entries; give {' or '.join(CHECK_FORMATS)}"
        raise QueryError([FieldFault("--format", parsed.format, what)])
    check_place(parsed.output, parsed.source)
    chosen = format_given(parsed.format, parsed.output, CHECK_FORMATS) or CHECK_FORMATS[0]
    source = open_source(parsed.source)
    checked = source.check()
    if chosen == "json":
        said = json.dumps(
            {"source": source.name, **checked.to_dict()}, ensure_ascii=False, indent=2
        )
    else:
        said = "\n".join(checked.lines())
    write(f"{said}\n".encode(), parsed.output)
    if checked.faults:
        return _say(f"source {parsed.source}: {checked.verdict}", 1)
    return 0


def _completion(parsed: argparse.Namespace) -> int:
    from argcomplete.shell_integration import shellcode

    print(shellcode([PROGRAM], shell=parsed.shell))
    return 0


def _rollup(parsed: argparse.Namespace) -> int:
    open_source(parsed.source)
    from custdyn_widgets.sources.rollup import make_rollup

    with telling(terminal()) as progress:
        made = make_rollup(
            parsed.source, parsed.to, grain=parsed.grain, rebuild=parsed.rebuild, progress=progress
        )
    rollup = made.rollup
    print(f"rollup {parsed.to}: {made.how}, {made.read} entries read")
    print(f"{rollup.entries} entries in {rollup.rows} rows by {rollup.grain} minutes")
    return 0


def _app(parsed: argparse.Namespace) -> int:
    if not 0 <= parsed.ready <= MAX_READY:
        return _say(f"--ready {parsed.ready} is not between 0 and {MAX_READY}", CALL_AT_FAULT)
    if parsed.most is not None and parsed.most < 1:
        return _say(f"--most {parsed.most} is less than 1", CALL_AT_FAULT)
    kind_of(parsed.source)  # a wrong name is said here, not in the page
    from custdyn_widgets.delivery.settings import mail_settings
    from custdyn_widgets.serve import serve

    mails = mail_settings() is not None  # wrong ones are said here, too
    return serve(
        parsed.source,
        notebook=parsed.notebook,
        port=parsed.port,
        ready=parsed.ready,
        most=parsed.most,
        host_names=parsed.host_name,
        mails=mails,
        open_browser=parsed.open,
    )


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "report": lambda parsed: _write_report(_query(parsed), parsed),
    "cdrs": _cdrs,
    "orig-term": _orig_term,
    "templates": _templates,
    "schedules": _in("schedules", "SCHEDULES"),
    "run-due": _in("schedules", "run_due"),
    "scheduler": _in("schedules", "work"),
    "worker": _in("schedules", "work"),
    "outbox": _in("mail", "OUTBOX"),
    "archive": _in("archive", "ARCHIVE"),
    "verify": _verify,
    "check": _check,
    "connect": _in("connect", "connect"),
    "demo": _in("connect", "demo"),
    "init": _in("init", "init"),
    "cache": _in("cache", "cache"),
    "completion": _completion,
    "rollup": _rollup,
    "crosscheck": _crosscheck,
    "app": _app,
}
if os.environ.get(LOG_VARIABLE) == "debug":
    logging.basicConfig(level=logging.DEBUG)
