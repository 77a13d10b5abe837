"""SQL that was made for one source is used for another, and for no other question."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import ibis
import ibis.backends.duckdb
import pyarrow as pa
import pytest

from custdyn_widgets.sources import backend
from custdyn_widgets.sources.engine import Engine

ROWS = pa.table({"id": [1, 2, 3], "amount": [5, -7, 9]})


@pytest.fixture(autouse=True)
def nothing_kept() -> Iterator[None]:
    backend._kept.clear()
    yield
    backend._kept.clear()


def asked(engine: Engine, rows: ibis.Table, least: int) -> list[int]:
    found = engine.fetch(rows.filter(rows.amount > least).order_by("id"))
    return [int(one) for one in found["id"].to_pylist()]


def test_two_engines_ask_by_the_same_sql_and_each_gets_its_own_rows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = []
    compiled = ibis.backends.duckdb.Backend.compile

    def counted(self: Any, expr: Any, /, **more: Any) -> str:
        made.append(expr)
        return str(compiled(self, expr, **more))

    monkeypatch.setattr(ibis.backends.duckdb.Backend, "compile", counted)
    first, second = Engine("a", 1 << 28), Engine("b", 1 << 28)
    one, other = first.keep("ledger", ROWS), second.keep("ledger", ROWS.slice(1))
    assert asked(first, one, 0) == [1, 3] and asked(second, other, 0) == [3]
    assert len(made) == 1
    assert asked(first, one, 6) == [3]  # another question
    assert len(made) == 2
    first.close()
    second.close()


def test_what_is_kept_holds_no_engine() -> None:
    engine = Engine("a", 1 << 28)
    assert asked(engine, engine.keep("ledger", ROWS), 0) == [1, 3]
    held = weakref.ref(engine.backend)
    engine.close()
    del engine
    gc.collect()
    assert held() is None and backend._kept


def test_data_of_a_question_and_long_ones_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = Engine("a", 1 << 28)
    rows = engine.keep("ledger", ROWS)
    own = engine.backend.table("ledger")  # of this backend alone
    assert asked(engine, own, 0) == [1, 3] and backend._kept == {}
    monkeypatch.setattr(backend, "LONGEST", 500)
    listed = rows.filter(rows.id.isin(list(range(500))))
    assert asked(engine, listed, 0) == [1, 3] and backend._kept == {}
    monkeypatch.setattr(backend, "KEPT", 2)
    for least in range(5):
        asked(engine, rows, least)
        assert len(backend._kept) <= 2
    engine.close()


def test_rows_are_kept_with_the_types_of_the_expression_and_any_name() -> None:
    engine = Engine("a", 1 << 28)
    rows = engine.keep("ledger", ROWS)
    kept = engine.keep('a "name"', rows.mutate(**{'say "hi"': rows.amount.cast("decimal(18, 3)")}))
    assert engine.fetch(kept).schema.field('say "hi"').type == pa.decimal128(18, 3)
    engine.close()
