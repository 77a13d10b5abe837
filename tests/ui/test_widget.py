"""The widgets without a browser: messages sent as the page sends them, errors that stay here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from inspect import isfunction
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import IntSlider, Widget
from ipywidgets.embed import embed_data

from custdyn_widgets import CustomerDynamics, Query
from custdyn_widgets.environment import STORE_VARIABLE
from custdyn_widgets.errors import QueryError
from custdyn_widgets.sources.catalog import Choice, Choices
from custdyn_widgets.store import my_store
from custdyn_widgets.ui.data_period import LAST_YEAR, apart
from custdyn_widgets.ui.error_boundary import guarded, log_file
from custdyn_widgets.ui.widgets.basic import is_shown
from custdyn_widgets.ui.widgets.button import Button
from custdyn_widgets.ui.widgets.datetime_field import DatetimeField
from custdyn_widgets.ui.widgets.download import Download
from custdyn_widgets.ui.widgets.picker import Picker
from tests.conftest import AS_OF
from tests.support.small import entry, source

EVERYTHING = {
    "period": "last_quarter",
    "timezone": "Asia/Kathmandu",
    "client_type": "all",
    "client_tags": ["vip"],
    "owner": ["7"],
    "owner_tree": True,
    "package": ["Gold", "=2+5"],
    "group_by": ["year", "month"],
    "currency": "JPY",
    "active_duration": 12,
    "rate_policy": "current",
    "blocks": ["bridge"],
    "compare": "previous_year",
    "output": {"type": "csv", "send_to": ["a@example.org"]},
}


def wait(until: Callable[[], object]) -> None:
    for _ in range(600):
        if until():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def titles(app: CustomerDynamics) -> list[str]:
    return [notice["title"] for notice in app.form.notices.notices]


def test_it_gives_the_query_and_the_report_on_the_screen(page_query: Query) -> None:
    app = CustomerDynamics("sample", query=page_query)
    assert app.query == page_query
    assert app.report is None
    app.ask()
    wait(lambda: "Done in" in app.form.bar.status.words)
    assert app.report is not None and app.report.query == page_query
    assert app._views.report.table.data["labels"][0] == "01/2017"


def test_a_form_that_was_asked_nothing_opens_where_the_data_is(page_query: Query) -> None:
    made = CustomerDynamics("sample").run()
    assert [bucket.label for bucket in made.report.buckets][:2] == ["01/2017", "02/2017"]
    assert any(cell.value for cell in made.report.row("Pay As You Go", "Total").cells)
    asked = CustomerDynamics("sample", query={"period": "this_year"})
    asked.form.names.read_now()
    assert asked.query == Query() and "The period begins after the data ends" in titles(asked)
    asked.form.where.take(LAST_YEAR)
    wait(lambda: "Done in" in asked.form.bar.status.words)
    assert asked.report is not None and asked.report.report.first.year == 2017


def test_the_period_and_the_data_are_compared_on_the_clock_of_the_query() -> None:
    rows = [entry(1, 1, "2024-12-31T23:30:00Z", "payg", "-1")]
    contents = source(ledger=rows).directory().contents
    assert contents is not None
    for timezone, is_apart in (("UTC", True), ("Europe/Vienna", False)):
        query = Query.model_validate(
            {"period": {"from": "2025-01-01", "to": "2025-01-31"}, "timezone": timezone}
        )
        assert bool(apart(contents, query)) == is_apart


@pytest.mark.parametrize(
    "compare", ["previous_year", {"from": "2016-01-01T00:00:00", "to": "2016-12-31T23:59:59"}, None]
)
def test_a_form_filled_with_a_query_gives_that_query(compare: object) -> None:
    query = Query.model_validate({**EVERYTHING, "compare": compare})
    assert CustomerDynamics("sample", query=query).query == query
    assert CustomerDynamics("sample", query=query.to_dict()).query == query


def test_a_form_filled_from_a_link_says_so_and_names_what_it_ignored() -> None:
    app = CustomerDynamics("sample", query="?period=last_year&group_by=&x=1")
    assert app.query == Query(period="last_year", group_by=())
    assert titles(app) == ["The form was filled from a link"]
    assert app.form.notices.notices[0]["items"] == ("“x”",)
    assert app.report is None


def test_the_address_is_left_alone_until_the_page_has_sent_its_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("QUERY_STRING", "")  # a kernel that could not hear of its reader
    app = CustomerDynamics("sample")
    assert app.form.page.link is None
    app.form.page._received(None, {"type": "shown", "link": "?period=last_month&theme=dark"}, [])
    assert app.query == Query(period="last_month")
    assert app.form.page.link == "period=last_month"
    app.form.page._received(None, {"type": "shown", "link": "?period=today"}, [])
    assert app.query == Query(period="last_month")  # only the first time
    assert CustomerDynamics("sample", query=Query()).form.page.link is None


def test_a_preset_fills_the_dates_and_a_touched_date_makes_it_custom() -> None:
    app = CustomerDynamics("sample", query=Query(period="this_year"))
    app.form.fields._now = lambda: AS_OF
    controls = app.form.fields.controls
    controls.period.value = "last_month"
    assert (controls.first.value, controls.last.value) == (
        "2026-10-01 00:00:00",
        "2026-10-31 23:59:59",
    )
    controls.timezone._received(None, {"type": "add", "text": "Nowhere"}, [])
    controls.last.value = "2026-10-02"
    assert controls.period.value == "custom"
    assert controls.values()["period"] == {
        "from": "2026-10-01 00:00:00",
        "to": "2026-10-02 23:59:59",
    }


def test_what_the_browser_sends_is_checked_again() -> None:
    app = CustomerDynamics("sample")
    controls = app.form.fields.controls
    controls.active_duration.value = 5_000
    controls.first.value = "x" * 100
    assert app.query == Query(group_by=("month", "package"))  # the last that was valid
    assert {fault.partition(":")[0] for fault in app.faults} == {"active_duration", "period.from"}
    with pytest.raises(QueryError):
        app.run()
    app.ask()
    assert "2 fields need attention" in app.form.bar.status.words
    assert app.form.fields._faults["active_duration"].value


def test_a_number_is_never_changed_into_one_that_is_allowed() -> None:
    controls = (app := CustomerDynamics("sample")).form.fields.controls
    for wrong in (121, -1, 1.5, float("inf"), float("nan")):
        controls.active_duration.value = wrong
        assert "from 0 to 120" in app.form.fields._faults["active_duration"].value, wrong
    controls.active_duration.value = 120
    assert app.query.active_duration == 120
    assert app.form.fields._faults["active_duration"].value == ""


def test_of_two_dates_the_wrong_one_is_marked() -> None:
    controls = CustomerDynamics("sample").form.fields.controls
    controls.first.value, controls.last.value = "2017-01-01", "soon"
    assert (controls.first.invalid, controls.last.invalid) == (False, True)
    controls.last.value = "2016-01-01"  # now it is the two of them
    assert (controls.first.invalid, controls.last.invalid) == (True, True)
    controls.last.value = "2018-01-01"
    assert (controls.first.invalid, controls.last.invalid) == (False, False)


def test_the_form_leaves_the_other_widgets_of_the_kernel_alone() -> None:
    """Whoever embeds a notebook's widgets has all of them saved: no name of theirs is taken."""
    app = CustomerDynamics("sample")
    slider = IntSlider()
    saved = embed_data([slider])["manager_state"]["state"]
    assert slider.model_id in saved and app.model_id in saved
    kinds = [kind for kind in every_kind(Widget) if kind.__module__.startswith("custdyn_widgets")]
    assert len(kinds) > 10
    for kind in kinds:
        theirs = {name for base in kind.__mro__[1:] if base not in kinds for name in vars(base)}
        own = {name for name, value in vars(kind).items() if isfunction(value)}
        assert own & theirs <= {"__init__", "__repr__", "close", "focus"}, (
            kind
        )  # they do what theirs do


