"""The demo: believable, friendly, and always the same."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from custdyn_widgets import open_source, run
from custdyn_widgets.model.definitions import ACTIVE
from custdyn_widgets.model.schema import CLIENT_TYPES, NAMED_KINDS
from custdyn_widgets.sources.demo.generator import demo_folder, make_demo
from custdyn_widgets.sources.demo.words import PACKAGES, SPECIAL_NAMES, TAGS
from tests.conftest import AS_OF
from tests.support.small import notes


def test_it_is_an_operator_of_three_years() -> None:
    folder = demo_folder(date(2026, 11, 24))
    clients = pq.read_table(folder / "clients.parquet").to_pandas()
    ledger = pq.read_table(folder / "ledger.parquet").to_pandas()
    assert 2_900 < len(clients) < 3_200
    assert 290_000 < len(ledger) < 310_000
    assert set(clients["type"]) == set(CLIENT_TYPES)
    assert clients["currency"].nunique() == 5
    assert set(SPECIAL_NAMES) <= set(clients["name"])
    assert len(PACKAGES) == 12
    assert set(NAMED_KINDS) < set(ledger["kind"])
    credits = ledger[(ledger["kind"] == "payg") & (ledger["amount"] > 0)]
    assert set(credits["direction"]) == {"term"}
    resellers = clients[clients["type"] == "reseller"]
    assert resellers["owner_id"].notna().any()  # a tree, not a list
    assert ledger["occurred_at"].max().strftime("%Y-%m") == "2026-11"


def test_no_name_looks_like_an_attack() -> None:
    """The first thing that a visitor sees: hostile names are the tests' own, see hostile.py."""
    names = [
        *SPECIAL_NAMES,
        *TAGS,
        *(word for one in PACKAGES for word in (one.name, one.description)),
    ]
    assert [name for name in names if name[0] in "=+-@" or {*name} & {*"<>{}$|;"}] == []


def test_history_never_changes(tmp_path: Path) -> None:
    tables = {}
    for months in (2, 3):
        folder = tmp_path / str(months)
        folder.mkdir()
        make_demo(folder, months)
        tables[months] = pq.read_table(folder / "ledger.parquet")
    assert tables[3].slice(0, tables[2].num_rows).equals(tables[2])


def test_it_is_made_once() -> None:
    folder = demo_folder(date(2024, 1, 1))
    made = (folder / "ledger.parquet").stat().st_mtime_ns
    assert demo_folder(date(2024, 1, 1)) == folder
    assert (folder / "ledger.parquet").stat().st_mtime_ns == made


def test_it_has_no_data_errors_and_grows() -> None:
    checked = open_source("demo").check()
    assert checked.faults == () and checked.warnings == ()
    assert [note.partition(":")[0] for note in checked.notes] == [
        "ledger.kind",  # corrections, taxes
        "ledger.occurred_at",  # it goes on to the end of the month
        "ledger",  # calls that are alike
    ]
    result = run({"period": "this_year", "client_type": "all"}, "demo", as_of=AS_OF)
    active = [cell.value for cell in result.report.row(ACTIVE, "Qty").cells]
    assert isinstance(active[0], int) and isinstance(active[9], int)
    assert active[9] > active[0] > 1_000
    assert "not included" in notes(result)
