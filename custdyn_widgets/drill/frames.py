"""What is behind a cell as pandas frames, exact."""

from __future__ import annotations

import numpy as np
import pandas as pd

from custdyn_widgets.drill.clients import FACTS, ClientList
from custdyn_widgets.drill.lines import SAID, EntryLines

CLIENT_COLUMNS = (
    *(column.key for column in FACTS),
    "entries",
    "amount",
    "value",
    "contribution",
)
ENTRY_COLUMNS = (
    *("entry_id", "client_id", "occurred_at", *SAID),
    *("amount", "balance", "adds", "contribution"),
)


def clients_frame(clients: ClientList) -> pd.DataFrame:
    """One line a client: facts, `entries`, `amount` in its currency, `value` in the report's.

    `contribution` is what it adds to the figure, unrounded: an int or a Fraction.
    """
    keys = [column.key for column in clients.columns]
    made = pd.DataFrame(list(clients.lines(np.arange(len(clients)))), columns=keys, dtype="object")
    for key in CLIENT_COLUMNS[len(FACTS) : -1]:
        if key not in made:
            made[key] = None
    made["contribution"] = pd.Series(
        [clients.side.contribution(place) for place in range(len(clients))], dtype="object"
    )
    return made[list(CLIENT_COLUMNS)]


def entries_frame(lines: EntryLines) -> pd.DataFrame:
    """One line an entry, by client and time: the ledger's columns and `package`, its name.

    `occurred_at` is UTC; `balance` runs over all entries of the client; `adds` is in the report's
    currency and `contribution` the same unrounded (None: it adds nothing).
    """
    table = lines.entries.table
    keys = [column.key for column in lines.columns]
    made = pd.DataFrame(
        [lines.line(place) for place in range(len(lines))], columns=keys, dtype="object"
    )
    for key in SAID:
        if key not in made:
            made[key] = None
    made["client_id"] = [str(one) for one in table["client_id"].to_pylist()]
    made["occurred_at"] = pd.to_datetime(table["occurred_at"].to_pandas(), utc=True)
    made["contribution"] = pd.Series(
        [lines.exact(place) for place in range(len(lines))], dtype="object"
    )
    made["adds"] = made["adds"].astype("object")
    return made[list(ENTRY_COLUMNS)]
