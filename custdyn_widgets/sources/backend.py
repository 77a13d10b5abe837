"""Ibis' DuckDB, which compiles expressions of one structure once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.backends.duckdb
import ibis.expr.operations as ops
import ibis.expr.types as ir

KEPT = 512
LONGEST = 20_000
"""Characters of the SQL that is kept: not of what lists thousands of clients."""
_HELD = (ops.DatabaseTable, ops.InMemoryTable, ops.SQLQueryResult)
"""What holds a connection or data, which must not be kept with the SQL."""
_kept: dict[ops.Node, str] = {}


class Backend(ibis.backends.duckdb.Backend):  # type: ignore[misc]
    """Ibis' backend for DuckDB: what was compiled before, here or elsewhere, is not again.

    A report asks some 25 questions, and the SQL of one takes 10 ms to make. Its tables are
    `named`: two sources have the same names, so what one has asked, another can ask.
    """

    def compile(
        self,
        expr: ir.Expr,
        /,
        *,
        limit: int | str | None = None,
        params: Mapping[ir.Scalar, Any] | None = None,
        pretty: bool = False,
    ) -> str:
        """The SQL of an expression."""
        if limit is not None or params or pretty:
            return str(super().compile(expr, limit=limit, params=params, pretty=pretty))
        node = expr.op()
        found = _kept.get(node)
        if found is None:
            found = str(super().compile(expr))
            if len(found) <= LONGEST and not node.find(_HELD):
                if len(_kept) >= KEPT:
                    _kept.clear()
                _kept[node] = found
        return found


def named(table: ir.Table) -> ir.Table:
    """A table of a backend by its name and columns alone, wherever it is."""
    of = table.op()
    return ibis.table(
        of.schema, name=of.name, catalog=of.namespace.catalog, database=of.namespace.database
    )
