"""Where output goes: never over the source, said before anything is read; streams and signals."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from custdyn_widgets import run
from custdyn_widgets.cli import main
from custdyn_widgets.errors import MissingRates, QueryError
from custdyn_widgets.query.query import Query

CUSTDYN = [sys.executable, "-m", "custdyn_widgets.cli"]


@pytest.fixture
def export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["init", str(tmp_path / "export")]) == 0
    capsys.readouterr()
    return tmp_path / "export"


@pytest.mark.parametrize(
    ("command", "output", "words"),
    [
        ("report", "export/ledger.csv", "is of the source; name another file"),
        ("cdrs", "export/clients.csv", "is of the source; name another file"),
        ("report", "export/ledger.xlsx", "is of the source; name another file"),
        ("report", "no/such/a.csv", "no/such: there is no such folder"),
        ("report", "export/", "export/: it is a folder; name a file"),
        ("check", "no/such.json", "no: there is no such folder"),
    ],
)
def test_a_place_that_must_not_be_written_is_said_before_anything_is_read(
    command: str,
    output: str,
    words: str,
    export: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(export.parent)
    monkeypatch.setattr("custdyn_widgets.cli.open_source", None)
    before = {one: one.read_bytes() for one in export.iterdir()}
    assert main([command, "--source", "export", "--output", output]) == 2
    assert words in capsys.readouterr().err
    assert {one: one.read_bytes() for one in export.iterdir()} == before


def test_signs_of_csv_have_names(export: Path, capsys: pytest.CaptureFixture[str]) -> None:
    call = ["report", "--source", str(export), "--format", "csv", "--delimiter"]
    assert main([*call, "semicolon", "--decimal", "comma"]) == 0
    named = capsys.readouterr().out
    assert ';"' in named and main([*call, ";", "--decimal", ","]) == 0
    assert capsys.readouterr().out == named
    assert main([*call, "pipe"]) == 2
    assert "'pipe' is not comma, semicolon or tab" in capsys.readouterr().err


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_a_closed_stream_is_no_fault(closed: str, export: Path) -> None:
    command = f"{' '.join(CUSTDYN)} report --source {export} --output out.csv {closed}"
    ended = subprocess.run(["sh", "-c", command], cwd=export.parent, capture_output=True)
    assert (ended.returncode, ended.stdout) == (0, b"") and b"error" not in ended.stderr
    assert (export.parent / "out.csv").stat().st_size


STOPPED = """
import os, signal, sys, tempfile
from custdyn_widgets import cli
def slow(parsed):
    with tempfile.TemporaryDirectory(prefix="custdyn-"):
        os.kill(os.getpid(), signal.SIGTERM)
cli.COMMANDS["cache"] = slow
sys.exit(cli.main(["cache"]))
"""


def test_sigterm_leaves_nothing(tmp_path: Path) -> None:
    """As `timeout` and systemd end it: what is in the folder for its work goes with it."""
    ended = subprocess.run(
        [sys.executable, "-c", STOPPED], env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert ended.returncode == 128 + signal.SIGTERM
    assert list(tmp_path.iterdir()) == []


def test_a_file_of_a_query_is_named_with_its_fault(tmp_path: Path) -> None:
    file = tmp_path / "query.json"
    file.write_text('{"currency": "EUR", "currency": "USD"}')
    with pytest.raises(QueryError, match=r"query.json: not JSON: currency is there twice"):
        Query.read(file)
    file.with_suffix(".toml").write_text("currency = EUR")
    with pytest.raises(QueryError, match=r"query.toml: not TOML"):
        Query.read(file.with_suffix(".toml"))


def test_rates_that_lack_under_current_are_named_by_its_day(export: Path) -> None:
    (export / "rates.csv").write_text("currency,valid_from,rate\nEUR,2000-01-01,1\n")
    query = {"currency": "EUR", "period": {"from": "2026-01-01", "to": "2026-03-31"}}
    (export / "clients.csv").write_text(
        "client_id,name,type,currency,created_at\n1,A,client,USD,2026-01-05\n"
    )
    with pytest.raises(MissingRates, match=r"USD from 2026-0.*use rate_policy = current"):
        run(query, str(export), as_of="2026-06-01T00:00:00Z")
    with pytest.raises(MissingRates, match=r"USD on 2026-06-01; add the rates, or choose another"):
        run({**query, "rate_policy": "current"}, str(export), as_of="2026-06-01T00:00:00Z")


def test_an_empty_name_is_not_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["report", "--source", ""]) == 2
    assert main(["init", ""]) == 2
    said = capsys.readouterr().err
    assert "source '': it names no source" in said and "DIR: '' names no folder" in said
    assert not list(tmp_path.iterdir())
