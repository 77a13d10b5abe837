"""The optional blocks equal the brute-force reading, and close."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.definitions import ACTIVE, CLOSING, ROUNDING
from custdyn_widgets.query.fields import OPTIONAL_BLOCKS
from custdyn_widgets.report.report import Report
from tests.support.ledgers import Case, cases, ledgers
from tests.support.oracle import RatesMissing, answer
from tests.support.oracle_blocks import BRIDGES, blocks_of, shown


def missing_rates(case: Case, asked: tuple[str, ...]) -> dict[str, date]:
    """The rates that the rows, and bridges where there are some, lack, with their first dates."""
    first: dict[str, date] = {}
    for reading in (answer, blocks_of) if "bridge" in asked else (answer,):
        try:
            reading(case.data, case.query, case.as_of)
        except RatesMissing as missing:
            for name, day in missing.first.items():
                first[name] = min(first.get(name, date.max), day)
    return first


@ledgers(4, 10)
@given(case=cases(), asked=st.sampled_from([tuple(OPTIONAL_BLOCKS), ("bridge",), ("movements",)]))
def test_optional_blocks_equal_the_brute_force_reading(case: Case, asked: tuple[str, ...]) -> None:
    source = open_source(case.frames())
    query = {**case.json_query(), "blocks": list(asked)}
    try:
        report = run(query, source, as_of=case.as_of).report
    except MissingRates as error:
        event("rates missing")
        assert error.first_dates == missing_rates(case, asked)
        return
    finally:
        source.close()
    names = {OPTIONAL_BLOCKS[one] for one in asked}
    try:
        read = blocks_of(case.data, case.query, case.as_of)
    except RatesMissing:  # the reading is of all blocks, and only bridges lack a rate
        assert "bridge" not in asked
        return
    expected = {key: values for key, values in read.items() if key[0].partition(" - ")[0] in names}
    found = {
        (row.block, row.package, row.row): row.cells
        for row in report.rows
        if row.block.partition(" - ")[0] in names and row.row != ROUNDING
    }
    assert set(found) == set(expected)
    for key, cells in found.items():
        exact = [cell.value if cell.exact is None else cell.exact for cell in cells]
        assert exact == expected[key], key
        assert [cell.value for cell in cells] == [
            shown(key, value, case.query["currency"]) for value in expected[key]
        ]
    if "bridge" in asked:
        check_closes(report)
    if "movements" in asked and report.rows:
        rows = {row.row: row.cells for row in report.rows if row.block == "Movements"}
        active = report.row(ACTIVE, "Qty").cells
        for at, cell in enumerate(active):
            parts = [rows[name][at].value for name in ("New", "Reactivated", "Retained")]
            assert sum(int(part or 0) for part in parts) == cell.value


def check_closes(report: Report) -> None:
    """Unrounded, every bridge closes; shown, its Rounding row says what is missing."""
    for block in BRIDGES.values():
        rows = {row.row: row.cells for row in report.rows if row.block == block}
        steps = [row for row in rows if row not in (CLOSING, ROUNDING)]
        for at, closing in enumerate(rows.get(CLOSING, ())):
            exact = sum((rows[row][at].exact or Fraction() for row in steps), Fraction())
            assert exact == closing.exact
            gap = Fraction(closing.value or 0) - sum(
                Fraction(rows[row][at].value or 0) for row in steps
            )
            assert gap == (Fraction(rows[ROUNDING][at].value or 0) if ROUNDING in rows else 0)
            event(f"rounding: {bool(gap)}")
