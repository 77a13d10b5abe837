"""Queries: read, refused with every fault at once, and written back the same."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from custdyn_widgets import Query, run, run_cdrs
from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.currencies import currency_names
from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.model.time_zones import zone_names
from custdyn_widgets.query.fields import (
    COMPARISONS,
    FIELDS,
    GROUPS,
    OPTIONAL_BLOCKS,
    OUTPUT_TYPES,
    RATE_POLICIES,
    TYPE_CHOICES,
)
from custdyn_widgets.query.query import Interval

instants = st.datetimes(datetime(1900, 1, 1), datetime(2999, 12, 31)).map(
    lambda instant: instant.replace(microsecond=0).isoformat()
)
intervals = st.tuples(instants, instants).map(lambda pair: {"from": min(pair), "to": max(pair)})
names = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=20
    ),
    max_size=4,
)


def some(choices: dict[str, str]) -> st.SearchStrategy[Any]:
    return st.lists(st.sampled_from(list(choices)), unique=True)


queries = st.fixed_dictionaries(
    {},
    optional={
        "period": st.one_of(st.sampled_from(list(PRESETS)), intervals),
        "timezone": st.sampled_from(zone_names()),
        "client_type": st.sampled_from([*TYPE_CHOICES, None]),
        "client_tags": names,
        "owner": names,
        "owner_tree": st.booleans(),
        "package": names,
        "group_by": some(GROUPS),
        "currency": st.sampled_from([*currency_names(), None]),
        "active_duration": st.integers(0, 120),
        "rate_policy": st.sampled_from(list(RATE_POLICIES)),
        "blocks": some(OPTIONAL_BLOCKS),
        "compare": st.one_of(st.none(), st.sampled_from(list(COMPARISONS)), intervals),
        "output": st.one_of(
            st.fixed_dictionaries({"type": st.sampled_from(list(OUTPUT_TYPES))}),
            st.just({"type": "csv", "send_to": ["a@example.org", "b@example.org"]}),
        ),
    },
)


@given(queries, st.sampled_from([".toml", ".json"]))
def test_query_to_file_to_query_is_the_identity(values: dict[str, Any], suffix: str) -> None:
    query = Query.model_validate(values)
    text = query.to_toml() if suffix == ".toml" else query.to_json()
    assert Query.parse(text, suffix) == query
    assert Query.model_validate(query.to_dict()) == query


def test_a_query_is_written_to_a_file_and_read_back(tmp_path: Path, page_query: Query) -> None:
    for name in ("query.toml", "query.json"):
        page_query.write(tmp_path / name)
        assert Query.read(tmp_path / name) == page_query


def test_the_defaults_are_those_of_the_report() -> None:
    assert Query().to_dict() == {
        "period": "this_year",
        "timezone": "UTC",
        "client_type": "client",
        "client_tags": [],
        "owner": [],
        "owner_tree": False,
        "package": [],
        "group_by": ["month"],
        "currency": None,
        "active_duration": 3,
        "rate_policy": "historical",
        "blocks": [],
        "compare": None,
        "output": {"type": "web", "send_to": []},
    }


def test_every_field_is_defined_in_words() -> None:
    fields = {name for name in Query.model_fields if name != "output"}
    assert fields | {"output.type", "output.send_to"} == set(FIELDS)


def test_bare_dates_are_whole_days() -> None:
    query = Query.model_validate({"period": {"from": "2017-01-01", "to": "2017-01-31"}})
    assert query.to_dict()["period"] == {
        "from": "2017-01-01T00:00:00",
        "to": "2017-01-31T23:59:59",
    }


@pytest.mark.parametrize("last", [pd.Timestamp("2017-01-31"), datetime(2017, 1, 31)])
def test_an_end_at_midnight_in_python_is_its_whole_day_and_said(last: datetime) -> None:
    query = Query.model_validate({"period": {"from": pd.Timestamp("2017-01-01"), "to": last}})
    by_dates = Query.model_validate({"period": {"from": "2017-01-01", "to": "2017-01-31"}})
    assert query == by_dates and hash(query) == hash(by_dates)
    assert query.to_dict() == by_dates.to_dict()
    result = run({**query.to_dict(), "period": query.period, "currency": "USD"}, "sample")
    assert "Period: its end, given as 2017-01-31 00:00:00, is taken as the whole day" in (
        "\n".join(map(str, result.report.notes))
    )
    listed = run_cdrs({"period": {"from": last, "to": last}, "compare": {"from": last, "to": last}},
                      "sample")  # fmt: skip
    told = [str(note) for note in listed.asked.notes if "whole day" in str(note)]
    assert [note.partition(":")[0] for note in told] == ["Period", "Compare"]


@pytest.mark.parametrize(
    "last", [datetime(2017, 1, 31, 0, 0, 1), "2017-01-31T00:00:00", date(2017, 1, 31), "2017-01-31"]
)
def test_any_other_end_is_what_it_says(last: object) -> None:
    query = Query.model_validate({"period": {"from": "2017-01-01", "to": last}})
    assert isinstance(query.period, Interval) and not query.period.is_widened
    assert query.to_dict()["period"]["to"].endswith(("00:00:01", "00:00:00", "23:59:59"))
    for text, suffix in ((query.to_toml(), ".toml"), (query.to_json(), ".json")):
        assert Query.parse(text, suffix) == query
    toml = "[period]\nfrom = 2017-01-01T00:00:00\nto = 2017-01-31T00:00:00\n"
    assert Query.parse(toml, ".toml").to_dict()["period"]["to"] == "2017-01-31T00:00:00"


@pytest.mark.parametrize(
    "last", [pd.NaT, pd.Timestamp("2017-01-31 00:00:00.000000001"), pd.Timestamp(0, tz="UTC")]
)
def test_an_instant_that_is_none_to_the_second_is_refused(last: object) -> None:
    with pytest.raises(QueryError) as raised:
        Query.model_validate({"period": {"from": "1960-01-01", "to": last}})
    assert [fault.field for fault in raised.value.faults] == ["period.to"]


def test_one_end_of_a_period_can_be_changed() -> None:
    whole = {"from": "2017-01-01", "to": "2017-12-31"}
    query = Query.model_validate({"period": whole, "compare": whole})
    changed = query.with_fields({"period.from": "2017-10-01", "compare.to": "2017-02-01"}).to_dict()
    assert changed["period"] == {"from": "2017-10-01T00:00:00", "to": "2017-12-31T23:59:59"}
    assert changed["compare"]["to"] == "2017-02-01T23:59:59"


def test_null_client_type_is_all() -> None:
    assert Query.model_validate({"client_type": None}).client_type == "all"


def test_group_by_comes_in_one_order_and_once() -> None:
    query = Query.model_validate({"group_by": ["package", "month", "year", "month"]})
    assert query.group_by == ("year", "month", "package")
    assert query.time_units == ("year", "month")
    assert query.by_package


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(QueryError) as raised:
        Query.model_validate(
            {"perod": "this_year", "currency": "usd", "active_duration": 121, "owner": "x"}
        )
    faults = {fault.field: fault.what for fault in raised.value.faults}
    assert set(faults) == {"perod", "currency", "active_duration", "owner"}
    assert faults["perod"].endswith("did you mean period?")
    assert faults["currency"].endswith("did you mean USD?")
    assert raised.value.exit_code == 2


FAULTS: list[tuple[dict[str, Any], str, str]] = [
    ({"period": "this_yaer"}, "period", "did you mean this_year?"),
    ({"period": None}, "period", "neither"),
    ({"period": {"from": "2017-01-01"}}, "period.to", "required"),
    ({"period": {"from": "2017-01-02", "to": "2017-01-01"}}, "period", "must be before"),
    ({"period": {"from": "2017-13-01", "to": "2018-01-01"}}, "period.from", "not a date"),
    ({"period": {"from": 5, "to": "2018-01-01"}}, "period.from", "not a date"),
    ({"period": {"from": "2017-01-01T00:00:00Z", "to": "2018-01-01"}}, "period.from", "offset"),
    ({"period": {"from": "2017-01-01T00:00:00.5", "to": "2018-01-01"}}, "period.from", "fraction"),
    ({"period": {"from": "1800-01-01", "to": "2018-01-01"}}, "period.from", "1900"),
    ({"period": {"from": "2017-01-01", "to": "2018-01-01", "x": 1}}, "period.x", "not a field"),
    ({"timezone": "Europe/Viena"}, "timezone", "did you mean Europe/Vienna?"),
    ({"timezone": "Factory"}, "timezone", "not one of"),
    ({"client_type": "Client"}, "client_type", "did you mean client?"),
    ({"client_tags": "vip"}, "client_tags", "must be a list"),
    ({"client_tags": [""]}, "client_tags", "characters"),
    ({"client_tags": ["a\0b"]}, "client_tags", "NUL"),
    ({"client_tags": [1]}, "client_tags", "string"),
    ({"owner": ["x" * 1001]}, "owner", "characters"),
    ({"owner_tree": "yes"}, "owner_tree", "boolean"),
    ({"package": ["p"] * 10_001}, "package", "at most"),
    ({"group_by": ["week"]}, "group_by", "not one of"),
    ({"currency": "XYZ"}, "currency", "not one of"),
    ({"active_duration": -1}, "active_duration", "from 0 to 120"),
    ({"active_duration": "3"}, "active_duration", "whole number"),
    ({"active_duration": True}, "active_duration", "whole number"),
    ({"rate_policy": "spot"}, "rate_policy", "not one of"),
    ({"blocks": ["bridges"]}, "blocks", "did you mean bridge?"),
    ({"compare": "last_year"}, "compare", "neither"),
    ({"output": {"type": "pdf"}}, "output.type", "not one of"),
    ({"output": {"send_to": ["a@example.org"]}}, "output", "only with"),
    ({"output": {"type": "csv", "send_to": ["a b"]}}, "output.send_to", "not an e-mail"),
    (
        {"output": {"type": "csv", "send_to": ["a@b.org\r\nBcc: x@y.org"]}},
        "output.send_to",
        "not",
    ),
]


@pytest.mark.parametrize(("values", "field", "words"), FAULTS)
def test_a_wrong_value_is_named_with_its_field(
    values: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(QueryError) as raised:
        Query.model_validate(values)
    assert [fault.field for fault in raised.value.faults] == [field]
    assert words in str(raised.value)


@pytest.mark.parametrize(
    ("text", "suffix", "words"),
    [
        ("period = ", ".toml", "not TOML"),
        ("{", ".json", "not JSON"),
        ("[]", ".json", "table of fields"),
        ("", ".yaml", "ends in .toml or .json"),
        ("[" * 100_000, ".json", "not JSON"),
    ],
)
def test_a_file_that_is_no_query_is_refused(text: str, suffix: str, words: str) -> None:
    with pytest.raises(QueryError, match=words):
        Query.parse(text, suffix)


def test_a_missing_or_binary_file_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "binary.toml").write_bytes(b"\xff\xfe\x00")
    for name in ("missing.toml", "binary.toml"):
        with pytest.raises(QueryError, match="cannot be read"):
            Query.read(tmp_path / name)


def test_fields_are_changed_by_their_path(page_query: Query) -> None:
    changed = page_query.with_fields({"currency": "EUR", "output.type": "csv"})
    assert (changed.currency, changed.output.type) == ("EUR", "csv")
    for path in ("curency", "period.x.y", "output.kind"):
        with pytest.raises(QueryError):
            page_query.with_fields({path: "EUR"})


def test_a_query_is_frozen_and_hashable(page_query: Query) -> None:
    with pytest.raises(QueryError, match=r"currency: .EUR. cannot be set"):
        page_query.currency = "EUR"  # type: ignore[misc]
    assert len({page_query, Query.model_validate(page_query.to_dict())}) == 1


def test_an_address_that_is_given_twice_is_one() -> None:
    given = ["x@example.org", "x@EXAMPLE.org"]
    query = Query.model_validate({"output": {"type": "csv", "send_to": given}})
    assert query.output.send_to == ("x@example.org",)


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"period": {"from": "2025-01-01", "to": "2025-12-31T12:00:00"}, "owner": ["1 ' \" \\"]},
        {"compare": {"from": "2024-01-01", "to": "2024-12-31"}, "blocks": ["bridge"]},
        {"group_by": [], "currency": "EUR", "owner_tree": True, "active_duration": 0},
        {"output": {"type": "csv", "send_to": ["x@example.org"]}},
    ],
)
def test_what_a_query_says_of_itself_makes_it_again(values: dict[str, Any]) -> None:
    query = Query.model_validate(values)
    assert eval(repr(query), {"Query": Query}) == query  # noqa: S307
    assert repr(Query()) == "Query()"


def test_a_changed_copy_is_checked() -> None:
    assert Query().model_copy(update={"currency": "EUR"}).currency == "EUR"
    with pytest.raises(QueryError, match="did you mean USD"):
        Query().model_copy(update={"currency": "USSD"})


def test_every_field_has_its_description() -> None:
    assert all(field.description for field in Query.model_fields.values())
    assert Query.__doc__ is not None
    assert all(f"{name}: {one.description}" in Query.__doc__
               for name, one in Query.model_fields.items())  # fmt: skip
    assert "Every money value is converted" in str(Query.model_json_schema())
