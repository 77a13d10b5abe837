"""The widget without a browser: traits set as the page sets them, errors that stay here."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any

import pytest

from custdyn_widgets import CustomerDynamics, Query
from custdyn_widgets.errors import QueryError
from custdyn_widgets.ui.border import guarded
from custdyn_widgets.ui.download import Download

from .conftest import AS_OF


def wait(until: Callable[[], object]) -> None:
    for _ in range(600):
        if until():
            return
        time.sleep(0.05)
    raise AssertionError("it never happened")


def test_it_gives_the_query_and_the_report_on_the_screen(page_query: Query) -> None:
    app = CustomerDynamics("sample", query=page_query)
    assert app.query == page_query
    assert app.report is None
    app._query_button.click()
    wait(lambda: app.report)
    assert app.report is not None and app.report.query == page_query
    assert app._table.data["labels"][0] == "01/2017"


def test_a_form_filled_with_a_query_gives_that_query() -> None:
    query = Query.model_validate(
        {
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
    )
    assert CustomerDynamics("sample", query=query).query == query


def test_a_preset_fills_the_dates_and_a_touched_date_makes_it_custom() -> None:
    form = CustomerDynamics("sample", query=Query(period="this_year"))._form
    form._now = lambda: AS_OF
    form.period.value = "last_month"
    assert (form.first.value.month, form.last.value.day) == (10, 31)
    form.timezone.value = "Pacific/Kiritimati"
    form.timezone.value = "Nowhere"
    form.first.value = form.first.value.replace(day=2)
    assert form.period.value == "custom"
    assert form.values()["period"]["from"].startswith("2026-10-02")


def test_what_the_browser_sends_is_checked_again() -> None:
    app = CustomerDynamics("sample")
    app._form.active_duration.max = 10_000  # a hostile message may raise it
    app._form.active_duration.value = 5_000
    app._form.first.value = None
    app._form.period.value = "custom"
    with pytest.raises(QueryError) as raised:
        _ = app.query
    assert {fault.field for fault in raised.value.faults} == {
        "active_duration",
        "period.from",
    }
    app._query_button.click()
    assert "2 fields to correct" in app._status.value


def test_an_unforeseen_error_is_an_id_on_the_page_and_a_line_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("password=canary")

    monkeypatch.setattr("custdyn_widgets.ui.app.run", fail)
    app = CustomerDynamics("sample")
    with caplog.at_level(logging.ERROR):
        app._query_button.click()
        wait(lambda: "Something went wrong" in app._status.value)
    assert "canary" not in app._status.value
    reference = app._status.value.partition("the id ")[2][:8]
    assert reference in caplog.text and "canary" in caplog.text


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
    button._asked(None, {"type": "get"}, [])
    button._asked(None, "nonsense", [])
    assert sent == [{"type": "failed"}]
    assert len(told) == 1


def test_cancel_drops_the_report_that_is_being_made(monkeypatch: pytest.MonkeyPatch) -> None:
    app = CustomerDynamics("demo")
    app._query_button.click()
    app._cancel.click()
    assert "Cancelled" in app._status.value
    time.sleep(1.5)
    assert app.report is None
    app._query_button.click()
    app._query_button.click()  # the latest wins
    wait(lambda: app.report)
