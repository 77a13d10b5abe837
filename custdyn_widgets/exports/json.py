"""Report → JSON."""

from __future__ import annotations

import json

from custdyn_widgets.pipeline.provenance import Provenance
from custdyn_widgets.report.report import Report


def to_json(report: Report, provenance: Provenance) -> bytes:
    """`Report.to_dict` and the provenance, in UTF-8, ending in a line feed."""
    made = {**report.to_dict(), "provenance": provenance.to_dict()}
    return (json.dumps(made, ensure_ascii=False, indent=1) + "\n").encode()
