"""Where a file's figures come from: what is needed to make them again and to compare."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache

from custdyn_widgets.extract.flows import Reduced
from custdyn_widgets.pipeline.fingerprint import fingerprint, result_hash
from custdyn_widgets.report.report import Report

DEFINITIONS = "1"
"""Raised whenever the same data may give other figures: a row defined anew, a fault mended."""
ENGINE_PARTS = ("duckdb", "ibis-framework", "numpy", "pandas", "tzdata", "CurrencyConverter")


@dataclass(frozen=True)
class Provenance:
    """`fingerprint` of the data used, `result` hash of what the report says, and versions."""

    fingerprint: str
    result: str
    definitions: str
    engine: str

    def to_dict(self) -> dict[str, str]:
        """JSON-shaped, for files."""
        return asdict(self)


def provenance(report: Report, reduced: Sequence[Reduced]) -> Provenance:
    """The provenance of a report that was made of `reduced` (nothing: of an empty period)."""
    return Provenance(
        fingerprint=fingerprint(reduced, report.rates) if reduced else "",
        result=result_hash(report),
        definitions=DEFINITIONS,
        engine=engine_versions(),
    )


@cache
def engine_versions() -> str:
    """This package and the parts that figures depend on, with their versions."""
    parts = ("custdyn-widgets", *ENGINE_PARTS)
    return ", ".join(f"{part} {importlib.metadata.version(part)}" for part in parts)
