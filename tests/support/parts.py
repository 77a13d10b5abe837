"""Parts of a machine that tests need: in CI a missing part is a failure, elsewhere a skip."""

from __future__ import annotations

import os


def all_parts() -> bool:
    """Whether a missing part is a failure; where it is not, it is a skip that names it."""
    return bool(os.environ.get("CUSTDYN_ALL_PARTS"))
