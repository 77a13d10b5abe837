"""What the file of a notebook keeps: the newest part of a long table, and how much more."""

from __future__ import annotations

from custdyn_widgets import Query, run, run_cdrs, run_orig_term
from custdyn_widgets.views.html import to_fragment
from custdyn_widgets.views.table import CELLS_KEPT, TableRow, shortened, table_of
from custdyn_widgets.views.text import to_text
from tests.conftest import AS_OF

DAYS = Query(period={"from": "2017-01-01", "to": "2017-12-31"}, group_by=("date",))


def test_of_many_buckets_the_newest_are_kept() -> None:
    report = run(DAYS, "sample", as_of=AS_OF).report
    whole = table_of(report)
    kept, more = shortened(whole)
    rows = sum(isinstance(row, TableRow) for row in whole.rows)
    assert len(kept.buckets) == CELLS_KEPT // rows and kept.buckets[-1] is whole.buckets[-1]
    left = len(whole.buckets) - len(kept.buckets)
    assert more == f"{left} earlier buckets more: result.table"
    assert [row.line.cells for row in kept.rows if isinstance(row, TableRow)] == [
        row.line.cells[-len(kept.buckets) :] for row in whole.rows if isinstance(row, TableRow)
    ]
    assert more in to_fragment(report, brief=True) and more in to_text(report, brief=True)
    assert more not in to_fragment(report)


def test_a_short_table_is_kept_whole() -> None:
    table = table_of(run(Query(period="last_year"), "sample", as_of=AS_OF).report)
    assert shortened(table) == (table, "")


def test_a_list_shows_its_first_lines_and_its_sums() -> None:
    for make in (run_cdrs, run_orig_term):
        listed = make(DAYS, "sample", as_of=AS_OF)
        html = listed._repr_html_()
        assert "2017-01-01 00:00:00 – 2017-12-31 23:59:59 UTC, USD, as of 2026-11-24" in html
        assert html.count("<tr>") <= 1 + len(listed) and "Entries: " in html


def test_what_explains_says_it_in_html_too() -> None:
    result = run(DAYS, "sample", as_of=AS_OF)
    said = result.explain("Clients - All", "Qty", "2017-12-31")
    assert f"= {said.value}" in repr(said) and "Number of clients" in said._repr_html_()
    query = result.query._repr_html_()
    assert "2017-12-31" in query and "Group By" in query
