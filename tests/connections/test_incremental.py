"""From snapshot to snapshot: late, archived, edited and deleted rows."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from custdyn_widgets import Query, Result, make_rollup, run, run_orig_term
from custdyn_widgets.connections import history
from custdyn_widgets.connections.booking import Edit
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.connect_result import ConnectResult
from custdyn_widgets.connections.demo import play, write_sqlite
from custdyn_widgets.connections.magnusbilling import BEGIN, MagnusBilling
from tests.support.billing import fill, put, rows_of
from tests.support.mariadb import MariaDB

QUERY = Query.model_validate(
    {
        "group_by": ["month", "package"],
        "client_type": "all",
        "currency": "USD",
        "period": {"from": "2025-01-01", "to": "2025-12-31"},
        "blocks": ["bridge"],
    }
)
LATER = "2031-01-01T00:00:00Z"
TIMES = pytest.mark.parametrize("times", [1, pytest.param(5, marks=pytest.mark.long)])


class Played:
    """A system that is read again and again into one folder."""

    def __init__(self, server: MariaDB, name: str, folder: Path, seed: int = 21) -> None:
        self.made = play(seed, 60)
        self.server, self.name, self.folder = server, name, folder / "kept"
        self.url = put(server, name, "magnusbilling", self.made.tables)

    def read(self, folder: Path | None = None) -> ConnectResult:
        """The rows as they are now."""
        fill(self.server, self.name, "magnusbilling", self.made.tables)
        return connect("magnusbilling", self.url, to=str(folder or self.folder))

    def stored(self) -> dict[str, Decimal]:
        """What the system stores."""
        return {str(key): row["credit"] for key, row in self.made.users.items()}

    def balances(self) -> dict[str, Decimal]:
        """What the ledger of the folder adds up to."""
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in rows_of(self.folder, "ledger"):
            sums[row["client_id"]] += row["amount"]
        return {key: sums[key] for key in self.stored()}

    def refills(self) -> list[dict[str, object]]:
        """Refills of the system, the newest last."""
        return [one for one in self.made.tables["pkg_refill"] if one["credit"] > 0]


@pytest.fixture
def played(mariadb: MariaDB, tmp_path: Path) -> Played:
    """A system that was read once."""
    made = Played(mariadb, "incremental", tmp_path)
    made.read()
    return made


def values(folder: Path, as_of: str, block: str, name: str) -> list[Decimal]:
    """The figures of a row; N/A is left out."""
    rows = report(folder, as_of).to_dict()["rows"]
    (row,) = [one for one in rows if (one["block"], one["row"]) == (block, name)]
    return [Decimal(str(one)) for one in row["values"] if one is not None]


def report(folder: Path, as_of: str = LATER) -> Result:
    """The report of a folder."""
    return run(QUERY, str(folder), as_of=as_of)


def late(made: MagnusBilling, number: int) -> None:
    """Calls and a refill that arrive after their day."""
    for place in range(5):
        at = BEGIN + timedelta(days=40 * number + place, hours=7)
        made.call(7 + place, at, Decimal("1.2345"))
    made.refill(8, BEGIN + timedelta(days=50 * number), Decimal(20), "Refill, booked late")


@TIMES
def test_late_and_archived_rows_give_the_cells_of_a_full_load(
    times: int, played: Played, tmp_path: Path
) -> None:
    for step in range(1, times + 1):
        late(played.made, step)
        played.made.archive(BEGIN + timedelta(days=180 + 20 * step))
        made = played.read()
        assert made.changes is not None and made.changes.added == 6
        assert (made.changes.edited, made.changes.gone) == ((), 0)
        played.read(tmp_path / f"full{step}")
        same = report(played.folder).to_csv() == report(tmp_path / f"full{step}").to_csv()
        assert same, step
    assert not played.read().written
    assert played.balances() == played.stored()


@pytest.mark.long
def test_an_archive_that_moves_without_anything_new_adds_nothing(played: Played) -> None:
    before = report(played.folder).to_csv()
    played.made.archive(BEGIN + timedelta(days=300))
    made = played.read()
    assert made.changes is not None
    assert (made.changes.added, made.changes.gone, made.changes.booked) == (0, 0, 0)
    assert report(played.folder).to_csv() == before


@TIMES
def test_edited_rows_end_at_the_stored_balance_and_each_is_listed(
    times: int, played: Played
) -> None:
    first = moment(played)
    before = report(played.folder, first)
    for step in range(1, times + 1):
        row = played.refills()[step * 3]
        user, was = int(str(row["id_user"])), Decimal(str(row["credit"]))
        row["credit"] = was - 3
        if step % 2:  # the system mends the balance as well, or not
            played.made.users[user]["credit"] -= 3
        made = played.read()
        assert made.changes is not None
        assert made.changes.edited == (Edit(f"refill:{row['id']}", Decimal(-3)),)
        assert made.changes.booked == (0 if step % 2 else 1)
        assert played.balances() == played.stored()
    assert report(played.folder, first).to_csv() == before.to_csv()
    counts = [values(played.folder, at, "Balance Refill", "Qty") for at in (first, LATER)]
    assert counts[0] == counts[1]  # an edit is no entry of its own
    totals = [sum(values(played.folder, at, "Balance Refill", "Total")) for at in (first, LATER)]
    assert totals[1] - totals[0] == -3 * times


@pytest.mark.long
def test_whatever_counts_entries_leaves_edits_out(played: Played, tmp_path: Path) -> None:
    """The report, who and what is behind a figure, the package card, Orig-Term and a rollup."""
    first = moment(played)
    cards = [report(played.folder, LATER).package_card("Gold 100")]
    for row in played.made.tables["pkg_refill"]:
        if row["credit"] != -5:
            row["credit"] += 1
    call = played.made.tables["pkg_cdr"][5]
    call["sessionbill"] = float(np.float32(call["sessionbill"] + 1))
    made = played.read()
    assert made.changes is not None and len(made.changes.edited) > 50
    after = report(played.folder)
    cards.append(after.package_card("Gold 100"))
    for block, name in (("Balance Refill", "Qty"), ("Packages", "Renew Qty")):
        counts = [values(played.folder, at, block, name) for at in (first, LATER)]
        assert counts[0] == counts[1]
        for bucket, count in zip(after.report.buckets, counts[1], strict=True):
            who = after.clients(block, name, bucket.label)
            what = after.entries(block, name, bucket.label)
            assert sum(who["value"]) == count
            assert sum(what["value"]) == count, what
    rows = [
        {
            one.name: list(map(str, one.cells))
            for one in card.lines
            if not {"Total", "Share"} & {*one.name.split()}  # of money
        }
        for card in cards
    ]
    assert rows[0] == rows[1] and "Renew Qty" in rows[0]
    use = [run_orig_term(QUERY, str(played.folder), as_of=at).frame() for at in (first, LATER)]
    entries = [[name for name in one.columns if "entries" in str(name).casefold()] for one in use]
    assert entries[0] and use[0][entries[0]].equals(use[1][entries[1]])
    rolled = make_rollup(
        str(played.folder), str(tmp_path / "rolled"), as_of=datetime.fromisoformat(LATER)
    )
    assert rolled.rollup.entries == len(played_entries(played))
    again = report(tmp_path / "rolled")
    assert again.to_csv() == after.to_csv()


def played_entries(played: Played) -> list[dict[str, object]]:
    """The entries of a ledger that are no edits."""
    rows = rows_of(played.folder, "ledger")
    return [one for one in rows if not one["entry_id"].startswith("edit:")]


def test_an_edited_call_is_found_in_a_table_that_grows(played: Played) -> None:
    row = played.made.tables["pkg_cdr"][5]
    was = Decimal(str(np.float32(row["sessionbill"])))
    row["sessionbill"] = float(np.float32(row["sessionbill"] + 1))
    made = played.read()
    assert made.changes is not None
    (edit,) = made.changes.edited
    assert str(row["uniqueid"]) in edit.entry_id
    assert abs(edit.difference + 1) < Decimal("0.001") and was > 0
    assert played.balances() == played.stored()


@pytest.mark.long
def test_an_entry_that_moves_to_another_client_is_taken_back_there(played: Played) -> None:
    row = played.refills()[0]
    user, amount = int(str(row["id_user"])), Decimal(str(row["credit"]))
    other = next(one for one in played.made.users if one != user)
    row["id_user"] = other
    played.made.users[user]["credit"] -= amount
    played.made.users[other]["credit"] += amount
    made = played.read()
    assert made.changes is not None and made.changes.booked == 0
    assert list(map(str, made.changes.edited)) == [
        f"refill:{row['id']}: client_id {user} → {other}, 0"
    ]
    own = [one for one in rows_of(played.folder, "ledger") if "edit:" in one["entry_id"]]
    assert sorted((one["client_id"], one["amount"]) for one in own) == sorted(
        [(str(user), -amount), (str(other), amount)]
    )
    assert not played.read().written
    row["credit"] = amount + 1  # once more: the version in force is compared
    played.made.users[other]["credit"] += 1
    made = played.read()
    assert made.changes is not None and made.changes.edited[0].difference == 1
    assert played.balances() == played.stored()


@pytest.mark.long
def test_deleted_rows_stay_and_are_counted(played: Played) -> None:
    first = moment(played)
    before = report(played.folder, first).to_csv()
    rows = len(rows_of(played.folder, "ledger"))
    gone = Decimal(0)
    for step in range(1, 6):
        row = played.refills()[step]
        gone += Decimal(str(row["credit"]))
        played.made.tables["pkg_refill"].remove(row)
        if step == 5:  # with the balance: what is booked is the drift
            played.made.users[int(str(row["id_user"]))]["credit"] -= Decimal(str(row["credit"]))
        made = played.read()
        assert made.changes is not None
        assert (made.changes.gone, made.changes.gone_amount) == (step, gone)
        assert f"refill:{row['id']}" in made.changes.gone_ids or step > 3
        assert made.changes.booked == (step == 5)
    assert len(rows_of(played.folder, "ledger")) == rows + 1
    assert played.balances() == played.stored()
    assert report(played.folder, first).to_csv() == before


@pytest.mark.long
def test_a_client_that_is_gone_stays_and_is_closed(played: Played) -> None:
    user = next(iter(played.made.users))
    row = played.made.users.pop(user)
    played.made.tables["pkg_user"].remove(row)
    played.read()
    (kept,) = [one for one in rows_of(played.folder, "clients") if one["client_id"] == str(user)]
    assert kept["closed_at"] is not None
    assert not played.read().written


def test_calls_of_one_id_keep_their_numbers_when_another_arrives_late(played: Played) -> None:
    """Two legs of one call are alike in all that names them; the late one costs more."""
    calls = played.made.tables["pkg_cdr"]
    row = calls[3]
    known = {one["entry_id"]: one["amount"] for one in rows_of(played.folder, "ledger")}
    calls.append({**row, "id": 90_001, "sessionbill": 99.5})
    made = played.read()
    assert made.changes is not None
    assert (made.changes.added, made.changes.edited, made.changes.gone) == (1, (), 0)
    after = {one["entry_id"]: one["amount"] for one in rows_of(played.folder, "ledger")}
    assert {key: after[key] for key in known} == known
    calls.remove(row)  # the first one is gone: the other keeps its number
    made = played.read()
    assert made.changes is not None
    assert (made.changes.added, made.changes.edited, made.changes.gone) == (0, (), 1)


@pytest.mark.long
def test_without_the_numbers_of_before_a_late_call_would_change_another(
    played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = played.made.tables["pkg_cdr"]
    calls.append({**calls[3], "id": 90_001, "sessionbill": 99.5})
    monkeypatch.setattr(history, "number_again", lambda _: None)
    made = played.read()
    assert made.changes is not None and made.changes.edited  # the control


def test_two_first_runs_differ_in_their_instant_only(played: Played, tmp_path: Path) -> None:
    other = tmp_path / "other"
    played.read(other)
    for table in ("clients", "client_tags", "packages", "ledger"):
        assert rows_of(played.folder, table) == rows_of(other, table)
    for part in (played.folder / "ledger").iterdir():
        assert part.read_bytes() == (other / "ledger" / part.name).read_bytes()


def test_months_without_news_are_the_same_files(played: Played) -> None:
    before = {one.name: one.stat().st_ino for one in (played.folder / "ledger").iterdir()}
    played.made.call(7, datetime(2025, 11, 5, tzinfo=UTC), Decimal("0.5"))
    played.read()
    after = {one.name: one.stat().st_ino for one in (played.folder / "ledger").iterdir()}
    assert {name for name in after if after[name] != before.get(name)} == {"2025-11.parquet"}


@pytest.mark.parametrize("opening", ["created", "horizon", "none"])
def test_openings_are_dated_as_asked(opening: str, tmp_path: Path) -> None:
    made = play(5, 12)
    made.users[7]["credit"] += Decimal("12.34")
    write_sqlite(made.tables, tmp_path / "old.sqlite")
    source = str(tmp_path / "old.sqlite")
    connect("magnusbilling", source, to=str(tmp_path / "out"), opening=opening)
    ledger = rows_of(tmp_path / "out", "ledger")
    booked = [one for one in ledger if one["entry_id"] == "opening:7"]
    if opening == "none":
        assert not booked
        return
    (entry,) = booked
    assert (entry["amount"], entry["kind"], entry["recorded_at"]) == (
        Decimal("12.34"),
        "opening",
        None,
    )
    own = min(one["occurred_at"] for one in ledger if one["client_id"] == "7")
    created = datetime.fromtimestamp(made.users[7]["creationdate"], UTC).replace(tzinfo=None)
    assert entry["occurred_at"] == min(own, created)


def moment(played: Played) -> str:
    """An instant between the first snapshot and the next."""
    import json

    said = json.loads((played.folder / "connection.json").read_text())
    return str((datetime.fromisoformat(said["moment"]) + timedelta(milliseconds=1)).isoformat())
