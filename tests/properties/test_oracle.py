"""The engine equals the brute-force reading of the definitions, cell for cell."""

from __future__ import annotations

import pytest
from hypothesis import event, given

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import MissingRates
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import Answer, RatesMissing, answer


@ledgers(2)
@given(case=cases())
@pytest.mark.parametrize("half", ["first", "second"])  # one for each processor
def test_every_cell_equals_the_brute_force_reading(half: str, case: Case) -> None:
    check(case)


def check(case: Case) -> None:
    source = open_source(case.frames())
    expected: Answer | RatesMissing
    try:
        expected = answer(case.data, case.query, case.as_of)
    except RatesMissing as missing:
        expected = missing
    try:
        report = run(case.json_query(), source, as_of=case.as_of).report
    except MissingRates as missing:
        event("rates missing")
        assert isinstance(expected, RatesMissing), missing
        assert missing.first_dates == expected.first
        return
    finally:
        source.close()
    assert isinstance(expected, Answer), expected
    event(f"buckets: {min(len(report.buckets), 3)}")
    assert [bucket.label for bucket in report.buckets] == expected.labels
    assert [bucket.start for bucket in report.buckets] == expected.starts
    assert [bucket.end for bucket in report.buckets] == expected.ends
    assert [bucket.state.value for bucket in report.buckets] == expected.states
    found = {(row.block, row.package, row.row): row.cells for row in report.rows}
    assert list(found) == sorted(expected.rows, key=list(found).index)
    for key, cells in found.items():
        values = [cell.value for cell in cells]
        assert values == expected.rows[key], key
        assert [str(value) for value in values] == [str(one) for one in expected.rows[key]], key
        exact = [cell.value if cell.exact is None else cell.exact for cell in cells]
        assert exact == expected.exact[key], key
