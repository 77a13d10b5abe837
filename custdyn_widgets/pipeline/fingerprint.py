"""A fingerprint of the data that a report used: equal data, equal fingerprint, on every engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from custdyn_widgets.extract.flows import Reduced
from custdyn_widgets.metrics.checksum import NOTHING, marks
from custdyn_widgets.report.report import Report, UsedRate


def fingerprint(parts: Iterable[Reduced], rates: Iterable[UsedRate]) -> str:
    """SHA-256 over the marks of the clients that pass, the flows and the rates, in one order.

    Neither the order of the source's rows, nor the type of its ids, nor the decimals its amounts
    are stored with make a difference.
    """
    digest = hashlib.sha256(b"custdyn-data-2")
    for reduced in parts:
        _add_reduced(digest, reduced)
    _add(digest, [[one.currency, one.valid_from.isoformat(), str(one.rate)] for one in rates])
    return digest.hexdigest()


def result_hash(report: Report) -> str:
    """SHA-256 over what a report says: its buckets and its rows, as in the JSON."""
    made = report.to_dict()
    said = {part: made[part] for part in ("buckets", "compare", "rows") if part in made}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _add_reduced(digest: Any, reduced: Reduced) -> None:
    own = NOTHING if reduced.holders is None else marks(reduced.holders)
    _add(digest, reduced.marks or own)
    _add(digest, sorted(_flow_rows(reduced)))


def _flow_rows(reduced: Reduced) -> Iterable[list[str]]:
    for row in reduced.flows.to_pylist():
        if row["currency"] >= 0:
            amount = row["amount"].normalize() if row["amount"] else 0
            yield [
                str(row["segment"]),
                str(row["kind"]),
                str(row["package_id"]),
                reduced.currencies[row["currency"]],
                f"{amount:f}",
                str(row["entries"]),
            ]


def _add(digest: Any, values: object) -> None:
    digest.update(json.dumps(values, ensure_ascii=True).encode())
