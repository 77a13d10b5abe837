"""A fingerprint of the data that a report used: equal data, equal fingerprint, on every engine."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from .arrow import microseconds_or
from .groups import NEVER
from .reduce import Reduced
from .report import Report, UsedRate


def fingerprint(parts: Iterable[Reduced], rates: Iterable[UsedRate]) -> str:
    """SHA-256 over the clients that pass, their changes, the flows and the rates, in one order.

    Neither the order of the source's rows, nor the type of its ids, nor the decimals its amounts
    are stored with make a difference.
    """
    digest = hashlib.sha256(b"custdyn-data-1")
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
    passing = np.flatnonzero(reduced.clients["passes"].to_numpy())
    names = reduced.clients["client_id"].take(passing).cast(pa.string())
    order = passing[pc.sort_indices(names).to_numpy()]
    clients = reduced.clients.take(order)
    _add(digest, clients["client_id"].cast(pa.string()).to_pylist())
    _add(digest, clients["currency"].to_pylist())
    for column in ("created_at", "closed_at"):
        _add_numbers(digest, microseconds_or(clients[column], NEVER))

    changes = reduced.changes
    ranks = np.full(reduced.clients.num_rows + 1, -1, np.int64)  # the last: of unknown clients
    ranks[order] = np.arange(len(order))
    rank = ranks[changes.client]
    kept = np.flatnonzero(rank >= 0)
    kept = kept[np.lexsort((changes.bucket[kept], rank[kept]))]
    amounts, decimals = _shortest(changes.amount[kept], changes.scale)
    _add(digest, decimals)
    _add_numbers(digest, amounts)
    for numbers in (rank, changes.bucket, changes.paid):
        _add_numbers(digest, numbers[kept])
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


def _shortest(values: npt.NDArray[Any], scale: int) -> tuple[npt.NDArray[Any], int]:
    """The amounts without the zeros that all of them end in, and how many decimals stay."""
    while scale and not (values % 10).any():
        values, scale = values // 10, scale - 1
    return values, scale


def _add(digest: Any, values: object) -> None:
    digest.update(json.dumps(values, ensure_ascii=True).encode())


def _add_numbers(digest: Any, values: npt.NDArray[Any]) -> None:
    if values.dtype == object:
        small = all(-(2**63) <= value < 2**63 for value in values)
        if not small:
            _add(digest, [str(value) for value in values])
            return
    digest.update(np.ascontiguousarray(values, "<i8").tobytes())
