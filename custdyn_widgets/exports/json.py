"""Report → JSON."""

from __future__ import annotations

import json

from ..report import Report


def to_json(report: Report) -> bytes:
    """The structure of REPORT.md section 7, in UTF-8, ending in a line feed."""
    return (json.dumps(report.to_dict(), ensure_ascii=False, indent=1) + "\n").encode()
