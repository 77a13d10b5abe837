"""Links: the address holds the query, restores the form, and never does more than that."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from custdyn_widgets.query.url import parse_link
from tests.browser.conftest import Arrive
from tests.browser.drive import Visit, voila


def asked(visit: Visit) -> dict[str, list[str]]:
    """The parameters in the address bar."""
    return parse_qs(urlsplit(visit.page.url).query)


def test_the_address_always_holds_the_query_and_never_an_address_to_send_to(
    arrive: Arrive,
) -> None:
    visit = arrive("voila", "demo", "?theme=light")
    visit.choose("Period", "Last Month")
    visit.choose("Type", "CSV")
    visit.field("Send to").fill("ana@example.org")
    visit.field("Send to").press("Enter")
    visit.chip("ana@example.org").wait_for()
    visit.pick("Currency", "USD")
    visit.page.wait_for_url("**currency=USD**")
    assert asked(visit) == {
        "theme": ["light"],
        "period": ["last_month"],
        "group_by": ["month", "package"],
        "currency": ["USD"],
        "output.type": ["csv"],
    }
    assert "ana" not in visit.page.url


@pytest.mark.journey
def test_a_reloaded_link_restores_the_form_and_runs_nothing(arrive: Arrive) -> None:
    visit = arrive("voila")
    visit.add_filter("Client Tags")
    visit.pick("Client Tags", "vip")
    visit.chip("vip").wait_for()
    visit.write("From", "2025-03-01")
    visit.page.wait_for_url("**2025-03-01**")
    address = visit.page.url
    visit.open(address)
    visit.notice("filled from a link").wait_for()
    assert visit.chips("Client Tags") == ["vip"]
    assert visit.field("From").input_value() == "2025-03-01 00:00:00"
    visit.page.wait_for_timeout(1_000)
    assert visit.page.locator(".custdyn-app table.custdyn").count() == 0
    assert visit.page.url == address


def test_hostile_and_unknown_parameters_are_ignored_and_named(arrive: Arrive) -> None:
    hostile = "?period=today&__proto__=1&x=%3Cimg+src%3Dx+onerror%3Dalert(1)%3E&currency=%27--"
    visit = arrive("voila", "sample", f"{hostile}&output.send_to=eve@example.org")
    told = visit.notice("filled from a link")
    told.wait_for()
    for name in ("“__proto__”", "“x”", "currency", "“output.send_to”"):
        assert name in told.inner_text()
    assert visit.field("Period").input_value()
    assert visit.page.locator(".custdyn-app img").count() == 0
    assert asked(visit) == {"period": ["today"]}


def test_more_than_two_kilobytes_are_for_a_saved_query(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", "?period=today&" + "&".join(["client_tags=" + "x" * 99] * 30))
    visit.notice("filled from a link").wait_for()
    assert "a saved query is the way" in visit.notice("filled from a link").inner_text()
    visit.add_filter("Package")
    for number in range(12):
        visit.search("Package", f"{number}" * 60 + "é" * 60)
        visit.field("Package").press("Enter")
        visit.page.locator(".custdyn-box .custdyn-chip").nth(number + 2).wait_for()
    visit.notice("too long for a link").wait_for()
    assert "package" not in visit.page.url


def test_a_copied_link_opens_the_same_form(arrive: Arrive) -> None:
    visit = arrive("voila", "sample", "?period=2017-01-01/2017-12-31&currency=USD")
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.query()
    visit.table()
    visit.export("Copy link").click()
    visit.page.get_by_text("Link copied.").wait_for()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    assert copied == visit.page.url
    assert copied.startswith("http://127.0.0.1:")


def test_in_lab_the_link_is_the_part_behind_the_address_and_restores_the_form(
    arrive: Arrive,
) -> None:
    visit = arrive("lab", "sample", "?period=2017-01-01/2017-12-31&group_by=year&nonsense=1")
    assert "“nonsense”" in visit.notice("filled from a link").inner_text()
    assert visit.chips("Group By") == ["Year"]
    visit.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    before = visit.page.url
    visit.query()
    visit.table()
    visit.export("Copy link").click()
    visit.page.get_by_text("Link copied.").wait_for()
    copied = visit.page.evaluate("navigator.clipboard.readText()")
    linked = parse_link(copied).query
    assert copied.startswith("?") and linked is not None
    assert linked.group_by == ("year",)
    assert visit.page.url == before  # JupyterLab's address is not ours


def test_a_kernel_that_waited_beforehand_takes_the_link_of_its_reader(
    visits: Callable[[], Visit], tmp_path: Path
) -> None:
    with voila("sample", tmp_path, ready=1) as address:
        for link, label in (("?period=last_week", "Last Week"), ("?period=today", "Today")):
            visit = visits()
            visit.open(f"{address}/{link}")
            visit.notice("filled from a link").wait_for()
            chosen = visit.field("Period").evaluate("list => list.selectedOptions[0].text")
            assert chosen.replace("\N{NO-BREAK SPACE}", " ") == label
