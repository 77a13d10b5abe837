"""Chart templates: kept, seen by whom they are for, never overwritten unseen."""

from __future__ import annotations

import os
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from custdyn_widgets.environment import STORE_VARIABLE
from custdyn_widgets.errors import QueryError
from custdyn_widgets.query.query import Query
from custdyn_widgets.store import QueryTemplate, Store, StoreError, TemplateFile, my_store
from custdyn_widgets.store.database import SCHEMA
from custdyn_widgets.store.saved_query import frozen
from custdyn_widgets.views.chart_spec import PRE_CONFIGURED, ChartSpec
from tests.support import kills
from tests.support.small import make

CHART = ChartSpec.model_validate(
    {"title": "Refills", "series": [{"block": "Balance Refill", "row": "Qty", "kind": "area"}]}
)


TEMPLATE = QueryTemplate(
    query=Query(period="last_month", group_by=("date",), currency="USD"),
    description="For the board.\nEvery month.",
    chart="Clients - Active: Qty",
)


@pytest.fixture
def path(store_url: str) -> str:
    """A store of each kind."""
    return store_url


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A store that is a file."""
    return str(tmp_path / "folder" / "store.sqlite")


def test_a_saved_chart_comes_back_by_its_name_in_any_case(path: str) -> None:
    saved = Store(path, "ann").charts.add("  My refills ", CHART, shared=False)
    assert saved.name == "My refills"
    again = Store(path, "ann")
    assert again.charts.all() == [saved]
    assert again.charts.find("my REFILLS") == CHART == again.charts.find(saved.id)
    assert again.charts.find("pay as you go: total") == PRE_CONFIGURED["Pay as you Go: Total"]


def test_others_see_only_what_is_shared_and_change_nothing(path: str) -> None:
    ann, bob = Store(path, "ann"), Store(path, "bob")
    own = ann.charts.add("Mine", CHART, shared=False)
    shared = ann.charts.add("Ours", CHART, shared=True)
    assert bob.charts.all() == [shared]
    with pytest.raises(QueryError, match="is not one of"):
        bob.charts.find(own.id)
    for change in (lambda: bob.charts.change(shared, name="X"), lambda: bob.charts.delete(shared)):
        with pytest.raises(StoreError, match="belongs to ann"):
            change()
    assert ann.charts.all() == [own, shared]


def test_a_template_is_renamed_changed_and_deleted(path: str) -> None:
    store = Store(path, "ann")
    saved = store.charts.add("One", CHART, shared=False)
    other = PRE_CONFIGURED["Clients - Active: Qty"]
    changed = store.charts.change(saved, name="Two", kept=other, shared=True)
    assert store.charts.all() == [changed]
    assert (changed.name, changed.kept, changed.shared, changed.version) == ("Two", other, True, 2)
    store.charts.delete(changed)
    assert store.charts.all() == []


def test_who_comes_second_gets_an_error_and_nothing_is_overwritten(path: str) -> None:
    first, second = Store(path, "ann"), Store(path, "ann")
    saved = first.charts.add("One", CHART, shared=False)
    (seen,) = second.charts.all()
    changed = first.charts.change(saved, name="Two")
    for change in (
        lambda: second.charts.change(seen, name="Three"),
        lambda: second.charts.delete(seen),
    ):
        with pytest.raises(StoreError, match="changed or deleted by somebody else"):
            change()
    assert second.charts.all() == [changed]


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
    saved = store.charts.add("one", CHART, shared=False)
    with pytest.raises(QueryError, match=message) as raised:
        store.charts.add(name, CHART, shared=False)
    assert [fault.field for fault in raised.value.faults] == ["name"]
    assert store.charts.all() == [saved]
    Store(path, "bob").charts.add("one", CHART, shared=False)  # another's name is free


def test_a_name_that_several_people_share_is_asked_for_by_id(path: str) -> None:
    saved = [Store(path, user).charts.add("Ours", CHART, shared=True) for user in ("ann", "bob")]
    carl = Store(path, "carl")
    with pytest.raises(QueryError, match=r"several people use: ann \("):
        carl.charts.find("ours")
    assert carl.charts.find(saved[1].id) == CHART
    assert Store(path, "ann").charts.find("ours") == CHART


def test_a_store_is_for_no_other_account_of_the_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the file, nor what SQLite lays next to it, nor the folder; under any umask."""
    before = os.umask(0)
    try:
        file = tmp_path / "own" / "store.sqlite"
        store = Store(str(file), "ann")
        store.charts.add("Mine", CHART, shared=False)
        made = {path.name: path.stat().st_mode & 0o777 for path in file.parent.iterdir()}
        assert made == dict.fromkeys(made, 0o600) and len(made) == 3
        assert file.parent.stat().st_mode & 0o777 == 0o700
        store.close()
        file.chmod(0o664)  # of an earlier version, or of a team
        file.parent.chmod(0o775)
        Store(str(file), "ann").close()
        assert file.stat().st_mode & 0o777 == 0o660
        file.chmod(0o644)
        Store(f"sqlite:///{file}", "ann").close()
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o775  # it is not ours to close
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
        monkeypatch.delenv(STORE_VARIABLE, raising=False)
        (tmp_path / "data" / "custdyn_widgets").mkdir(parents=True)
        my_store.cache_clear()
        my_store().close()
        assert (tmp_path / "data" / "custdyn_widgets").stat().st_mode & 0o777 == 0o700
    finally:
        os.umask(before)
        my_store.cache_clear()


