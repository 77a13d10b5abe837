"""What is odd in the data is found, counted, and shown entry by entry."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.cli import main
from custdyn_widgets.errors import DataError, QueryError
from custdyn_widgets.listings.findings import listed
from custdyn_widgets.model.definitions import FINDINGS
from custdyn_widgets.sources.quality import COLUMNS
from tests.support.small import entry, frame, source

CLIENTS = [
    [1, "Ada", "client", None, "EUR", "2024-01-01T00:00:00Z"],
    [2, "Béla", "client", None, "XAF", "2024-02-01T00:00:00Z"],
]
ODD = [
    entry(1, 1, "2024-01-05T10:00:00Z", "refill", "10"),
    entry(2, 1, "2024-01-05T10:00:00Z", "refill", "10"),  # a double
    entry(3, 1, "2024-01-05T10:00:00Z", "refill", "11"),
    entry(4, 2, "2024-01-31T23:59:59Z", "payg", "-1"),  # before its creation, and without rates
    entry(5, 9, "2024-02-05T10:00:00Z", "tax", "-7.5"),  # nobody knows this client
]
RATES = [["EUR", "2020-01-01", "1"]]


def busy(days: int, gap: int) -> list[list[object]]:
    """Ten entries a day, but for one day."""
    first = datetime(2024, 3, 1, tzinfo=UTC)
    moments = [
        first + timedelta(days=day, hours=hour)
        for day in range(days)
        for hour in range(10)
        if day != gap
    ]
    return [
        entry(100 + n, 1, f"{one:%Y-%m-%dT%H:%M:%SZ}", "refill", "1")
        for n, one in enumerate(moments)
    ]


def entry_ids(key: str, tables: object) -> list[object]:
    odd = listed(tables, key)  # type: ignore[arg-type]
    place = [column.key for column in COLUMNS].index("entry_id")
    return [line[place] for line in odd.lines()]


def test_each_finding_leads_to_its_entries() -> None:
    tables = source(clients=CLIENTS, ledger=ODD, rates=RATES)
    assert entry_ids("unknown_clients", tables) == ["5"]
    assert entry_ids("duplicates", tables) == ["1", "2"]
    assert entry_ids("before_creation", tables) == ["4"]
    assert entry_ids("gaps", tables) == []
    assert entry_ids("no_rates", tables) == ["4"]
    checked = tables.check()
    notes = checked.notes
    assert checked.faults == ()
    assert [one for one in notes if "alike" in one] == [
        "ledger: 2 entries are alike in everything but their entry_id; 1 repeats another"
    ]
    assert any("no rates at all for XAF (1 client)" in one for one in notes)
    assert any("1 entry of 1 client from before" in one for one in notes)
    with pytest.raises(QueryError, match="unknown_clients, duplicates"):
        tables.finding_lines("nothing")


def test_a_day_without_entries_is_a_gap_where_there_used_to_be_many() -> None:
    tables = source(ledger=busy(40, 30), rates=RATES)
    (note,) = (one for one in tables.check().notes if "no entry on" in one)
    assert "no entry on 1 UTC day (2024-03-31)" in note
    assert len(entry_ids("gaps", tables)) == 20  # of the days before and after
    early = source(ledger=busy(40, 20), rates=RATES)  # not enough days before it
    assert entry_ids("gaps", early) == []


def test_a_report_on_checked_data_notes_what_was_found(tmp_path: Path) -> None:
    for table, rows in (("clients", CLIENTS), ("ledger", ODD), ("rates", RATES)):
        frame(table, rows).to_csv(tmp_path / f"{table}.csv", index=False)
    query = {"period": {"from": "2024-01-01", "to": "2024-01-30"}}

    def noted() -> bool:
        notes = map(str, run(query, open_source(tmp_path)).report.notes)
        return any("alike in everything" in note for note in notes)

    assert not noted()
    open_source(tmp_path).check()
    assert noted()  # another process would find it in the mark, too
    (ledger := tmp_path / "ledger.csv").write_text(ledger.read_text() + "\n")
    assert not noted()


def test_the_command_lists_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for table, rows in (("clients", CLIENTS), ("ledger", ODD), ("rates", RATES)):
        frame(table, rows).to_csv(tmp_path / f"{table}.csv", index=False)
    assert main(["check", "--source", str(tmp_path)]) == 0
    assert "note: ledger: 2 entries are alike" in capsys.readouterr().out
    output = tmp_path / "doubles.csv"
    command = ["check", "--source", str(tmp_path), "--entries", "duplicates"]
    assert main([*command, "--output", str(output)]) == 0
    lines = list(csv.DictReader(io.StringIO(output.read_text("utf-8-sig"))))
    assert [(line["Entry ID"], line["Amount"], line["Client"]) for line in lines] == [
        ("1", "10.00", "Ada"),
        ("2", "10.00", "Ada"),
    ]
    frame("ledger", ODD[:1] * 2).to_csv(tmp_path / "ledger.csv", index=False)
    with pytest.raises(DataError, match="more than once"):
        listed(open_source(tmp_path), "duplicates")


def test_every_finding_is_documented() -> None:
    document = (Path(__file__).parents[2] / "docs/lists.md").read_text()
    assert all(f"`{key}`" in document for key in FINDINGS)
