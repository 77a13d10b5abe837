"""Laws of reading: what the first round's reader, by way of text, made of the same files."""

from __future__ import annotations

import csv
import io
import re
import sqlite3
import tempfile
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import assume, event, given
from hypothesis import strategies as st

from custdyn_widgets import open_source
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.model.schema import TABLES
from tests.support.hostile import CORPUS
from tests.support.ledgers import ledgers
from tests.support.reference import Columns, columns, read_as_before

HEAD = [column.name for column in TABLES["ledger"].columns]
CLIENTS = "client_id,name,type,currency,created_at\n1,One,client,EUR,2024-01-01\n"
Row = dict[str, Any]


def decimals(digits: int, scale: int) -> st.SearchStrategy[str]:
    """Numbers as people write them: signs, zeros, no digit on one side of the point."""
    return st.builds(
        lambda sign, before, after, point: f"{sign}{before}{point}{after if point else ''}",
        st.sampled_from(["", "-", "+"]),
        st.text("0123456789", min_size=1, max_size=digits),
        st.text("0123456789", max_size=scale),
        st.sampled_from(["", "."]),
    )


PLAIN = decimals(6, 4)
GOOD = st.one_of(
    PLAIN,
    decimals(12, 6),
    decimals(26, 12),
    decimals(30, 14),
    st.builds(lambda one, power: f"{one}e{power}", PLAIN, st.integers(-14, 26)),
    st.sampled_from([".5", "5.", "+.2", "-0", "00012", "1E+2", "1e002", "0.10000000000000", "0e9"]),
)
BAD = st.sampled_from(
    [
        *("1,000", "1_000", " 1", "1 ", "NaN", "inf", "-Infinity", "0x10", "1e", ".", "-", "١"),
        *("1.2.3", "1e999", "--1", "1d5", "€5", "1\u00a0000", "\ufeff1", "1\n"),
    ]
)
QUANTITY = st.one_of(st.none(), PLAIN, decimals(10, 20))
INSTANT = st.builds(
    lambda day, time, zone: f"{day}{time}{zone if time else ''}",
    st.one_of(
        st.dates().filter(lambda one: 1 < one.year < 9999).map(str),
        st.sampled_from(["0002-01-01", "9998-12-31", "2024-02-29", "2000-02-29"]),
    ),
    st.one_of(
        st.just(""),
        st.times().map(lambda one: f" {one.isoformat()}"),
        st.sampled_from(["T00:00", " 23:59:59.999999", "T12:30:00.5", "T00:00:00.1234560000"]),
    ),
    st.sampled_from(["", "", "", "Z", "+00:00", "+02:00", "-0330", "+05", "-15:59"]),
)
BAD_INSTANT = st.sampled_from(
    [
        *("2024-02-30", "2023-02-29", "01.02.2024", "2024-1-1", "2024-01-01 24:00:01", "infinity"),
        *("2024-01-01 00:00:60", "2024-01-01T00:00:00+16:00", "2024-01-01 00:00:00.1234567"),
        *("2024-01-01T00:00Z", " 2024-01-01", "2024-01-01T00:00:00 UTC", "20240101", "now"),
    ]
)
TEXT = st.one_of(st.sampled_from(["payg", "refill", "tax", "Payg", "a"]), st.sampled_from(CORPUS))
ID = st.one_of(st.integers(-5, 99).map(str), st.sampled_from(["007", "7", "a b", "9" * 20, "1.0"]))


def row(
    amount: st.SearchStrategy[Any] = GOOD, instant: st.SearchStrategy[Any] = INSTANT
) -> st.SearchStrategy[Row]:
    """A row of the ledger."""
    maybe = st.none() | TEXT
    return st.fixed_dictionaries(
        {
            **{"entry_id": ID, "client_id": ID, "occurred_at": instant, "kind": TEXT},
            **{"amount": amount, "package_id": st.none() | ID, "quantity": QUANTITY},
            **dict.fromkeys(("service", "direction", "destination", "description"), maybe),
            "recorded_at": st.none() | INSTANT,
        }
    )


SPOILT = st.none() | row(BAD) | row(instant=BAD_INSTANT) | row(st.none())


def read(place: Path) -> dict[str, Columns] | str:
    """The tables as they are read now, or what is wrong."""
    source = open_source(place, cache=False)
    try:
        with source.reading() as snapshot:
            fetched = {
                name: snapshot.fetch(snapshot.listed[name]) for name in ("clients", "ledger")
            }
            return {name: columns(table) for name, table in fetched.items()}
    except CustdynError as error:
        return str(error)
    finally:
        source.close()


def agree(place: Path) -> None:
    """The same rows, or both refuse."""
    before, now = read_as_before(place), read(place)
    event("refused" if isinstance(before, str) else "read")
    if isinstance(before, str) or isinstance(now, str):
        assert isinstance(before, str) and isinstance(now, str), (before, now)
        return
    for name, expected in before.items():
        assert now[name] == expected


@ledgers(2, 20)
@given(
    rows=st.lists(row(PLAIN) | row(), max_size=6),
    last=SPOILT,
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    ends=st.sampled_from(["\n", "\r\n"]),
    head=st.permutations(HEAD),
    many=st.sampled_from([0, 0, 0, 3_000]),
    mark=st.booleans(),
)
def test_csv_is_read_as_before(
    rows: list[Row],
    last: Row | None,
    quoting: int,
    ends: str,
    head: list[str],
    many: int,
    mark: bool,
) -> None:
    file = io.StringIO(newline="")
    written = csv.DictWriter(file, head, lineterminator=ends, quoting=quoting)  # type: ignore[arg-type]
    written.writeheader()
    written.writerows([*rows, *rows[:1] * many, *([last] if last else [])])
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "clients.csv").write_text(CLIENTS)
        text = ("\ufeff" if mark else "") + file.getvalue()
        (Path(name) / "ledger.csv").write_bytes(text.encode("utf-8", "surrogatepass"))
        agree(Path(name))


