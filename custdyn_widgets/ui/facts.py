"""How the report on the screen was made, section by section: what the ⓘ opens."""

from __future__ import annotations

from itertools import groupby

import anywidget
import traitlets

from ..about import facts
from ..report import Report
from .front import script


class Facts(anywidget.AnyWidget):
    """`sections`: title, and pairs of label and text."""

    _esm = script("sections", "facts")
    sections = traitlets.List().tag(sync=True)

    def show(self, report: Report) -> None:
        """Shows everything that is known of how a report was made."""
        self.sections = [
            [title, [[fact.label, fact.text] for fact in some]]
            for title, some in groupby(facts(report), key=lambda fact: fact.section)
        ]
