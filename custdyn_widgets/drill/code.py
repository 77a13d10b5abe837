"""Report → Python: the cell that makes it again, and finds what was looked at."""

from __future__ import annotations

from custdyn_widgets.drill.cell import Address
from custdyn_widgets.pipeline.provenance import Provenance
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.report import Report, utc_text

WIDE = 88


def to_python(
    report: Report, made: Provenance, place: str | None, at: Address | None = None
) -> str:
    """Source, query and instant as a cell that runs; the fingerprint is in a comment.

    `place` is what the source is opened by, without a secret; None: it lives in this process.
    `at`: a cell, whose clients come next.
    """
    opened = "# source: the data in memory that it was made of"
    lines = [
        "from custdyn_widgets import Query, run",
        "",
        f"query = {_call(report.query)}",
        opened if place is None else f"source = {place!r}",
        f'result = run(query, source, as_of="{utc_text(report.as_of)}")',
        f"# fingerprint of the data {made.fingerprint}",
        f"# hash of the result      {made.result}",
    ]
    if at is not None:
        row, column, side = report.rows[at.row], report.buckets[at.column], at.side
        parts = [repr(row.title), repr(row.row), repr(column.label)]
        parts += [f"side={side!r}"] if side != "value" else []
        lines.append(f"result.clients({', '.join(parts)})")
    return "\n".join(lines) + "\n"


def _call(query: Query) -> str:
    """The call that makes a query, a field a line where it is long."""
    whole = repr(query)
    if len(whole) <= WIDE:
        return whole
    given = query.model_dump(mode="json", exclude_defaults=True)
    return "Query(\n" + "".join(f"    {name}={value!r},\n" for name, value in given.items()) + ")"
