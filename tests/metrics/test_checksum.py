"""A mark tells every change of clients and what moved of them, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from custdyn_widgets.extract.arrays import NEVER
from custdyn_widgets.extract.change_table import ChangeTable
from custdyn_widgets.extract.clients import ClientData
from custdyn_widgets.metrics.checksum import added, checksum

CLIENTS: dict[str, list[Any]] = {
    "client_id": [1, 2, 3],
    "currency": ["EUR", "USD", "EUR"],
    "created_at": [datetime(2024, 1, day) for day in (1, 2, 3)],
    "closed_at": [None, datetime(2024, 5, 1), None],
    "passes": [True, True, False],
}
MOVED = {
    "client": [0, 0, 1, 2, -1],
    "bucket": [0, 1, 1, 0, 0],
    "amount": [1000, -250, 0, 7, 9],
    "paid": [5, NEVER, 9, 1, 1],
}


def client_data(
    clients: dict[str, list[Any]] = CLIENTS,
    *,
    scale: int = 2,
    moved: Mapping[str, list[int]] = MOVED,
) -> ClientData:
    columns = {name: np.array(one, np.int64) for name, one in {**MOVED, **moved}.items()}
    return ClientData(pa.table(clients), ChangeTable(**columns, scale=scale), complete=True)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("client_id", 4),
        ("currency", "JPY"),
        ("created_at", datetime(2024, 1, 9)),
        ("closed_at", datetime(2024, 6, 1)),
        ("passes", False),
    ],
)
def test_every_column_of_a_client_counts(column: str, value: Any) -> None:
    other = {**CLIENTS, column: [value, *CLIENTS[column][1:]]}
    assert checksum(client_data(other)) != checksum(client_data())


@pytest.mark.parametrize("column", list(MOVED))
def test_every_column_of_what_moved_counts(column: str) -> None:
    other = [MOVED[column][0] + 1, *MOVED[column][1:]]
    assert checksum(client_data(moved={column: other})) != checksum(client_data())


def test_order_decimals_width_ids_and_who_does_not_pass_do_not_count() -> None:
    own = checksum(client_data())
    turned = {name: one[::-1] for name, one in MOVED.items()}
    assert checksum(client_data(moved=turned)) == own
    assert (
        checksum(client_data(scale=3, moved={"amount": [10 * one for one in MOVED["amount"]]}))
        == own
    )
    wide = replace(client_data().moved, amount=np.array(MOVED["amount"], object))
    assert checksum(replace(client_data(), moved=wide)) == own
    assert checksum(client_data({**CLIENTS, "client_id": ["1", "2", "3"]})) == own
    assert checksum(client_data(moved={"amount": [*MOVED["amount"][:3], 8, 8]})) == own
    assert checksum(client_data(scale=4)) != own


def test_marks_of_parts_add_up() -> None:
    def part(*clients: int) -> ClientData:
        kept = [row for row, one in enumerate(MOVED["client"]) if one in clients]
        moved = {name: [one[row] for row in kept] for name, one in MOVED.items()}
        passes = [place in clients and one for place, one in enumerate(CLIENTS["passes"])]
        return client_data({**CLIENTS, "passes": passes}, moved=moved)

    assert added(checksum(part(0, -1)), checksum(part(1, 2))) == checksum(client_data())


@pytest.mark.parametrize("most", [2**63, 2**64, -(2**90)])
def test_wide_amounts_are_distinct(most: int) -> None:
    def wide(amount: int) -> Any:
        changes = replace(client_data().moved, amount=np.array([amount, 0, 0, 0, 0], object))
        return checksum(replace(client_data(), moved=changes))

    assert len({wide(most), wide(-most), wide(most + 1), wide(0), wide(most * 2)}) == 5
