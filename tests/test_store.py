"""Chart templates: kept, seen by whom they are for, never overwritten unseen."""

from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from custdyn_widgets.charts import PRE_CONFIGURED, ChartSpec
from custdyn_widgets.errors import QueryError
from custdyn_widgets.store import STORE_VARIABLE, Store, StoreError, my_store

from .small import make

CHART = ChartSpec.model_validate(
    {"title": "Refills", "series": [{"block": "Balance Refill", "row": "Qty", "kind": "area"}]}
)


@pytest.fixture
def path(tmp_path: Path) -> str:
    return str(tmp_path / "folder" / "store.sqlite")


def test_a_saved_chart_comes_back_by_its_name_in_any_case(path: str) -> None:
    saved = Store(path, "ann").add_chart("  My refills ", CHART, shared=False)
    assert saved.name == "My refills"
    again = Store(path, "ann")
    assert again.charts() == [saved]
    assert again.chart("my REFILLS") == CHART == again.chart(saved.id)
    assert again.chart("pay as you go: total") == PRE_CONFIGURED["Pay as you Go: Total"]


def test_others_see_only_what_is_shared_and_change_nothing(path: str) -> None:
    ann, bob = Store(path, "ann"), Store(path, "bob")
    own = ann.add_chart("Mine", CHART, shared=False)
    shared = ann.add_chart("Ours", CHART, shared=True)
    assert bob.charts() == [shared]
    with pytest.raises(QueryError, match="is not one of"):
        bob.chart(own.id)
    for change in (lambda: bob.change_chart(shared, name="X"), lambda: bob.delete_chart(shared)):
        with pytest.raises(StoreError, match="belongs to ann"):
            change()
    assert ann.charts() == [own, shared]


def test_a_template_is_renamed_changed_and_deleted(path: str) -> None:
    store = Store(path, "ann")
    saved = store.add_chart("One", CHART, shared=False)
    other = PRE_CONFIGURED["Clients - Active: Qty"]
    changed = store.change_chart(saved, name="Two", chart=other, shared=True)
    assert store.charts() == [changed]
    assert (changed.name, changed.chart, changed.shared, changed.version) == ("Two", other, True, 2)
    store.delete_chart(changed)
    assert store.charts() == []


def test_who_comes_second_is_told_and_nothing_is_overwritten(path: str) -> None:
    first, second = Store(path, "ann"), Store(path, "ann")
    saved = first.add_chart("One", CHART, shared=False)
    (seen,) = second.charts()
    changed = first.change_chart(saved, name="Two")
    for change in (
        lambda: second.change_chart(seen, name="Three"),
        lambda: second.delete_chart(seen),
    ):
        with pytest.raises(StoreError, match="changed or deleted by somebody else"):
            change()
    assert second.charts() == [changed]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("", "1 to 120"),
        ("x" * 121, "1 to 120"),
        ("a\u202eb", "control character"),
        ("ONE", "another chart template of yours"),
        ("clients - active: qty", "pre-configured"),
    ],
)
def test_a_name_that_is_wrong_or_taken_is_refused(path: str, name: str, message: str) -> None:
    store = Store(path, "ann")
    saved = store.add_chart("one", CHART, shared=False)
    with pytest.raises(QueryError, match=message) as raised:
        store.add_chart(name, CHART, shared=False)
    assert [fault.field for fault in raised.value.faults] == ["name"]
    assert store.charts() == [saved]
    Store(path, "bob").add_chart("one", CHART, shared=False)  # another's name is free


def test_a_name_that_several_people_share_is_asked_for_by_id(path: str) -> None:
    saved = [Store(path, user).add_chart("Ours", CHART, shared=True) for user in ("ann", "bob")]
    carl = Store(path, "carl")
    with pytest.raises(QueryError, match=r"several people use: ann \("):
        carl.chart("ours")
    assert carl.chart(saved[1].id) == CHART
    assert Store(path, "ann").chart("ours") == CHART


def test_a_store_of_a_newer_version_is_left_alone(path: str) -> None:
    Store(path, "ann").add_chart("One", CHART, shared=False)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE about SET schema_version = 99")
    with pytest.raises(StoreError, match="newer version"):
        Store(path, "ann")


def test_a_store_that_cannot_be_used_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 40)
    for url in (str(tmp_path / "text"), "nothing://x", str(tmp_path / "text" / "below")):
        with pytest.raises(StoreError, match="cannot be used") as raised:
            Store(url, "ann").charts()
        assert "\n" not in str(raised.value)


def test_what_is_saved_is_durable(path: str) -> None:
    store = Store(path, "ann")
    store.add_chart("One", CHART, shared=False)
    with store._begin() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def _open_and_add(path: str, user: str) -> None:
    Store(path, user).add_chart("One", CHART, shared=True)


def test_many_may_open_a_new_store_at_once(path: str) -> None:
    context = multiprocessing.get_context("spawn")
    users = [f"user {number}" for number in range(4)]
    processes = [context.Process(target=_open_and_add, args=(path, user)) for user in users]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(saved.owner for saved in Store(path, "me").charts()) == users


def test_a_report_draws_a_chart_that_was_saved(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, path)
    monkeypatch.setenv("CUSTDYN_USER", "ann")
    my_store.cache_clear()
    try:
        assert my_store().user == "ann"
        my_store().add_chart("My refills", CHART, shared=False)
        drawn = make({}).chart("My refills").to_dict()
        assert drawn["title"]["text"] == "Refills"
    finally:
        my_store.cache_clear()