def every_kind(kind: type) -> list[type]:
    """The classes below a class."""
    direct: list[type] = kind.__subclasses__()
    return [one for below in direct for one in (below, *every_kind(below))]


@pytest.mark.parametrize(
    "message",
    [None, "nonsense", {}, {"type": "choose", "value": 5}, {"type": "search", "text": "x" * 5_000},
     {"type": "choose", "value": "not there"}, {"type": "remove", "value": "not there"}],
)  # fmt: skip
def test_a_field_survives_any_message(message: object) -> None:
    told: list[str] = []
    picker = Picker(lambda: Choices([Choice("a", "A")]), changed=lambda: None, on_error=told.append)
    picker._received(None, message, [])
    assert picker.values == [] and told == []
    press = Button(lambda: told.append("pressed"), told.append)
    press._received(None, message, [])
    assert told == []


def test_a_field_of_several_values_takes_each_once_and_keeps_their_order() -> None:
    changes: list[int] = []
    known = Choices([Choice("a", "Ann"), Choice("b", "Bob", hint="2")])
    picker = Picker(
        lambda: known,
        changed=lambda: changes.append(1),
        on_error=print,
        multiple=True,
        ordered=True,
    )
    for value in ("b", "a", "b", "b"):  # chosen again, it is taken away
        picker._received(None, {"type": "choose", "value": value}, [])
    assert picker.values == ["a", "b"]
    assert [one["label"] for one in picker.chosen] == ["Ann", "Bob"]
    picker._received(None, {"type": "remove", "value": "a"}, [])
    assert picker.values == ["b"] and len(changes) == 5


