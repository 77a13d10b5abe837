"""Facts about a report, by section."""

from __future__ import annotations

from itertools import groupby

import traitlets

from custdyn_widgets.report.report import Report
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.ui.widgets.basic import Widget
from custdyn_widgets.views.facts import AS_OF, facts


class Facts(Widget):
    """`sections`: title, and pairs of label and text."""

    _esm = script("sections", "facts")
    sections = traitlets.List().tag(sync=True)

    def show(self, report: Report) -> None:
        """Shows how a report was made; its instant in its zone alone."""
        listed = (fact for fact in facts(report) if fact.label != AS_OF)
        self.sections = [
            [title, [[fact.label, fact.text] for fact in some]]
            for title, some in groupby(listed, key=lambda fact: fact.section)
        ]
