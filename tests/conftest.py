"""What every test may lean on: a cache of its own, and the page's query."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from custdyn_widgets import Query

AS_OF = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The demo, the marks of checked sources, templates and the log, away from the user's."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        patch.setenv("XDG_STATE_HOME", str(folder))
        patch.setenv("XDG_DATA_HOME", str(folder))
        yield folder


@pytest.fixture
def page_query() -> Query:
    """The query of the page's sample (REPORT.md section 5)."""
    return Query.model_validate(
        {
            "period": {"from": "2017-01-01", "to": "2017-12-31"},
            "group_by": ["month", "package"],
            "currency": "USD",
        }
    )
