"""What a name that is not known may have meant, and what to write instead of a value."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from custdyn_widgets.errors import DataFault
from custdyn_widgets.model.schema import Reads, Table
from custdyn_widgets.words import tr

ALSO_CALLED = {
    "client_id": ("id", "customer_id", "client", "customer", "account_id", "user_id"),
    "entry_id": ("id", "transaction_id", "uniqueid", "ref"),
    "name": ("client_name", "customer_name", "username", "company"),
    "occurred_at": ("date", "time", "timestamp", "datetime", "calldate", "created", "created_at"),
    "created_at": ("created", "date", "creation_date", "registered", "since"),
    "amount": ("value", "sum", "total", "cost", "price", "sessionbill"),
    "currency": ("curr", "ccy"),
    "kind": ("type", "category"),
    "package_id": ("package", "plan_id", "plan"),
    "valid_from": ("date", "day", "from"),
    "tag": ("tags", "label"),
}
"""Names that other systems give to these columns."""
WRITE = {
    Reads.AMOUNT: "write it like -1234.56",
    Reads.NUMBER: "write it like 1234.56",
    Reads.WHOLE: "write it like 12",
    Reads.INSTANT: "write it like 2024-01-31 23:59:59 (UTC) or 2024-01-31T23:59:59+02:00",
    Reads.DATE: "write it like 2024-01-31",
}
"""What a value should look like, by how its column is read."""
CAST = {
    Reads.ID: "cast it to text or a whole number",
    Reads.TEXT: "cast it to text",
    Reads.WHOLE: "cast it to a whole number",
    Reads.INSTANT: "cast it to a timestamp",
    Reads.DATE: "cast it to a date",
    Reads.AMOUNT: "cast it to a decimal",
    Reads.NUMBER: "cast it to a decimal",
}
"""What a column of another type can be made."""


def meant(name: str, there: Iterable[str]) -> str | None:
    """Which of the names that are there may be this one."""
    plain = {_plain(one): one for one in there}
    for wanted in (name, *ALSO_CALLED.get(name, ())):
        if _plain(wanted) in plain:
            return plain[_plain(wanted)]
    close = get_close_matches(_plain(name), plain, n=1, cutoff=0.75)
    return plain[close[0]] if close else None


def did_you_mean(name: str, there: Iterable[str]) -> str:
    """`; did you mean 'Amount'? Its name must be amount`, or nothing."""
    found = meant(name, there)
    return f"; did you mean {found!r}? Its name must be {name}" if found else ""


def missing_columns(
    table: str, missing: Sequence[str], there: Sequence[str], others: Sequence[str]
) -> DataFault:
    """Columns that are needed and not there, and what may be meant for them."""
    listed = ", ".join(there)
    if len(missing) == 1:
        what = f"the column is missing; the columns are {listed}{did_you_mean(missing[0], others)}"
        return DataFault(table, missing[0], 0, what)
    found = [f"{one!r} for {name}" for name in missing if (one := meant(name, others))]
    hint = f"; did you mean {', '.join(found)}? The names must be these" if found else ""
    what = f"the columns {', '.join(missing)} are missing; the columns are {listed}{hint}"
    return DataFault(table, None, 0, what)


def unread_columns(table: Table, there: Sequence[str]) -> Iterator[str]:
    """Warnings: columns that nothing reads, and would be ours but for case, spaces or signs."""
    absent = {_plain(one.name): one.name for one in table.columns if one.name not in there}
    for name in there:
        if wanted := absent.get(_plain(name)):
            place = f"{table.name}.{wanted}"
            yield f"{place}: " + tr(
                "the column {given} is not read; its name must be {name}",
                given=repr(name),
                name=wanted,
            )


def _plain(name: str) -> str:
    return "".join(letter for letter in name.casefold() if letter.isalnum())
