"""The command line's first steps: init, check, completion, fields, files by their own names."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from custdyn_widgets.cli import main
from custdyn_widgets.model.schema import TABLES
from tests.support.parts import all_parts

Said = pytest.CaptureFixture[str]


def test_init_makes_a_source_that_is_right(tmp_path: Path, capsys: Said) -> None:
    folder = tmp_path / "a new" / "source"
    assert main(["init", str(folder)]) == 0
    assert {file.name for file in folder.iterdir()} == {
        *(f"{name}.csv" for name in TABLES),
        "README.md",
    }
    for table in TABLES.values():
        head, *rows = (folder / f"{table.name}.csv").read_text("utf-8-sig").splitlines()
        assert head.split(",") == [column.name for column in table.columns] and len(rows) == 2
        described = (folder / "README.md").read_text("utf-8")
        assert all(f"| `{column.name}`" in described for column in table.columns)
    capsys.readouterr()
    assert main(["check", "--source", str(folder)]) == 0
    assert capsys.readouterr().out.endswith("no data errors, no warnings\n")


def test_init_replaces_nothing(tmp_path: Path, capsys: Said) -> None:
    (tmp_path / "ledger.csv").write_text("mine")
    assert main(["init", str(tmp_path)]) == 2
    assert "there are already ledger.csv" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["ledger.csv"]
    (tmp_path / "file").write_text("")
    assert main(["init", str(tmp_path / "file" / "below")]) == 2
    assert "file" in capsys.readouterr().err


def test_check_says_the_same_to_programs(tmp_path: Path, capsys: Said) -> None:
    assert main(["check", "--source", "sample", "--format", "json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["contents"]["entries"]["by_kind"]["payg"] == {
        "entries": 2,
        "amount": "-9347.79",
        "negative": 1,
        "positive": 1,
    }
    assert said["contents"]["clients"]["by_type"] == {"client": 4}
    assert (said["errors"], said["warnings"]) == ([], [])
    main(["init", str(tmp_path)])
    head = "entry_id,client_id,occurred_at,kind,amount"
    (tmp_path / "ledger.csv").write_text(f"{head}\n1,1,x,payg,1\n")
    capsys.readouterr()
    target = tmp_path / "said.json"
    assert main(["check", "--source", str(tmp_path), "--output", str(target)]) == 1
    (error,) = json.loads(target.read_text())["errors"]
    assert (error["table"], error["column"], error["count"]) == ("ledger", "occurred_at", 1)
    assert (error["ids"], error["value"]) == (["1"], "x")
    assert main(["check", "--source", "sample", "--format", "csv"]) == 2
    assert "is for --entries" in capsys.readouterr().err


@pytest.mark.parametrize(
    "change",
    [
        'period={from="2017-01-01", to="2017-02-28"}',
        "period={from = 2017-01-01, to = 2017-02-28}",
        'period={"from": "2017-01-01", "to": "2017-02-28"}',
    ],
)
def test_fields_are_set_in_the_form_of_toml_and_json(change: str, capsys: Said) -> None:
    call = ["report", "--source", "sample", "--format", "json", "--set", change]
    assert main([*call, "--set", 'group_by=["month"]', "--set", "owner=12"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert [one["label"] for one in made["buckets"]] == ["01/2017", "02/2017"]
    assert made["query"]["owner"] == ["12"]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("report --source sample --query nothere.toml", "nothere.toml: cannot be read: no such"),
        ("report --source sample --output nowhere/x.csv", "nowhere: there is no such folder"),
        ("report --source sample --format csv --output .", ".: it is a folder; name a file"),
        ("verify nothere.json --source sample", "nothere.json: it cannot be read: no such file"),
        ("templates import nothere.toml", "nothere.toml: cannot be read: no such file"),
    ],
)
def test_files_are_called_as_they_were_given(
    call: str, words: str, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(call.split()) == 2
    said = capsys.readouterr().err
    assert words in said and "Errno" not in said and said.count("\n") == 1


@pytest.mark.parametrize("command", ["templates", "schedules", "outbox", "archive"])
def test_an_empty_list_says_that_it_is_empty(
    command: str, capsys: Said, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTDYN_STORE", str(tmp_path / "store.sqlite"))
    assert main([command, "list"]) == 0
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("no ")


def test_the_version_is_that_of_the_package(capsys: Said) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0 and capsys.readouterr().out.startswith("custdyn 0.")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_can_complete(shell: str, capsys: Said, tmp_path: Path) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert "custdyn" in script
    if shutil.which(shell) is None and not all_parts():
        pytest.skip(f"{shell} is not installed")
    (tmp_path / "completion").write_text(script)
    assert subprocess.run([shell, "-n", tmp_path / "completion"], check=False).returncode == 0


@pytest.mark.parametrize(
    ("line", "words"), [("custdyn rep", "report"), ("custdyn check --f", "--format")]
)
def test_what_the_shell_is_given_to_complete(line: str, words: str, tmp_path: Path) -> None:
    """As the shell calls the command: what may follow comes on a channel of its own."""
    answer = tmp_path / "answer"
    environment = {
        **os.environ,
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(answer),
        "_ARGCOMPLETE_IFS": "\n",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    subprocess.run(
        [sys.executable, "-c", "from custdyn_widgets.cli import main; main()"],
        env=environment,
        check=False,
    )
    assert words in answer.read_text().split()


def test_warnings_of_a_csv_go_to_standard_error_first(tmp_path: Path, capsys: Said) -> None:
    main(["init", str(tmp_path)])
    ledger = tmp_path / "ledger.csv"
    ledger.write_text(ledger.read_text("utf-8-sig").replace("payg", "Call"))
    call = ["report", "--source", str(tmp_path), "--set", "package=Glod"]
    capsys.readouterr()
    assert main([*call, "--format", "csv"]) == 0
    said = capsys.readouterr().err.splitlines()
    count = sum(line.startswith("warning: ") for line in said)
    assert count == 2 and all(line.startswith("note: ") for line in said[count:])
    assert any('"Glod" not found in this source' in line for line in said)
    assert main([*call, "--format", "json"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and json.loads(out)["notes"][0].startswith("Warning: ")
    assert main(["cdrs", "--source", str(tmp_path), "--set", "package=Glod"]) == 0
    assert capsys.readouterr().err.startswith("warning: ")