def test_a_search_is_answered_with_the_first_matches_or_with_why_there_are_none() -> None:
    sent: list[Any] = []
    known: list[Any] = ["Reading …", Choices(Choice(str(n), f"Name {n}") for n in range(60))]
    picker = Picker(lambda: known[0], changed=print, on_error=print, multiple=True, open_ended=True)
    picker.send = sent.append
    ask = {"type": "search", "text": "name", "serial": 7}
    picker._received(None, ask, [])
    assert sent[-1] == {"type": "found", "serial": 7, "choices": [], "words": "Reading …"}
    known.pop(0)
    picker._received(None, ask, [])
    assert len(sent[-1]["choices"]) == 51 and "50 of 60 shown" in sent[-1]["words"]
    assert sent[-1]["choices"][-1]["label"] == "“name”"  # what is typed can be asked for as it is


def test_addresses_are_split_and_checked_as_they_are_typed() -> None:
    app = CustomerDynamics("sample", query={"output": {"type": "csv"}})
    field = app.form.fields.controls.send_to
    field._received(None, {"type": "add", "text": "Ana@Example.org, nobody;bob@example.org"}, [])
    assert field.values == ["Ana@example.org", "nobody", "bob@example.org"]
    assert [bool(one["fault"]) for one in field.chosen] == [False, True, False]
    assert "e-mail" in app.form.fields._faults["output.send_to"].value
    assert field.invalid


def test_a_field_of_a_bare_day_completes_it_and_keeps_what_it_cannot_read() -> None:
    field = DatetimeField(end_of_day=True, label="To")
    field.value = "2024-02-29"
    assert field.value == "2024-02-29 23:59:59"
    field.value = "29.2.2024"
    assert field.value == "29.2.2024"


def test_a_changed_form_makes_the_report_stale_until_it_is_as_it_was() -> None:
    app = CustomerDynamics("sample", query={"period": "last_year"})
    app.ask()
    wait(lambda: app.report)
    app.form.fields.controls.rate_policy.value = "current"
    assert any("earlier settings" in title for title in titles(app))
    app.form.fields.controls.rate_policy.value = "historical"
    assert not any("earlier settings" in title for title in titles(app))


def test_a_step_or_an_offer_that_the_page_does_not_have_does_nothing() -> None:
    app = CustomerDynamics("sample", query="period=2017-01-01/2017-12-31")
    before = app.query
    app.form.notices._received(None, {"taken": "nonsense"}, [])
    for wrong in (7, "1", None, [1]):
        app._summary._received(None, {"type": "step", "by": wrong}, [])
    assert not app.busy and app.query == before
    app._summary._received(None, {"type": "step", "by": 1}, [])
    wait(lambda: not app.busy and app.report)
    assert str(app.report.report.first) == "2018-01-01 00:00:00"


