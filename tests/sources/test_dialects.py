"""Every question compiles for engines that are not installed here: nothing of one creeps in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
import sqlglot

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.sources.engine import Engine
from tests.support.counts import some

ENGINES = ("postgres", "duckdb", "trino", "clickhouse", "pyspark", "bigquery", "snowflake", "mysql")
AS_OF = datetime(2025, 6, 1, tzinfo=UTC)
PAGE: dict[str, Any] = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "currency": "EUR"}
REPORTS: tuple[dict[str, Any], ...] = (
    {"group_by": ["date"]},
    {
        "client_type": "client",
        "client_tags": ["vip"],
        "owner": ["1"],
        "owner_tree": True,
        "package": ["(no package)", "World"],
        "group_by": ["month", "package"],
    },
    {"blocks": ["bridge", "movements", "sensitivity"]},
)


@pytest.fixture(scope="module")
def asked() -> list[ir.Expr]:
    """Every expression that reaches the engine: of reports, of what is behind them, of lists."""
    seen: list[ir.Expr] = []
    fetch: Callable[[Engine, ir.Expr], pa.Table] = Engine.fetch

    def recorded(engine: Engine, expression: ir.Expr) -> pa.Table:
        seen.append(expression)
        return fetch(engine, expression)

    source = open_source("demo")
    source.directory()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Engine, "fetch", recorded)
        for fields in REPORTS:
            run({**PAGE, **fields}, source, as_of=AS_OF)
        result = run(PAGE, source, as_of=AS_OF)
        client = result.clients("Clients - Active", "Balance", 1).client_id[0]
        result.clients("Balance Refill", "Total", 1)
        result.entries("Clients - Active", "Balance", 1, client=client)
        run_cdrs(PAGE, source, as_of=AS_OF)
        run_orig_term(PAGE, source, as_of=AS_OF, split="service")
    source.close()
    return seen


@pytest.mark.parametrize("engine", some(ENGINES, 2))
def test_every_question_compiles_for_every_engine(asked: list[ir.Expr], engine: str) -> None:
    grammar = "spark" if engine == "pyspark" else engine
    for expression in asked:
        sql = str(ibis.to_sql(expression, dialect=engine))
        assert sqlglot.parse_one(sql, read=grammar) is not None
    assert len(asked) > 60
