"""Lists with the criteria of a report: CDRs, Orig-Term, findings."""

from __future__ import annotations

from custdyn_widgets.listings.cdrs import Cdrs, run_cdrs
from custdyn_widgets.listings.findings import Findings
from custdyn_widgets.listings.orig_term import OrigTerm, run_orig_term

Fileable = Cdrs | OrigTerm | Findings
"""What is filed line by line."""

__all__ = ["Cdrs", "Fileable", "Findings", "OrigTerm", "run_cdrs", "run_orig_term"]
