"""From a stranger's CSV to a report, as docs/own-system.md tells it."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets.cli import main
from tests.support.billing import rows_of

DOCUMENT = Path(__file__).parents[2] / "docs" / "own-system.md"


def blocks(language: str) -> list[str]:
    """The blocks of a language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", DOCUMENT.read_text("utf-8"), re.M | re.S)


def test_the_document_leads_from_exports_to_a_report(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "exports").mkdir()
    for name, text in zip(("customers", "transactions"), blocks("csv"), strict=True):
        (tmp_path / "exports" / f"{name}.csv").write_text(text, "utf-8")
    begun, then = blocks("sh")
    assert main(begun.split()[1:]) == 0
    own = tmp_path / "my_system"
    (toml,) = blocks("toml")
    (own / "system.toml").write_text(toml, "utf-8")
    for name, text in zip(("clients", "ledger", "left_out"), blocks("sql"), strict=True):
        (own / f"{name}.sql").write_text(text, "utf-8")
    for line in then.splitlines():
        assert main(shlex.split(line)[1:]) == 0, capsys.readouterr().err
    said = capsys.readouterr().out
    assert "transactions: 4 rows read, 3 used" in said
    assert "transactions: 1 row left out, 0: a reminder (3)" in said
    ledger = {
        row["entry_id"]: str(row["amount"].normalize()) for row in rows_of("billing", "ledger")
    }
    assert ledger == {"1": "2E+1", "2": "-1.25", "4": "1.05E+3"}
    names: dict[str, Any] = {}
    for text in blocks("py"):
        exec(compile(text, str(DOCUMENT), "exec"), names)  # noqa: S102 our own text
    assert names["made"].used == {"transactions": 3}
