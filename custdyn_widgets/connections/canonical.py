"""The columns that a mapping gives and a folder has, and names that are connect's own."""

from __future__ import annotations

from custdyn_widgets.connections.system import ROW
from custdyn_widgets.model.schema import TABLES, Column
from custdyn_widgets.sources.connection import EDIT

RECORDED = "recorded_at"
"""The column that says which snapshot saw an entry first: connect's own."""
REPEATS = "repeats"
"""The column of ledger.sql that is true where several entries may have one `entry_id`."""
ORIGIN_COLUMNS = ("input", ROW)
"""The columns that say which raw row a row was made of."""
UNNAMED = "unnamed_ledger"
"""The ledger before entries that may have one id are numbered."""
RESERVED = ("opening:", "drift:", EDIT)
"""What begins the ids of entries that `connect` makes itself."""
FALLBACK = {("clients", "name"), ("clients", "created_at"), ("clients", "currency")}
"""Required columns that need not be mapped: see `Mapped`."""
IDENTITY = ("client_id", "kind", "package_id", "occurred_at")
"""What an edit cannot change of an entry: it is taken back there, and booked again."""


def columns_of(name: str, *, lists: bool) -> list[Column]:
    """The columns of a table that a folder has, with or without those that only lists show."""
    return [one for one in TABLES[name].columns if lists or not one.listed]
