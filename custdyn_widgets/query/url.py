"""Query ↔ link: the part of an address after the `?`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.query.fields import REPORT, SPLITS, VIEWS
from custdyn_widgets.query.query import Query

MAX_BYTES = 2_048
NEVER = ("output.send_to",)
"""Fields that no link carries: a link may be seen by anyone."""
LISTS = ("client_tags", "owner", "package", "group_by", "blocks", "rows")
INTERVALS = ("period", "compare")
OF_THE_PAGE = ("theme", "template", "token")
"""Parameters of Voilà's own."""

OF_A_VIEW = {"view": VIEWS, "split": SPLITS}
"""Parameters that say what of the query is shown."""


@dataclass(frozen=True)
class ParsedLink:
    """What a link asks for: a query, or None where it says nothing; and what was ignored.

    `view` is one of VIEWS, `split` what an Orig-Term report is split by.
    """

    query: Query | None
    ignored: tuple[str, ...] = ()
    view: str = REPORT
    split: str | None = None


def to_link(query: Query, view: str = REPORT, split: str | None = None) -> str | None:
    """The query as parameters, UTF-8 and percent-encoded; None where they exceed MAX_BYTES.

    What is left at its default is left out, but for the period. A period of dates is written
    `2017-01-01T00:00:00/2017-12-31T23:59:59`, a list as one parameter for each value, a row of
    one's own as JSON.
    """
    default = dict(_fields(Query().to_dict()))
    pairs: list[tuple[str, str]] = []
    for path, value in _fields(query.to_dict()):
        if path in NEVER or (path != "period" and value == default.get(path)):
            continue
        values = list(map(_text, value)) if isinstance(value, list) else [_text(value)]
        pairs += [(path, one) for one in values or [""]]
    pairs += [("view", view)] if view != REPORT else []
    pairs += [("split", split)] if split is not None else []
    link = urlencode(pairs, safe="/:")
    return link if len(link) <= MAX_BYTES else None


def parse_link(link: str) -> ParsedLink:
    """Reads parameters that anybody may have written.

    What is unknown, doubled or not valid is ignored and named; the rest makes the query. It is
    only ever a preset: nothing here runs, sends or widens anything.
    """
    link = link.removeprefix("?")
    if len(link) > MAX_BYTES:
        return ParsedLink(
            None,
            (f"the whole link (it has more than {MAX_BYTES} bytes; a saved query is the way)",),
        )
    known = {"rows", *dict(_fields(Query().to_dict()))}
    view: dict[str, str] = {}
    given: dict[str, list[str]] = {}
    ignored: list[str] = []
    for name, value in parse_qsl(link, keep_blank_values=True):
        if name in OF_THE_PAGE:
            continue
        if value in OF_A_VIEW.get(name, ()) and name not in view:
            view[name] = value
        elif name in known and name not in NEVER:
            given.setdefault(name, []).append(value)
        else:
            ignored.append(_shortened(name))
    values: dict[str, Any] = {}
    for path, texts in given.items():
        if path not in LISTS and len(texts) > 1:
            ignored.append(f"{path} (it is there {len(texts)} times)")
        else:
            _put(values, path, _value(path, texts))
    query, faults = _without_faults(values)
    ignored += [f"{fault.field} ({fault.what})" for fault in faults]
    shown = view.get("view", REPORT)
    return ParsedLink(query, tuple(dict.fromkeys(ignored)), shown, view.get("split"))


def _fields(values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Path and value of every field."""
    for name, value in values.items():
        if name == "output":
            yield from ((f"output.{inner}", one) for inner, one in value.items())
        else:
            yield name, value


def _text(value: object) -> str:
    if isinstance(value, dict):
        if "label" in value:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return f"{value['from']}/{value['to']}"
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def _value(path: str, texts: list[str]) -> object:
    """JSON-shaped; whether it is right is for `Query` to say."""
    if path == "rows":
        return [_json(text) for text in texts]
    if path in LISTS:
        return [] if texts == [""] else texts
    text = texts[0]
    if path in INTERVALS and "/" in text:
        first, _, last = text.partition("/")
        return {"from": first, "to": last}
    if path == "owner_tree":
        return {"true": True, "false": False}.get(text, text)
    if path == "active_duration" and text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    return None if path in ("currency", "compare") and not text else text


def _json(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _put(values: dict[str, Any], path: str, value: object) -> None:
    outer, _, inner = path.rpartition(".")
    (values.setdefault(outer, {}) if outer else values)[inner] = value


def _without_faults(values: dict[str, Any]) -> tuple[Query | None, list[FieldFault]]:
    faults: list[FieldFault] = []
    while values:
        try:
            return Query.model_validate(values), faults
        except QueryError as error:
            faults += error.faults
            for fault in error.faults:
                values.pop(fault.field.split(".")[0], None)
    return None, faults


def _shortened(text: str, most: int = 40) -> str:
    shown = "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in text)
    return f"“{shown[:most]}…”" if len(shown) > most else f"“{shown}”"