def test_names_are_shown_once_they_are_read() -> None:
    app = CustomerDynamics("demo", query={"owner": ["1626"], "currency": "USD"})
    assert app.form.fields.controls.owner.chosen[0]["label"] == "1626"
    app.form.page._received(None, {"type": "shown", "link": None}, [])
    wait(lambda: app.form.fields.controls.currency.chosen[0]["label"] == "USD – US Dollar")
    assert app.form.fields.controls.owner.chosen[0]["label"] == "Acme Communications"
    assert app.query.owner == ("1626",)


def test_why_there_are_no_names_is_said_in_the_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "clients.csv").write_text("client_id\n1\n")
    app = CustomerDynamics(tmp_path)
    asked: list[int] = []
    directory = app.source.directory

    def counted() -> Any:
        asked.append(1)
        return directory()

    monkeypatch.setattr(app.source, "directory", counted)
    app.form.names.read()
    wait(lambda: "the table is missing" in app.form.names.words)
    time.sleep(0.5)
    assert len(asked) == 1  # nobody asks again by himself
    app.form.fields.controls.owner._received(None, {"type": "search", "text": "a", "serial": 1}, [])
    wait(lambda: len(asked) == 2)


def test_a_foreseen_error_is_a_line_with_an_id_that_is_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("client_id\n1\n")
    app = CustomerDynamics(tmp_path)
    app.ask()
    wait(lambda: "The report could not be created" in titles(app))
    words = app.form.notices.notices[0]["words"]
    assert "ledger: the table is missing" in words
    assert words.partition("error id ")[2][:8] in log_file().read_text("utf-8")


def test_an_unforeseen_error_is_an_id_on_the_page_and_a_traceback_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=canary")

    monkeypatch.setattr("custdyn_widgets.ui.jobs.run", fail)
    app = CustomerDynamics("sample")
    log = logging.getLogger("custdyn_widgets")
    log.addHandler(caplog.handler)  # what it says goes to a file, and no further
    try:
        app.ask()
        wait(lambda: "The report could not be created" in titles(app))
    finally:
        log.removeHandler(caplog.handler)
    assert "canary" not in str(app.form.notices.notices)
    reference = app.form.notices.notices[0]["words"].partition("error id ")[2][:8]
    assert reference in caplog.text and "canary" in caplog.text
    assert reference in log_file().read_text("utf-8")


def test_a_guarded_callback_lets_nothing_through() -> None:
    told: list[str] = []
    guarded(lambda: 1 / 0, told.append)()  # type: ignore[arg-type]
    assert told[0].startswith("Something went wrong")
    with pytest.raises(ZeroDivisionError):  # the control: without the guard it gets out
        (lambda: 1 / 0)()


