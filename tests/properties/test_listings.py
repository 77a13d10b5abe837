"""The sister views agree with the report, and line by line with what they sum up."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from fractions import Fraction

from hypothesis import event, given
from hypothesis import strategies as st

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.listings import cdrs
from custdyn_widgets.model.definitions import PAY_AS_YOU_GO
from custdyn_widgets.query.fields import SPLITS
from tests.support.ledgers import Case, cases, ledgers

PAYG = cases(dense=True, kinds=["payg"])


@ledgers(8, 25)
@given(
    case=st.one_of(PAYG, PAYG, cases()),
    split=st.sampled_from([None, *SPLITS]),
    at_once=st.sampled_from([1, 2, 7]),
)
def test_cdrs_and_margins_are_the_pay_as_you_go_row(
    case: Case, split: str | None, at_once: int
) -> None:
    source = open_source(case.frames())
    query = case.json_query()
    try:
        report = run(query, source, as_of=case.as_of).report
        listed = run_cdrs(query, source, as_of=case.as_of)
        sides = run_orig_term(query, source, as_of=case.as_of, split=split)
        totals = report.row(PAY_AS_YOU_GO, "Total").cells if report.buckets else ()
        spent = [cell.exact or Fraction() for cell in totals]
        assert sum(spent) == listed.total.amount
        assert all(cell.value is None for cell in totals) == (listed.amount.value is None)
        check_lines(listed, at_once)
        if not sides.made:
            assert not report.buckets
            return
        *lines, total = sides.made
        assert total.both.amount == listed.total.amount
        assert total.both.entries == len(listed)
        assert sum(line.both.amount for line in lines) == listed.total.amount
        if report.query.time_units:
            margins: dict[int, Fraction] = defaultdict(Fraction)
            for line in lines:
                assert line.bucket is not None
                margins[line.bucket] -= line.both.amount
            assert [margins[place] for place in range(len(spent))] == [-one for one in spent]
        # without a direction the sign decides
        credits = sum(1 for line in listed.lines() if Decimal(str(line[3])) > 0)
        assert total.term.entries == credits
        event(f"{min(len(listed), 3)} entries or more on {min(len(listed.days), 3)} days or more")
    except MissingRates:
        return
    finally:
        source.close()


def check_lines(listed: cdrs.Cdrs, at_once: int) -> None:
    """Newest first, none lost or doubled however few are read at once, and they add up."""
    before = cdrs.AT_ONCE
    cdrs.AT_ONCE = at_once
    try:
        lines = list(listed.lines())
        keys = [column.key for column in listed.columns]
        rows = [dict(zip(keys, line, strict=True)) for line in lines]
        assert len(rows) == len(listed) == len({row["entry_id"] for row in rows})
        own: dict[str, Fraction] = defaultdict(Fraction)  # Decimals would be rounded to 28 digits
        for row in rows:
            own[str(row["currency"])] += Fraction(str(row["amount"]))
        assert own == listed.total.by_currency
        for first in range(0, len(rows), 3):  # any page is a part of the whole
            assert list(listed.lines(first, 3)) == lines[first : first + 3]
    finally:
        cdrs.AT_ONCE = before
