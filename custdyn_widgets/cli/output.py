"""Where the output of a command goes, and in which format: endings, terminals, pipes."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from collections.abc import Iterable, Sequence
from contextlib import suppress
from errno import EISDIR, ENOENT
from pathlib import Path
from typing import TYPE_CHECKING

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.exports.files import FILE_KINDS
from custdyn_widgets.files import write_atomically
from custdyn_widgets.model.definitions import LIST_FORMATS
from custdyn_widgets.model.schema import TABLES

if TYPE_CHECKING:
    from custdyn_widgets.listings import Fileable
    from custdyn_widgets.query.query import Query
    from custdyn_widgets.report.report import Note
    from custdyn_widgets.result import Result

FORMATS = ("table", *FILE_KINDS)
CHECK_FORMATS = ("table", "json")
"""What the findings of `check` are written in; their entries are a list."""
BINARY = ("xls", "xlsx")
"""What no terminal can show."""
STANDARD_OUTPUT = "-"
ENDINGS = {".txt": "table", **{f".{name}": name for name in FILE_KINDS}}
"""What each ending of a file's name says of its format."""


def format_given(format_: str | None, output: str | None, formats: Sequence[str]) -> str | None:
    """The format that a call names, by `--format` or by the ending of `--output`; None for neither.

    Raises QueryError where the two contradict each other, and for an ending that names none.
    """
    ending = _ending(output)
    named = ENDINGS.get(ending)
    is_text = named == "table" and format_ not in BINARY  # .txt may be any text
    if format_ is not None and named not in (None, format_) and not is_text:
        what = f"contradicts --format {format_}; one of them is enough"
        raise QueryError([FieldFault("--output", output, what)])
    if format_ is None and ending and named not in formats:
        right = _listed(one for one, name in ENDINGS.items() if name in formats)
        what = f"has an unknown ending; end it with {right}, or give --format"
        raise QueryError([FieldFault("--output", output, what)])
    return format_ or named


def check_place(output: str | None, source: str) -> None:
    """Says before anything is read that a file cannot be written there.

    Raises QueryError where it would take the place of the source or of one of its tables, and
    OSError where it is a folder, or there is none for it.
    """
    if output in (None, STANDARD_OUTPUT) or _is_device(output or ""):
        return
    path = Path(output or "")
    if path.is_dir() or str(output).endswith(os.sep):
        raise IsADirectoryError(EISDIR, "it is a folder; name a file", output)
    if not path.parent.is_dir():
        raise FileNotFoundError(ENOENT, "there is no such folder", str(path.parent))
    if _is_own(path.resolve(), source):
        raise QueryError([FieldFault("--output", output, "is of the source; name another file")])


def _is_own(path: Path, source: str) -> bool:
    """Whether a file is the source, or a table in it."""
    with suppress(OSError, RuntimeError):
        place = Path(source).expanduser().resolve()
        if place.is_file():
            return path == place
        if place in path.parents:
            first = path.relative_to(place).parts[0]
            return first.partition(".")[0] in ("", *TABLES)
        return any(path == one.resolve() for one in place.iterdir())
    return False


def check_ending(output: str, *formats: str) -> None:
    """Raises QueryError where the ending of a file says that it is something else."""
    ending = _ending(output)
    if ending and ending[1:] not in formats:
        right = _listed(f".{one}" for one in formats)
        raise QueryError([FieldFault("--output", output, f"is written as {right}, not {ending}")])


def format_of(query: Query, parsed: argparse.Namespace) -> str:
    """The format that a report is written in: said before it is made, if it cannot be.

    What the call names, else what the query does; else a table on a terminal and CSV in a pipe.
    """
    check_place(parsed.output, parsed.source)
    chosen, style = format_given(parsed.format, parsed.output, FORMATS), _csv_style(parsed)
    if style != PLAIN_CSV:
        from custdyn_widgets.exports.csv import CsvStyle

        CsvStyle(*style[:2])
    if chosen is None and query.output.type != "web":
        chosen = query.output.type
    to_a_file = parsed.output not in (None, STANDARD_OUTPUT) and not _is_device(parsed.output)
    if chosen is None and to_a_file:
        what = f"has no ending; end it with {_listed(ENDINGS)}"
        raise QueryError([FieldFault("--output", parsed.output, f"{what}, or give --format")])
    if chosen is None:
        chosen = "table" if is_terminal(parsed.output) and style == PLAIN_CSV else "csv"
    if chosen != "csv" and style != PLAIN_CSV:
        raise QueryError([FieldFault("--format", chosen, "takes no option of csv")])
    refuse_binary(chosen, parsed.output)
    return chosen


