"""Rows of one's own equal a brute-force reading, and what is behind each adds up to it."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.definitions import OWN
from tests.properties.test_drill import drill_into
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import RatesMissing, answer
from tests.support.oracle_rows import own_rows, read_rows, shown


def missing_rates(case: Case, rows: list[dict[str, Any]]) -> dict[str, date]:
    """The rates that the report and its own rows lack, with their first dates."""
    first: dict[str, date] = {}
    for reading in (
        lambda: answer(case.data, case.query, case.as_of),
        lambda: read_rows(case.data, case.query, rows, case.as_of),
    ):
        try:
            reading()
        except RatesMissing as missing:
            for name, day in missing.first.items():
                first[name] = min(first.get(name, date.max), day)
    return first


@ledgers(5, 20)
@given(
    case=st.one_of(cases(), cases(dense=True)),
    rows=own_rows(),
    memory=st.sampled_from([None, None, "1"]),
)
def test_own_rows_equal_the_brute_force_reading(
    case: Case, rows: list[dict[str, Any]], memory: str | None
) -> None:
    source = open_source(case.frames(), memory=memory)
    try:
        report = run({**case.json_query(), "rows": rows}, source, as_of=case.as_of).report
    except MissingRates as error:
        event("rates missing")
        assert error.first_dates == missing_rates(case, rows)
        return
    finally:
        source.close()
    expected = read_rows(case.data, case.query, rows, case.as_of)
    found = {row.row: row.cells for row in report.rows if row.block == OWN}
    if not report.buckets:
        assert not found
        return
    for row in rows:
        label = row["label"]
        exact = [cell.value if cell.exact is None else cell.exact for cell in found[label]]
        assert exact == expected[label], row
        listed = [shown(row, value, case.query["currency"]) for value in expected[label]]
        assert [cell.value for cell in found[label]] == listed
    event(f"{len(rows)} rows")


@ledgers(20, 50)
@given(
    case=st.one_of(cases(), cases(dense=True)),
    rows=own_rows(),
    compare=st.sampled_from([None, None, "previous_year"]),
    memory=st.sampled_from([None, None, "1"]),
    data=st.data(),
)
def test_what_is_behind_an_own_row_adds_up_to_it(
    case: Case,
    rows: list[dict[str, Any]],
    compare: str | None,
    memory: str | None,
    data: st.DataObject,
) -> None:
    source = open_source(case.frames(), memory=memory)
    query = {**case.json_query(), "rows": rows, "compare": compare}
    drill_into(case, source, query, data, lambda row: row.block == OWN)
