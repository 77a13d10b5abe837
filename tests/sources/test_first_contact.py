"""Folders as people save them: each error names what is there, the value, and what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from custdyn_widgets import run
from custdyn_widgets.errors import CustdynError
from tests.conftest import AS_OF

CLIENTS = "client_id,name,type,currency,created_at\n1,One,client,EUR,2024-01-01\n"
LEDGER = "entry_id,client_id,occurred_at,kind,amount\n1,1,2024-01-02,refill,20.00\n"
QUERY = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "currency": "EUR"}
Files = dict[str, str | bytes]


def ledger(row: str) -> Files:
    return {"ledger.csv": f"{LEDGER}{row}\n"}


CASES: list[tuple[Files, str]] = [
    (
        ledger('2,1,2024-01-02,payg,"-1,000.50"'),
        "ledger.amount: not a number in 1 row (2): '-1,000.50'; write it like -1234.56",
    ),
    (ledger("2,1,2024-01-02,payg,€5"), "in 1 row (2): '€5'; write it like -1234.56"),
    (
        ledger("2,1,31.01.2024 10:00,payg,-5"),
        "ledger.occurred_at: not an instant in 1 row (2): '31.01.2024 10:00'; write it like "
        "2024-01-31 23:59:59 (UTC)",
    ),
    (ledger("2,1,0000-01-01,payg,-5"), "ledger.occurred_at: not an instant in 1 row (2)"),
    (ledger("2,1,2024-01-02,payg,"), "ledger.amount: is null in 1 row (2); every row needs one"),
    (
        ledger("2,1,2024-01-02,payg,-0.30000000000000004"),
        "'-0.30000000000000004'; round it to 2 decimals",
    ),
    (ledger("2,1,2024-01-02,payg"), "ledger.csv line 3 has 4 columns, the header 5"),
    (
        {"ledger.csv": LEDGER.replace("amount", "Amount").replace("occurred_at", "date")},
        "ledger: the columns occurred_at, amount are missing; the columns are entry_id, client_id, "
        "date, kind, Amount; did you mean 'date' for occurred_at, 'Amount' for amount? The names "
        "must be these",
    ),
    ({"ledger.csv": ""}, "ledger.csv is empty; its first line names the columns: entry_id,"),
    ({"ledger.csv": LEDGER.replace("refill", "Z\xfcrich").encode("cp1252")}, "UTF-8 (line 2)"),
    ({"ledger.csv": "\ufeff".encode("utf-16") + LEDGER.encode("utf-16-le")}, "UTF-8 (line 1)"),
    (
        {"clients.csv": CLIENTS.replace("client,", "customer,")},
        "clients.type: is not one of client, reseller, calling_card, call_shop in 1 row (1): "
        "'customer'",
    ),
    (
        {"clients.csv": CLIENTS + CLIENTS.partition("\n")[2]},
        "clients.client_id: the same client_id more than once in 2 rows (1); keep one row of each",
    ),
    (
        {"rates.csv": "currency,valid_from,rate\nUSD,2024-01-01,0\n"},
        "rates.rate: is zero or negative in 1 row (USD 2024-01-01): '0'; write it like 1234.56",
    ),
    (
        {"ledger.csv": LEDGER.encode() + b"2,1,2024-01-02,payg,-5\r\n" * 3},
        "ledger.csv has lines that end in",
    ),
    (
        {"ledger.csv": (LEDGER.rstrip() + ";\n").replace(",", ";").replace("20.00", "1,2,3")},
        "'1,2,3'",
    ),
    ({"ledger.parquet": b""}, "ledger is there twice (ledger.csv, ledger.parquet); keep one"),
]


@pytest.mark.parametrize(("files", "words"), CASES)
def test_an_error_says_what_to_write(files: Files, words: str, tmp_path: Path) -> None:
    for name, content in {"clients.csv": CLIENTS, "ledger.csv": LEDGER, **files}.items():
        text = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name).write_bytes(text)
    with pytest.raises(CustdynError) as raised:
        run(QUERY, tmp_path, as_of=AS_OF)
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "it is empty; name them: clients.csv and ledger.csv"),
        (["clients.xlsx", "ledger.xlsx"], "it has clients.xlsx, ledger.xlsx; save each sheet as"),
        (["clients.txt"], "it has clients.txt; name them: clients.csv and ledger.csv"),
        (["export/clients.csv"], "did you mean {folder}/export?"),
        (["Ledger.csv", "clients.csv"], "there are Ledger.csv, clients.csv; did you mean"),
        (
            ["clients.csv"],
            "ledger: the table is missing; there are clients.csv; custdyn init writes",
        ),
    ],
)
def test_a_folder_without_the_tables_says_what_it_has(
    names: list[str], words: str, tmp_path: Path
) -> None:
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(CLIENTS if "clients" in name else LEDGER)
    with pytest.raises(CustdynError) as raised:
        run(QUERY, tmp_path, as_of=AS_OF)
    assert words.format(folder=tmp_path) in str(raised.value)
