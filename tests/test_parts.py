"""The long suite has parts, and a change names those that it may break."""

from __future__ import annotations

import pytest

from tests.support.parts import PARTS, ROOT, parts_of, touched


def test_every_path_of_a_part_is_there_and_every_test_has_a_part() -> None:
    for part in PARTS.values():
        assert [path for path in part.paths if not (ROOT / path).exists()] == []
    for file in ROOT.glob("tests/**/test_*.py"):
        path = file.relative_to(ROOT).as_posix()
        assert set(parts_of(path)) <= set(PARTS)


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        ("README.md", []),
        ("custdyn_widgets/exports/xlsx.py", ["exports"]),
        ("custdyn_widgets/ui/static/button.js", ["lab", "form", "panels", "rest"]),
        ("custdyn_widgets/sources/connectors/spark.py", ["spark", "engines"]),
        ("custdyn_widgets/model/money.py", list(PARTS)),
        ("tests/store/test_kills.py", ["kills"]),
        ("tests/browser/test_form.py", ["lab", "form"]),
        ("pyproject.toml", list(PARTS)),
    ],
)
def test_a_change_touches_the_parts_that_reach_it(changed: str, parts: list[str]) -> None:
    assert touched([changed]) == parts
