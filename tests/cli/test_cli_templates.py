"""Saved queries on the command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from custdyn_widgets.cli import main
from custdyn_widgets.environment import STORE_VARIABLE
from custdyn_widgets.store import TemplateFile, my_store

FILE = """title = "Month end"
description = "For the board."
chart = "Clients - Active: Qty"

[query]
period = "last_month"
currency = "USD"
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv(STORE_VARIABLE, str(tmp_path / "store.sqlite"))
    monkeypatch.setenv("CUSTDYN_USER", "ann")
    my_store.cache_clear()
    (tmp_path / "template.toml").write_text(FILE)
    yield tmp_path / "template.toml"
    my_store.cache_clear()


def test_a_template_is_imported_listed_run_exported_and_deleted(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["templates", "import", str(file)]) == 0
    assert main(["templates", "list"]) == 0
    told = capsys.readouterr().out
    assert told == "saved: Month end\nMonth end\tonly me\tFor the board.\n"
    output = tmp_path / "report.csv"
    command = ["templates", "run", "month END", "--source", "sample", "--format", "csv"]
    command += ["--as-of", "2017-03-05", "--set", "group_by=year", "--output", str(output)]
    assert main(command) == 0
    assert output.read_text("utf-8-sig").startswith('"","2017"')
    again = tmp_path / "again.toml"
    assert main(["templates", "export", "Month end", "--output", str(again)]) == 0
    assert TemplateFile.read(again) == TemplateFile.read(file)
    assert main(["templates", "show", "Month end"]) == 0
    assert capsys.readouterr().out == again.read_text()
    assert main(["templates", "export", "Month end", "--output", "-"]) == 0
    assert capsys.readouterr().out == again.read_text()
    assert main(["templates", "delete", "Month end"]) == 0
    assert main(["templates", "list"]) == 0
    assert capsys.readouterr().out == "deleted: Month end\n"


def test_what_is_wrong_is_one_line(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["templates", "run", "Month end", "--source", "sample"]) == 2
    assert "none is saved" in capsys.readouterr().err
    main(["templates", "import", str(file)])
    assert main(["templates", "import", str(file)]) == 2
    assert "is the name of another template of yours" in capsys.readouterr().err
    file.write_text(FILE.replace("currency", "curency"))
    assert main(["templates", "import", str(file)]) == 2
    assert "did you mean currency" in capsys.readouterr().err
    assert main(["templates", "show", "Year end"]) == 2
    assert "is not one of Month end" in capsys.readouterr().err


def test_others_see_what_is_shared_and_cannot_delete_it(
    file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file.write_text(FILE.replace("[query]", "shared = true\n[query]"))
    main(["templates", "import", str(file)])
    monkeypatch.setenv("CUSTDYN_USER", "bob")
    my_store.cache_clear()
    capsys.readouterr()
    main(["templates", "list"])
    assert capsys.readouterr().out == "Month end\tof ann\tFor the board.\n"
    assert main(["templates", "delete", "Month end"]) == 2
    assert "belongs to ann" in capsys.readouterr().err