VALUE = st.one_of(
    st.none(),
    GOOD,
    BAD,
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-9, 9),
    st.floats(allow_nan=False),
    st.floats(-1000, 1000).map(lambda one: round(one, 2)),
    st.sampled_from([0.1, 3.0, 1e15, 2.5, 1e-7, 0.1 + 0.2, b"1.5", b"\xff", "Zürich"]),
)
SECONDS = st.integers(0, 3600).map(lambda one: one / 60)


def short(text: str) -> bool:
    """What a column of SQLite does not turn into a binary float that has other digits."""
    return len(text) < 16


TYPES = ("", "TEXT", "INTEGER", "REAL", "NUMERIC", "DECIMAL(10,2)", "VARCHAR(20)", "BLOB")


@ledgers(4, 12)
@given(
    types=st.fixed_dictionaries(
        {name: st.sampled_from(TYPES) for name in ("entry_id", "client_id", "amount", "quantity")}
    ),
    rows=st.lists(
        st.fixed_dictionaries(
            {
                "entry_id": st.integers(0, 9) | ID.filter(short) | st.sampled_from([3.0, 1.5]),
                "client_id": st.integers(0, 9) | ID.filter(short),
                "occurred_at": INSTANT,
                "kind": st.sampled_from(["payg", "refill", b"tax", 3.0, 7]),
                "amount": st.integers(-9, 9) | PLAIN | VALUE,
                "quantity": st.none() | st.integers(0, 9) | SECONDS | PLAIN,
            }
        ),
        min_size=1,
        max_size=5,
    ),
)
def test_sqlite_is_read_as_before(types: dict[str, str], rows: list[Row]) -> None:
    with tempfile.TemporaryDirectory() as name:
        file = Path(name) / "s.sqlite"
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("CREATE TABLE clients (client_id, name, type, currency, created_at)")
            one = ("1", "One", "client", "EUR", "2024-01-01")
            connection.execute("INSERT INTO clients VALUES (?, ?, ?, ?, ?)", one)
            head = ("entry_id", "client_id", "occurred_at", "kind", "amount", "quantity")
            declared = ", ".join(f"{column} {types.get(column, '')}" for column in head)
            connection.execute(f"CREATE TABLE ledger ({declared})")
            for line in rows:
                connection.execute(
                    "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?)", [line[one] for one in head]
                )
            connection.commit()
        agree(file)


NUMBERS = st.one_of(
    st.lists(st.floats(-1e9, 1e9).map(lambda one: round(one, 4)), min_size=1).map(pa.array),
    st.lists(st.floats() | st.none(), min_size=1).map(lambda one: pa.array(one, pa.float64())),
    st.lists(st.floats(width=32), min_size=1).map(lambda one: pa.array(one, pa.float32())),
    st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1).map(pa.array),
    st.lists(GOOD, min_size=1).map(pa.array),
    st.lists(st.decimals(-(10**6), 10**6, places=4, allow_nan=False).map(Decimal), min_size=1).map(
        lambda some: pa.array(some, pa.decimal128(18, 4))
    ),
)


@ledgers(4, 12)
@given(amount=NUMBERS)
def test_parquet_is_read_as_before(amount: pa.Array) -> None:
    count = len(amount)
    table = pa.table(
        {
            "entry_id": pa.array(range(count)),
            "client_id": pa.array([1] * count),
            "occurred_at": pa.array(["2024-01-01"] * count),
            "kind": pa.array(["payg"] * count),
            "amount": amount,
        }
    )
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "clients.csv").write_text(CLIENTS)
        pq.write_table(table, Path(name) / "ledger.parquet")
        agree(Path(name))


@ledgers(8, 50)
@given(
    rows=st.lists(row(GOOD) | row(BAD), max_size=6),
    separator=st.sampled_from([";", "\t"]),
)
def test_semicolons_and_decimal_commas_are_the_same_rows(rows: list[Row], separator: str) -> None:
    """Unless every comma may as well group thousands."""
    numbers = [one[name] for one in rows for name in ("amount", "quantity") if one[name]]
    ambiguous = any("," in one.replace(".", ",") for one in numbers) and not any(
        re.search(r",(?!\d{3}(?!\d))", one.replace(".", ",")) for one in numbers
    )
    assume(not any("," in one for one in numbers))
    with tempfile.TemporaryDirectory() as name:
        for folder, turn, between in (("a", str, ","), ("b", _with_commas, separator)):
            (Path(name) / folder).mkdir()
            (Path(name) / folder / "clients.csv").write_text(CLIENTS)
            with (Path(name) / folder / "ledger.csv").open("w", newline="") as file:
                written = csv.DictWriter(file, HEAD, delimiter=between)
                written.writeheader()
                for one in rows:
                    changed = {key: turn(one[key]) for key in ("amount", "quantity") if one[key]}
                    written.writerow(one | changed)
        plain, turned = read(Path(name) / "a"), read(Path(name) / "b")
    if ambiguous:
        assert isinstance(turned, str) and ("may be" in turned or "not CSV" in turned)
    elif isinstance(plain, str):
        assert isinstance(turned, str)
    else:
        assert turned == plain


def _with_commas(number: str) -> str:
    return number.replace(".", ",")
