"""The report as HTML, CSV, table model and in a notebook: names are text, never more."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

import pandas as pd
import pytest

import custdyn_widgets
from custdyn_widgets import Query, Result, run, run_cdrs, run_orig_term
from custdyn_widgets.errors import QueryError
from custdyn_widgets.views.table import to_json_model
from tests.conftest import AS_OF
from tests.support.hostile import FORMULAS, OTHERS
from tests.support.small import entry, make

HOSTILE = [*FORMULAS, *OTHERS[:14], "</td></tr></table><script>", "\t=1"]


@pytest.fixture
def hostile() -> Result:
    """A report with a package block for every hostile name."""
    packages = [[str(number), name] for number, name in enumerate(HOSTILE)]
    ledger = [
        entry(number, 1, "2024-01-05T00:00:00Z", "package_renewal", "-1", str(number))
        for number in range(len(HOSTILE))
    ]
    return make({"packages": packages, "ledger": ledger}, group_by=["year", "month", "package"])


class Tags(HTMLParser):
    """Collects tags with their attributes, and the text of the table."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {name for name, _ in attributes}

    def handle_data(self, text: str) -> None:
        self.texts.append(text)


def test_html_shows_names_as_characters(hostile: Result) -> None:
    page = Tags()
    page.feed(hostile.to_html())
    assert not {"script", "img", "b", "iframe"} & set(page.tags)
    assert not [name for name in page.attributes if name.startswith("on")]
    shown = set(page.texts)
    assert {f'Package "{name}"' for name in HOSTILE} <= shown


def test_html_has_captions_scopes_and_reasons(page_query: Query) -> None:
    html = run(page_query, "sample", as_of=AS_OF).to_html()
    assert (
        'class="custdyn-made">Customer Dynamics: 2017-01-01 00:00:00 – 2017-12-31 23:59:59 UTC, USD'
        in html
    )
    assert '<th scope="row" title="Number of clients with a charge' in html
    assert 'title="no such entry within the bucket">N/A</td>' in html
    assert "http" not in html.replace("https://www.w3.org", "")


def test_a_notebook_shows_the_table(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    assert "<table" in result._repr_html_()
    assert repr(result) == (
        "Result(sample, 2017-01-01 00:00:00 – 2017-12-31 23:59:59 UTC, "
        f"{len(result.report.rows)} rows × 12 buckets)"
    )


def test_csv_never_lets_a_name_be_a_formula(hostile: Result) -> None:
    text = hostile.to_csv().decode("utf-8-sig")
    assert text.endswith("\r\n")
    lines = list(csv.reader(io.StringIO(text)))
    assert lines[0][1:] == ["2024"] * 12 and lines[1][1] == "01/2024"
    assert len({len(line) for line in lines}) == 1
    starts = ("=", "+", "@", "\t", "\r")
    assert not [field for line in lines for field in line if field.lstrip(" ").startswith(starts)]
    assert [line for line in lines if line[0] == 'Package "=2+5"']


def test_numbers_in_csv_are_plain_and_unquoted(page_query: Query) -> None:
    text = run(page_query, "sample", as_of=AS_OF).to_csv().decode("utf-8-sig")
    assert '"Balance","0.00"' not in text
    assert '"Balance",0.00,-9348.15,' in text


def test_the_table_model_is_text_for_the_page(hostile: Result) -> None:
    model = to_json_model(hostile.report)
    assert model["header"][0] == [("2024", 12)]
    assert model["labels"][0] == "01/2024"
    assert model["intervals"][0][1] == "2024-01-01 00:00:00 – 2024-02-01 00:00:00 UTC"
    rows = [row for row in model["rows"] if "values" in row]
    assert len(rows) == len(hostile.report.rows)
    assert all(isinstance(value, str) for row in rows for value in row["values"])
    assert model["why"][rows[1]["reasons"]["0"]] == "no client of this class has such a balance"
    assert rows[0]["total"] and rows[0]["unit"] == "quantity" and not rows[0]["charge"]


def test_cells_are_tidy(page_query: Query) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    cells = result.cells
    assert len(cells) == 12 * len(result.report.rows)
    na = cells[(cells["block"] == "Balance Refill") & (cells["row"] == "Avg")]
    assert set(na["reason"]) == {"no such entry within the bucket"}
    with pytest.raises(KeyError):
        run(page_query, "sample", as_of=AS_OF).report.row("Clients", "Qty")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (AS_OF.replace(tzinfo=None), "has no time zone"),
        ("soon", "is not an instant"),
        (pd.NaT, "is not an instant"),
        (20261001, "is not an instant"),
        ("1899-01-01", "is not between the years"),
    ],
)
def test_an_as_of_that_is_no_instant_is_refused(page_query: Query, given: Any, words: str) -> None:
    for asks in (run, run_cdrs, run_orig_term):
        with pytest.raises(QueryError, match="as_of") as raised:
            asks(page_query, "sample", as_of=given)
        assert words in str(raised.value)


@pytest.mark.parametrize(
    "given", ["2026-10-01", date(2026, 10, 1), pd.Timestamp("2026-10-01", tz="UTC"),
              "2026-10-01T02:00:00+02:00"],
)  # fmt: skip
def test_as_of_may_be_text_or_a_date(page_query: Query, given: Any) -> None:
    at = run(page_query, "sample", as_of=given).report.as_of
    assert (at, type(at)) == (datetime(2026, 10, 1, tzinfo=UTC), datetime)


def test_a_query_may_be_a_file_or_values(page_query: Query, tmp_path: object) -> None:
    result = run(page_query.to_dict(), "sample", as_of=AS_OF)
    page_query.write(f"{tmp_path}/q.json")
    assert run(f"{tmp_path}/q.json", "sample", as_of=AS_OF).to_dict() == result.to_dict()
    assert run({"period": "today"}, "sample").report.as_of.year >= 2024


def test_an_unknown_public_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError):
        _ = custdyn_widgets.nothing
