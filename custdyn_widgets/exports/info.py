"""What the Info sheet says: facts of the report, its query, the proofs, the definitions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from custdyn_widgets.exports.text import unfit
from custdyn_widgets.model.blocks import blocks_with
from custdyn_widgets.views.facts import facts

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance
    from custdyn_widgets.report.report import Report

QUERY, FINGERPRINT, RESULT, DEFINITIONS = (
    "Query (TOML)",
    "Data fingerprint",
    "Result hash",
    "Definitions",
)
"""Labels that `verify` looks for; a long query stands in several lines."""
PIECE = 15_000


def info_rows(report: Report, provenance: Provenance) -> Iterator[tuple[str, str]]:
    """Label and value of every line of the Info sheet."""
    for fact in facts(report):
        yield fact.label, fact.text
    toml = "".join(f"\\u{ord(one):04X}" if unfit(one) else one for one in report.query.to_toml())
    for place in range(0, len(toml), PIECE):
        yield QUERY, toml[place : place + PIECE]
    yield FINGERPRINT, provenance.fingerprint
    yield RESULT, provenance.result
    yield DEFINITIONS, provenance.definitions
    yield "Engine", provenance.engine
    for block in blocks_with(report.query.blocks):
        yield block.name, block.words
        for row in block.rows:
            yield f"{block.name}: {row.name}", row.words
