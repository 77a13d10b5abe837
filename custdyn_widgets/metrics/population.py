"""The clients that pass the filters, numbered, with their balance changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa

from custdyn_widgets.extract.arrays import microseconds_or
from custdyn_widgets.extract.clients import ClientData

OPEN = np.iinfo(np.int64).max
Checkpoint = Callable[[], None]


@dataclass(frozen=True)
class Population:
    """The clients that pass the filters, numbered, and what moved of each.

    `ids` are their client_ids by position, `clients` and `changes` as `client_set_sums` takes them.
    """

    ids: pa.ChunkedArray
    clients: pd.DataFrame
    changes: pd.DataFrame


def population(client_data: ClientData, checkpoint: Checkpoint = lambda: None) -> Population:
    """The clients that pass, numbered; `checkpoint` is called now and then."""
    clients, changes = client_data.clients, client_data.changes
    passes = clients["passes"].to_numpy()
    client = changes.client
    if not passes.all():  # else they are numbered so already
        # the number of each among those that pass; the last place is for unknown clients
        client = np.append(np.where(passes, np.cumsum(passes) - 1, -1), -1)[client]
    checkpoint()
    kept: slice | np.ndarray = slice(None) if client.min(initial=0) >= 0 else client >= 0
    moved = {
        "client": client[kept],
        "bucket": changes.bucket[kept],
        "amount": changes.amount[kept],
        "paid": changes.paid[kept],
    }
    checkpoint()
    listed = pd.DataFrame(
        {
            "currency": clients["currency"].dictionary_encode().to_pandas(),
            "created": microseconds_or(clients["created_at"], OPEN),
            "closed": microseconds_or(clients["closed_at"], OPEN),
        }
    )[passes].reset_index(drop=True)
    ids = clients["client_id"].filter(clients["passes"])
    return Population(ids, listed, pd.DataFrame(moved, copy=False))
