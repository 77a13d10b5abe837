"""A kill between any two files leaves the old snapshot or the new one, whole."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from custdyn_widgets import run
from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.demo import play, write_sqlite
from custdyn_widgets.connections.magnusbilling import BEGIN
from tests.support.billing import rows_of
from tests.support.kills import chance, connect_again, kill_after, start


@pytest.mark.parametrize("times", [1, pytest.param(50, marks=pytest.mark.long)])
def test_a_kill_leaves_the_old_snapshot_or_the_new(times: int, tmp_path: Path) -> None:
    draw, seed = chance()
    made = play(31, 40)
    stored: dict[str, dict[str, Decimal]] = {}
    for step in range(4):
        place = tmp_path / f"state{step}.sqlite"
        write_sqlite(made.tables, place)
        stored[str(place)] = {str(key): row["credit"] for key, row in made.users.items()}
        for number in range(3, 30):
            made.call(number, BEGIN + timedelta(days=10 * step + number), Decimal("0.75"))
    folder = tmp_path / "billing"
    connect("magnusbilling", next(iter(stored)), to=str(folder))
    killed = 0
    while killed < times:
        process = start(connect_again, list(stored), str(folder), draw.randrange(1 << 30))
        killed += kill_after(process, draw.uniform(0.1, 2.5))
        said = json.loads((folder / "connection.json").read_text())
        ledger = rows_of(folder, "ledger")
        assert len({row["entry_id"] for row in ledger}) == len(ledger) == said["tables"]["ledger"]
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for row in ledger:
            sums[row["client_id"]] += row["amount"]
        assert {key: sums[key] for key in stored[said["origin"]]} == stored[said["origin"]], seed
    last = list(stored)[-1]
    connect("magnusbilling", last, to=str(folder))
    inside = sorted(one.name for one in (folder / ".connect").iterdir())
    assert not [one for one in inside if one.startswith("work-")], inside
    assert len([one for one in inside if one.isdigit()]) <= 2
    assert run({"period": "last_year"}, str(folder), as_of="2026-06-01T00:00:00Z").table is not None