def test_a_failed_download_frees_its_button(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    sent: list[Any] = []

    def fail() -> tuple[str, str, bytes]:
        raise RuntimeError("no")

    button = Download(fail, told.append)
    monkeypatch.setattr(button, "send", lambda content, buffers=None: sent.append(content))
    button._received(None, {"type": "press"}, [])
    button._received(None, "nonsense", [])
    assert sent == [{"type": "failed"}]
    assert len(told) == 1


def button(box: Any, label: str) -> Button:
    """A button that a box shows, by its label."""
    inside = [box]
    for one in inside:
        inside += getattr(one, "children", ())
    return next(one for one in inside if isinstance(one, Button) and one.label == label)


def test_a_link_is_copied_with_the_address_of_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CustomerDynamics("sample", query=Query(period="today", group_by=("year",)))
    sent: list[Any] = []
    app.run()
    copy = button(app, "Copy link")
    monkeypatch.setattr(copy, "send", lambda content, buffers=None: sent.append(content))
    copy._received(None, {"type": "press", "address": "http://lab/"}, [])
    assert sent[-1]["text"] == "?period=today&group_by=year"  # a notebook's address is no page's
    monkeypatch.setenv("CUSTDYN_PAGE", "https://reports.example.org/")
    copy._received(None, {"type": "press", "address": "http://lab/"}, [])
    assert sent[-1]["text"].startswith("https://reports.example.org/?period=today")
    copy._received(None, {"type": "copied", "done": True}, [])
    assert app.form.bar.status.words == "Link copied."
    copy._received(None, {"type": "copied", "done": False}, [])
    assert "does not let" in app.form.bar.status.words


def test_cancel_drops_the_report_that_is_being_made() -> None:
    app = CustomerDynamics("demo")
    app.ask()
    app.form.bar.cancel.press()
    assert "Cancelled" in app.form.bar.status.words
    with app.source.reading():
        pass
    assert app.report is None
    app.ask()
    app.ask()  # the latest wins
    wait(lambda: app.report)


def test_a_wrong_query_leaves_the_report_that_is_being_made_alone() -> None:
    app = CustomerDynamics("demo", query={"period": "last_year"})
    app.ask()
    app.form.fields.controls.first.value = "soon"
    app.ask()
    assert is_shown(app.form.bar.cancel) and app.form.bar.status.running
    wait(lambda: app.report)


def test_a_report_with_too_many_cells_is_exported_not_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("custdyn_widgets.ui.states.MAX_CELLS", 100)
    app = CustomerDynamics("sample", query={"period": "last_year"})
    app.ask()
    wait(lambda: "The report is too large for a page" in titles(app))
    assert app._views.report.table.data == {}
    assert app._views.report.make_file("csv")[2]


def open_chart(app: CustomerDynamics, value: str) -> None:
    """Asks for the report and chooses a chart, as the menu does."""
    app.ask()
    wait(lambda: app.report)
    panel = app._views.report.chart
    panel.menu._received(None, {"type": "choose", "value": value}, [])


def test_a_chart_is_drawn_of_the_report_and_what_is_wrong_is_said(page_query: Query) -> None:
    app = CustomerDynamics("sample", query=page_query)
    open_chart(app, "Clients - Active: Qty")
    panel = app._views.report.chart
    wait(lambda: panel.chart.spec)
    before = panel.chart.spec
    panel.editor.title.value = "x" * 200
    assert "1 to 120 characters" in panel.editor._faults.value
    assert panel.chart.spec == before
    panel.editor.title.value = ""
    wait(lambda: panel.chart.spec != before or not panel.editor._faults.value)
    panel.editor.x.value = "package"
    assert "is not a row of every package" in panel.editor._faults.value


@pytest.mark.parametrize(
    "message",
    [None, {}, {"type": "point"}, {"type": "point", "row": "0", "column": 0},
     {"type": "point", "row": 10**9, "column": 0}, {"type": "point", "row": 0, "column": -5}],
)  # fmt: skip
def test_a_chart_survives_any_message(message: object, page_query: Query) -> None:
    app = CustomerDynamics("sample", query=page_query)
    open_chart(app, "Balance Refill: Total")
    app._views.report.chart.chart._received(None, message, [])
    assert not [one for one in app.form.notices.notices if one["tone"] == "failed"]


def test_a_menu_takes_only_what_it_offers(page_query: Query) -> None:
    app = CustomerDynamics("sample", query=page_query)
    open_chart(app, "template of nobody")
    assert not app._views.report.chart.is_open
    app._views.report.chart.editor.add._received(
        None, {"type": "choose", "value": "a\x1fb\x1fc"}, []
    )
    assert app._views.report.chart.editor.is_blank()
    app._views.report._comparing._received(None, {"type": "choose", "value": "next_year"}, [])
    assert app.query.compare is None


def test_a_store_that_cannot_be_used_is_said_and_the_charts_are_there(
    page_query: Query, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "file" / "store.sqlite"))
    my_store.cache_clear()
    try:
        app = CustomerDynamics("sample", query=page_query)
        open_chart(app, "Clients - Active: Qty")
        panel = app._views.report.chart
        wait(lambda: panel.chart.spec)
        panel.templates.name.value = "Mine"
        panel.templates._form.add.press()
        assert "cannot be used" in panel.templates._form.said.value
    finally:
        my_store.cache_clear()
