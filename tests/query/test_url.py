"""A link holds a query, gives it back, and is only ever a preset."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from custdyn_widgets import Query
from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.query.fields import COMPARISONS, GROUPS, OPTIONAL_BLOCKS
from custdyn_widgets.query.url import MAX_BYTES, parse_link, to_link
from tests.support.hostile import CORPUS

INTERVALS = st.just({"from": "2017-01-01T00:00:00", "to": "2017-12-31T23:59:59"})
PERIODS = st.one_of(st.sampled_from(list(PRESETS)), INTERVALS)
NAMES = st.lists(
    st.text(
        st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=12
    ),
    max_size=3,
    unique=True,
)
QUERIES = st.fixed_dictionaries(
    {
        "period": PERIODS,
        "timezone": st.sampled_from(["UTC", "Europe/Vienna", "Asia/Kathmandu"]),
        "client_type": st.sampled_from(["client", "reseller", "all"]),
        "client_tags": NAMES,
        "owner": NAMES,
        "owner_tree": st.booleans(),
        "package": NAMES,
        "group_by": st.lists(st.sampled_from(list(GROUPS)), unique=True),
        "currency": st.sampled_from([None, "USD", "JPY"]),
        "active_duration": st.integers(0, 120),
        "rate_policy": st.sampled_from(["historical", "current"]),
        "blocks": st.lists(st.sampled_from(list(OPTIONAL_BLOCKS)), unique=True),
        "compare": st.one_of(st.none(), st.sampled_from(list(COMPARISONS)), INTERVALS),
        "output": st.fixed_dictionaries({"type": st.sampled_from(["web", "csv", "xls", "xlsx"])}),
    }
)


@settings(max_examples=300, deadline=None)
@given(QUERIES)
def test_a_query_comes_back_from_its_link(values: dict[str, Any]) -> None:
    query = Query.model_validate(values)
    link = to_link(query)
    if link is None:
        return
    assert len(link) <= MAX_BYTES and link.isascii()
    assert parse_link(link) == parse_link("?" + link)
    assert parse_link(link).query == query
    assert parse_link(link).ignored == ()


def test_a_link_never_holds_an_address_nor_takes_one() -> None:
    query = Query.model_validate({"output": {"type": "csv", "send_to": ["ana@example.org"]}})
    link = to_link(query)
    assert link == "period=this_year&output.type=csv"
    linked = parse_link("period=today&output.type=csv&output.send_to=eve@example.org")
    assert linked.query is not None and linked.query.output.send_to == ()
    assert linked.ignored == ("“output.send_to”",)


def test_what_is_unknown_doubled_or_wrong_is_ignored_and_named() -> None:
    linked = parse_link("x=1&currency=XXX&active_duration=3&active_duration=4&period=last_year&_=")
    assert linked.query == Query(period="last_year")
    named = "; ".join(linked.ignored)
    assert "“x”" in named and "currency (is not one of" in named and "“_”" in named
    assert "active_duration (it is there 2 times)" in named


def test_a_link_that_says_nothing_gives_no_query() -> None:
    assert parse_link("").query is None
    assert parse_link("theme=dark&template=custdyn&token=abc") == parse_link("")
    assert parse_link("nonsense=1").query is None
    assert parse_link("currency=%FF").ignored


def test_a_link_of_more_than_two_kilobytes_is_not_made_and_not_read() -> None:
    query = Query(client_tags=tuple(f"tag {number} {'é' * 20}" for number in range(20)))
    assert to_link(query) is None
    linked = parse_link("period=today&" + "client_tags=" + "x" * MAX_BYTES)
    assert linked.query is None and "a saved query is the way" in linked.ignored[0]


@pytest.mark.parametrize("name", CORPUS[::37])
def test_hostile_names_are_names(name: str) -> None:
    linked = parse_link(f"client_tags={quote(name)}&{quote(name)}=1")
    assert all(one.isprintable() for one in linked.ignored)
    if linked.query is not None:
        again = to_link(linked.query)
        assert again is not None and parse_link(again).query == linked.query
        assert dict(parse_qsl(again, keep_blank_values=True))["period"] == "this_year"


def test_a_link_names_the_view_and_what_it_is_split_by() -> None:
    link = to_link(Query(period="today"), "orig-term", "service")
    assert link == "period=today&view=orig-term&split=service"
    read = parse_link(link)
    assert (read.view, read.split, read.query) == ("orig-term", "service", Query(period="today"))
    assert parse_link("period=today").view == "report"
    wrong = parse_link("period=today&view=admin&split=all&view=cdrs")
    assert (wrong.view, wrong.split) == ("cdrs", None)
    assert wrong.ignored == ("“view”", "“split”")