def with_output(query: Query, parsed: argparse.Namespace) -> Query:
    """The query with the format and the addresses of the arguments: they win over its own."""
    output = dict(query.to_dict()["output"])
    given = format_given(parsed.format, parsed.output, FORMATS)
    if given:
        output["type"] = "web" if given in ("table", "json", "html") else given
    if parsed.send_to:
        output["send_to"] = parsed.send_to
    elif output["type"] == "web":
        output["send_to"] = []
    return query.with_fields({"output": output})


PLAIN_CSV = (",", ".", False)


def _csv_style(parsed: argparse.Namespace) -> tuple[str, str, bool]:
    return parsed.delimiter, parsed.decimal, parsed.tidy


def write_result(result: Result, chosen: str, parsed: argparse.Namespace) -> None:
    """Writes a report in the format that was chosen."""
    if chosen == "csv":
        delimiter, decimal, tidy = _csv_style(parsed)
        made = result.to_csv(delimiter=delimiter, decimal=decimal, tidy=tidy)
    elif chosen == "table":
        width = shutil.get_terminal_size().columns if is_terminal(parsed.output) else None
        made = result.to_text(width).encode()
    else:
        made = result.to_file(chosen)
    write(made, parsed.output or STANDARD_OUTPUT)
    if chosen == "csv":
        say_notes(result.report.notes)


def say_notes(notes: Iterable[Note]) -> None:
    """Notes to standard error, one a line, where the file has no place for them."""
    from custdyn_widgets.views.text import note_line

    for note in notes:
        print(" ".join(note_line(note).split()), file=sys.stderr)


def write_list(made: Fileable, chosen: str, parsed: argparse.Namespace) -> int:
    """Writes a list line by line, in the format that was chosen."""
    if parsed.output in (None, STANDARD_OUTPUT):
        made.to_file(chosen, sys.stdout.buffer)
        sys.stdout.buffer.flush()
    else:
        made.to_file(chosen, parsed.output)
    if chosen == "csv":
        say_notes(made.notes)
    return 0


def show(lines: Iterable[str], nothing: str) -> int:
    """Prints lines; where there are none, says so on standard error."""
    empty = True
    for line in lines:
        empty = False
        print(line)
    if empty:
        print(nothing, file=sys.stderr)
    return 0


def list_format(parsed: argparse.Namespace) -> str:
    """The format that a list is written in; CSV where the call names none."""
    check_place(parsed.output, parsed.source)
    chosen = format_given(parsed.format, parsed.output, LIST_FORMATS) or LIST_FORMATS[0]
    if chosen not in LIST_FORMATS:
        what = f"is not what a list is written as; give {_listed(LIST_FORMATS)}"
        raise QueryError([FieldFault("--format", chosen, what)])
    refuse_binary(chosen, parsed.output)
    return chosen


def refuse_binary(kind: str, output: str | None) -> None:
    """Raises QueryError where a binary file would go to a terminal."""
    if kind in BINARY and is_terminal(output):
        what = "is binary, which a terminal cannot show; give --output FILE"
        raise QueryError([FieldFault("--format", kind, what)])


def is_terminal(output: str | None) -> bool:
    """Whether the output goes to a terminal: standard output, or a device such as /dev/stdout."""
    if output in (None, STANDARD_OUTPUT):
        return sys.stdout.isatty()
    path = Path(output or "")
    if not path.is_char_device():
        return False
    with suppress(OSError), path.open("rb", buffering=0) as device:
        return device.isatty()
    return False


def write(made: bytes, output: str) -> None:
    """Writes a file whole, or to standard output."""
    if output == STANDARD_OUTPUT:
        sys.stdout.buffer.write(made)
        sys.stdout.buffer.flush()
    else:
        write_atomically(Path(output), made)


def _ending(output: str | None) -> str:
    """The ending of a file's name, in small letters; nothing where it goes to no file."""
    if output in (None, STANDARD_OUTPUT) or _is_device(output or ""):
        return ""
    return Path(output or "").suffix.lower()


def _is_device(output: str) -> bool:
    path = Path(output)
    return path.exists() and not path.is_file() and not path.is_dir()


def _listed(endings: Iterable[str]) -> str:
    *first, last = endings
    return f"{', '.join(first)} or {last}" if first else last
