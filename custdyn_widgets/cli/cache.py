"""`custdyn cache`: the tables that are kept for the next call."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from custdyn_widgets.sources import table_cache


def cache(parsed: argparse.Namespace) -> int:
    """Lists what is kept, or deletes it."""
    folder = table_cache.cache_folder()
    if parsed.clear:
        print(f"{table_cache.sweep(folder, 0) / 1e6:.1f} MB deleted")
    kept = table_cache.entries(folder)
    for entry, size, used in kept:
        print(
            f"{size / 1e6:10.1f} MB  {datetime.fromtimestamp(used, UTC):%Y-%m-%d %H:%M} UTC  "
            f"{entry.table:11}  {entry.source}"
        )
    total, most = sum(size for _, size, _ in kept), table_cache.limit(folder)
    print(f"{total / 1e6:.1f} of {most / 1e6:.0f} MB in {folder}")
    return 0
