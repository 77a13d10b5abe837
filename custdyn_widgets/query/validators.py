"""Validators of single values: each says what is wrong and what would be right."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time

from email_validator import EmailNotValidError, validate_email

from custdyn_widgets.model.currencies import currency_names
from custdyn_widgets.model.definitions import LINES
from custdyn_widgets.model.periods import EARLIEST, LATEST
from custdyn_widgets.model.time_zones import zone_names

WALL_CLOCK = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(?P<fraction>\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?"
)
RIGHT_CLOCK = "enter a date such as 2017-01-31, or a date and time such as 2017-01-31 23:59:59"
RIGHT_INSTANT = "give 2026-10-01 or 2026-10-01T12:00:00Z; in Python, an aware datetime"
LABEL = re.compile(r"[^\W_][^<>\"`=@|{}\[\]\\^~]*")
COLOUR = re.compile("#[0-9a-fA-F]{6}")
MAX_VALUES = 10_000
MAX_OF_A_NAME = 120
MAX_CHARACTERS = 1_000
MAX_RECIPIENTS = 20


def one_of(choices: Iterable[str]) -> Callable[[object], str]:
    """A check that a value is one of the choices; its message names the nearest one."""
    listed = list(choices)

    def check(value: object) -> str:
        if isinstance(value, str) and value in listed:
            return value
        shown = ", ".join(listed) if len(listed) <= 20 else f"{len(listed)} known names"
        raise ValueError(f"is not one of {shown}{did_you_mean(value, listed)}")

    return check


def known_currency(value: str) -> str:
    """A currency that reports can be made in."""
    return one_of(currency_names())(value)


def known_zone(value: str) -> str:
    """An IANA time zone."""
    return one_of(zone_names())(value)


def plain_text(value: str) -> str:
    """Text that every table and file can hold."""
    if not value or len(value) > MAX_CHARACTERS:
        raise ValueError(f"must have 1 to {MAX_CHARACTERS} characters")
    if "\0" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise ValueError("is not text (NUL or half a character in it)")
    return value


def one_line(value: str) -> str:
    """A name that people give: text of one line, without signs that turn or hide text."""
    name = unicodedata.normalize("NFC", value).strip()
    if not name or len(name) > MAX_OF_A_NAME:
        raise ValueError(f"must have 1 to {MAX_OF_A_NAME} characters")
    if any(unicodedata.category(one) in ("Cc", "Cf", "Zl", "Zp", "Cs") for one in name):
        raise ValueError("has a control character in it")
    return name


def row_label(value: str) -> str:
    """The label of a row of one's own: it is safe in every file, and no line of another row."""
    label = one_line(value)
    if not LABEL.fullmatch(label):
        what = "a label begins with a letter or digit, and has none of"
        raise ValueError(f'{what} < > " ` = @ | {{ }} [ ] \\ ^ ~')
    if any(label.endswith(f" ({line.label})") for line in LINES.values()):
        raise ValueError("ends as a line of a comparison does")
    return label


def hex_colour(value: str) -> str:
    """A colour as `#rrggbb`."""
    if not COLOUR.fullmatch(value):
        raise ValueError("is not a colour such as #1976d2")
    return value.lower()


def address(value: str) -> str:
    """An e-mail address, normalized."""
    try:
        checked = validate_email(value, strict=True, check_deliverability=False)
    except EmailNotValidError as fault:
        raise ValueError(f"is not an e-mail address: {fault}") from None
    return checked.normalized


def whole(least: int, most: int) -> Callable[[object], int]:
    """A check that a value is a whole number between two others, both included."""

    def check(value: object) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return value

    return check


def several(value: object) -> object:
    """A list of values, each once."""
    if not isinstance(value, list | tuple):
        raise ValueError("must be a list")
    if len(value) > MAX_VALUES:
        raise ValueError(f"must have at most {MAX_VALUES} values")
    return tuple(dict.fromkeys(value)) if all(isinstance(one, str) for one in value) else value


def in_order(choices: Iterable[str]) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
    """Puts chosen values in the order of the choices."""
    listed = list(choices)
    return lambda chosen: tuple(sorted(chosen, key=listed.index))


def clock(end_of_day: bool) -> Callable[[object], datetime]:
    """Reads one end of an interval to the second, without an offset.

    A date is its first second or, with `end_of_day`, its last one; so is a datetime at midnight.
    """

    def read(value: object) -> datetime:
        given = _wall_clock(value) if isinstance(value, str) else value
        if not isinstance(given, date) or given != given:  # pandas' NaT is a datetime
            raise ValueError(f"is not a date; {RIGHT_CLOCK}")
        if not isinstance(given, datetime):
            given, is_day = datetime.combine(given, time()), True
        else:
            is_day = given.time() == time() and not isinstance(value, str)
        if given.tzinfo is not None:
            raise ValueError(f"has an offset, the field timezone gives the zone; {RIGHT_CLOCK}")
        if given.microsecond or getattr(given, "nanosecond", 0):
            raise ValueError(f"has a fraction of a second; {RIGHT_CLOCK}")
        if not EARLIEST <= given <= LATEST:
            raise ValueError(f"is not between the years {EARLIEST.year} and {LATEST.year}")
        last = time(23, 59, 59)
        return datetime.combine(given.date(), last if is_day and end_of_day else given.time())

    return read


def _wall_clock(text: str) -> date:
    """A date, or an instant on the wall clock."""
    shape = WALL_CLOCK.fullmatch(text)
    if shape is None:
        raise ValueError(f"is not a date; {RIGHT_CLOCK}")
    if (shape["fraction"] or "").strip(".0"):
        raise ValueError(f"has a fraction of a second; {RIGHT_CLOCK}")
    parse = date.fromisoformat if len(text) == 10 else datetime.fromisoformat
    try:
        return parse(text.replace(shape["fraction"] or "\0", ""))
    except ValueError:
        raise ValueError(f"is not a date; {RIGHT_CLOCK}") from None


def instant(value: object) -> datetime:
    """Reads an instant: an aware datetime, or ISO text or a date, which are UTC without an offset.

    Raises ValueError, which says what would be right.
    """
    if isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            raise ValueError(f"is not an instant; {RIGHT_INSTANT}") from None
        read = read if read.tzinfo else read.replace(tzinfo=UTC)
    elif not isinstance(value, date) or value != value:
        raise ValueError(f"is not an instant; {RIGHT_INSTANT}")
    elif not isinstance(value, datetime):
        read = datetime.combine(value, time(), UTC)
    else:
        read = datetime.combine(value.date(), value.timetz())
    if read.tzinfo is None:
        raise ValueError(f"has no time zone; {RIGHT_INSTANT}")
    if not EARLIEST.year < read.year < LATEST.year:
        raise ValueError(f"is not between the years {EARLIEST.year + 1} and {LATEST.year - 1}")
    return read


def did_you_mean(value: object, choices: Iterable[str]) -> str:
    """The nearest choice, as the end of a message; nothing where none is near."""
    if not isinstance(value, str):
        return ""
    by_fold = {choice.casefold(): choice for choice in choices}
    near = difflib.get_close_matches(value.casefold(), by_fold, n=1, cutoff=0.6)
    return f"; did you mean {by_fold[near[0]]}?" if near else ""


def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """The fields of a JSON object, each of which may be there once."""
    given = dict(pairs)
    if len(given) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{next(one for one in names if names.count(one) > 1)} is there twice")
    return given
