"""What `custdyn connect` says of the folder that it wrote: from where, when, what differs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from custdyn_widgets.errors import SourceError
from custdyn_widgets.model.cells import many, shown
from custdyn_widgets.model.time_zones import clock_text

CONNECTION = "connection.json"
SNAPSHOT = ".connect/current"
"""Where a folder that connect wrote has its snapshot in force."""
VERSION = 1
EDIT = "edit:"
"""What begins the id of an entry that brings a difference to another: it is not counted."""
NAMED = 10
Manifest = dict[str, Any]


def read_connection(folder: Path) -> Manifest | None:
    """What connection.json says; None where there is none. Raises SourceError."""
    try:
        said: Manifest = json.loads((folder / CONNECTION).read_bytes())
        if said["version"] != VERSION:
            raise ValueError(f"it is of version {said['version']}")
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"{CONNECTION} cannot be read: {error}"
        raise SourceError(str(folder), what, "run custdyn connect with --rebuild") from None
    return said


def note_of(said: Manifest) -> str:
    """Where the data comes from, in a line."""
    moment = clock_text(datetime.fromisoformat(said["moment"]))
    note = f"Read from {said['system']}, {said['origin']}, as of {moment} UTC"
    if count := said["differing"]:
        note += f"; {clients(count)} from what is recorded"
    return note


def clients(count: int) -> str:
    """`the stored balance of 1 client differs`."""
    return (
        "the stored balance of 1 client differs"
        if count == 1
        else f"the stored balances of {shown(count)} clients differ"
    )


def facts_of(said: Manifest) -> Iterator[tuple[str, str]]:
    """What was read and left out, and whose balance differs: label and text."""
    yield "Read from", note_of(said).partition("; ")[0].removeprefix("Read from ")
    counts = (f"{name} {shown(rows)}" for name, rows in said["read"].items())
    yield "Rows read", ", ".join(counts)
    for name, reason, rows, amount, keys in said["left_out"]:
        more = ", …" if rows > len(keys) else ""
        listed = f"{', '.join(keys)}{more}"
        yield f"Left out: {name}", f"{shown(rows)}, {amount_text(amount)}: {reason} ({listed})"
    for key, label, rest in (
        ("gone", "Gone at the source", "; they stay"),
        ("edits", "Edited at the source", ""),
    ):
        count, amount = said[key]
        if count:
            yield label, f"{many(count, 'entry', 'entries')}, {amount_text(amount)}{rest}"
    if said["balances"]:
        count = said["differing"]
        verdict = f"{shown(count or 0)} differ" if count != 1 else "1 differs"
        yield "Stored balances", f"{shown(said['balances'])} compared, {verdict}"
    digit = Decimal(said["digit"])
    for client, name, currency, stored, recorded, difference, *_ in said["differences"][:NAMED]:
        named = f"client {client}" + (f" ({name})" if name != client else "")
        figures = (amount_text(one, digit) for one in (stored, recorded, difference))
        text = "stored {}, recorded {}, difference {}".format(*figures)
        yield f"Differs: {named}", f"{text} {currency}"
    if (rest := said["differing"] - NAMED) > 0:
        yield "Differ as well", f"{shown(rest)} others: custdyn connect … --check --output FILE"


def amount_text(amount: str, digit: Decimal = Decimal(0)) -> str:
    """An amount as it is read: with every decimal that it has, or to a last digit."""
    value = Decimal(amount)
    if digit:
        rounded = value.quantize(digit, ROUND_HALF_UP)
        value = rounded.quantize(Decimal(1)) if rounded == rounded.to_integral() else rounded
    return shown(value).replace("-", "−")
