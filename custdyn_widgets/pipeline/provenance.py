"""Provenance of a report: fingerprint of the data, hash of the result, versions."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

from custdyn_widgets.extract.flows import Extract
from custdyn_widgets.metrics.checksum import NOTHING, checksum
from custdyn_widgets.report.report import Report, UsedRate

DEFINITIONS = "1"
"""Raised whenever the same data may give other figures: a row defined otherwise, a fault mended."""
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


def provenance(report: Report, extract: Sequence[Extract]) -> Provenance:
    """The provenance of a report that was made of `extract` (nothing: of an empty period)."""
    return Provenance(
        fingerprint=fingerprint(extract, report.rates) if extract else "",
        result=result_hash(report),
        definitions=DEFINITIONS,
        engine=engine_versions(),
    )


@cache
def engine_versions() -> str:
    """This package and the parts that figures depend on, with their versions."""
    parts = ("custdyn-widgets", *ENGINE_PARTS)
    return ", ".join(f"{part} {importlib.metadata.version(part)}" for part in parts)


def fingerprint(parts: Iterable[Extract], rates: Iterable[UsedRate]) -> str:
    """SHA-256 over the marks of the clients that pass, the flows and the rates, in one order.

    Neither the order of the source's rows, nor the type of its ids, nor the decimals its amounts
    are stored with make a difference.
    """
    digest = hashlib.sha256(b"custdyn-data-2")
    for extract in parts:
        own = NOTHING if extract.client_data is None else checksum(extract.client_data)
        _add(digest, extract.checksum or own)
        _add(digest, sorted(_flow_rows(extract)))
    _add(digest, [[one.currency, one.valid_from.isoformat(), str(one.rate)] for one in rates])
    return digest.hexdigest()


def result_hash(report: Report) -> str:
    """SHA-256 over what a report says: its buckets and its rows, as in the JSON."""
    made = report.to_dict()
    said = {part: made[part] for part in ("buckets", "compare", "rows") if part in made}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _flow_rows(extract: Extract) -> Iterable[list[str]]:
    for row in extract.flows.to_pylist():
        if row["currency"] >= 0:
            amount = row["amount"].normalize() if row["amount"] else 0
            yield [
                str(row["segment"]),
                str(row["kind"]),
                str(row["package_id"]),
                extract.currencies[row["currency"]],
                f"{amount:f}",
                str(row["entries"]),
            ]


def _add(digest: Any, values: object) -> None:
    digest.update(json.dumps(values, ensure_ascii=True).encode())