def test_a_store_of_a_newer_version_is_only_read(file: str) -> None:
    saved = Store(file, "ann").charts.add("One", CHART, shared=False)
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE about SET schema_version = 99")
    newer = Store(file, "ann")
    assert "newer version" in newer.read_only
    assert newer.charts.all() == [saved]
    for change in (
        lambda: newer.charts.add("Two", CHART, shared=False),
        lambda: newer.charts.change(saved, name="Two"),
        lambda: newer.charts.delete(saved),
    ):
        with pytest.raises(StoreError, match="newer version"):
            change()
    assert newer.charts.all() == [saved]


def test_a_store_of_an_earlier_version_is_brought_forward(file: str) -> None:
    saved = Store(file, "ann").charts.add("One", CHART, shared=False)
    with sqlite3.connect(file) as connection:  # as the first version made it
        connection.execute("DROP TABLE query_templates")
        connection.execute("UPDATE about SET schema_version = 1")
    store = Store(file, "ann")
    assert store.charts.all() == [saved] and store.queries.all() == []
    store.queries.add("Mine", TEMPLATE, shared=False)
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT schema_version FROM about").fetchall() == [(SCHEMA,)]


def test_a_saved_query_comes_back_as_it_was_and_can_be_restored(path: str) -> None:
    store = Store(path, "ann")
    saved = store.queries.add("Month end", TEMPLATE, shared=True)
    assert Store(path, "bob").queries.find("month END") == TEMPLATE
    store.queries.delete(saved)
    with pytest.raises(QueryError, match="none is saved"):
        store.queries.find("Month end")
    back = store.queries.restore(saved)
    assert store.queries.all() == [back] and (back.id, back.kept) == (saved.id, TEMPLATE)
    with pytest.raises(QueryError, match="another template of yours"):
        store.queries.add("month end", TEMPLATE, shared=False)


def test_a_template_is_a_toml_file_and_back(tmp_path: Path) -> None:
    file = TemplateFile(title="Month end", shared=True, **dict(TEMPLATE))
    (tmp_path / "template.toml").write_text(file.to_toml(), "utf-8")
    read = TemplateFile.read(tmp_path / "template.toml")
    assert read == file and read.template == TEMPLATE
    (tmp_path / "wrong.toml").write_text('title = "x"\n[query]\ncurency = "EUR"\n')
    with pytest.raises(QueryError, match="did you mean currency"):
        TemplateFile.read(tmp_path / "wrong.toml")
    for content in (b"\xff", b"title = ", b"query = {}\ntitle = 1"):
        (tmp_path / "wrong.toml").write_bytes(content)
        with pytest.raises(QueryError):
            TemplateFile.read(tmp_path / "wrong.toml")


def test_a_frozen_period_is_the_dates_that_it_meant() -> None:
    now = datetime(2026, 5, 5, tzinfo=UTC)
    query = frozen(Query(period="last_month", timezone="Asia/Kathmandu"), now)
    assert query.interval(now) == query.interval(datetime(2030, 1, 1, tzinfo=UTC))
    assert query.to_dict()["period"] == {"from": "2026-04-01T00:00:00", "to": "2026-04-30T23:59:59"}


def test_a_store_that_cannot_be_used_is_an_error_of_one_line(tmp_path: Path) -> None:
    (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 40)
    for url in (str(tmp_path / "text"), "nothing://x", str(tmp_path / "text" / "below")):
        with pytest.raises(StoreError, match="cannot be used") as raised:
            Store(url, "ann").charts.all()
        assert "\n" not in str(raised.value)


def test_what_is_saved_is_durable(file: str) -> None:
    store = Store(file, "ann")
    store.charts.add("One", CHART, shared=False)
    with store._database.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
    store.close()


def test_many_may_open_a_new_store_at_once(path: str) -> None:
    users, gate = [f"user {number}" for number in range(4)], kills.barrier(4)
    processes = [kills.start(kills.open_and_add, path, user, CHART, gate) for user in users]
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 4
    assert sorted(saved.owner for saved in Store(path, "me").charts.all()) == users


def test_a_report_draws_a_chart_that_was_saved(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(STORE_VARIABLE, path)
    monkeypatch.setenv("CUSTDYN_USER", "ann")
    my_store.cache_clear()
    try:
        assert my_store().user == "ann"
        my_store().charts.add("My refills", CHART, shared=False)
        drawn = make({}).chart("My refills").to_dict()
        assert drawn["title"]["text"] == "Refills"
    finally:
        my_store.cache_clear()
