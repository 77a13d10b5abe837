"""The command line as it is typed: output, exit codes, one line for every fault."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import termios
from pathlib import Path

import pytest

from custdyn_widgets import Query, run
from custdyn_widgets.cli import main
from custdyn_widgets.sources import SAMPLE
from tests.conftest import AS_OF
from tests.support.small import entry, make


@pytest.fixture
def query_file(tmp_path: Path, page_query: Query) -> str:
    page_query.write(tmp_path / "query.toml")
    return str(tmp_path / "query.toml")


def custdyn(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "custdyn_widgets.cli", *arguments],
        capture_output=True,
        check=False,
    )


def test_the_formats_are_those_of_the_result(
    query_file: str, page_query: Query, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    result = run(page_query, "sample", as_of=AS_OF)
    base = ("report", "--source", "sample", "--query", query_file, "--as-of", AS_OF.isoformat())

    def written(*options: str) -> bytes:
        assert main([*base, *options]) == 0
        out, err = capfdbinary.readouterr()
        notes = b"".join(f"note: {note.text}\n".encode() for note in result.report.notes)
        assert err == (notes if "csv" in options else b"")  # only CSV has no place for them
        return out

    assert custdyn(*base).stdout == result.to_csv()  # in a pipe
    assert written("--format", "csv") == result.to_csv()
    assert written("--format", "html") == result.to_html().encode()
    assert written("--format", "table") == result.to_text().encode()
    semicolon = written("--format", "csv", "--delimiter", ";", "--decimal", ",")
    assert semicolon == result.to_csv(delimiter=";", decimal=",")
    for kind in ("xlsx", "xls"):
        assert written("--format", kind).startswith(result.to_file(kind)[:4])
    made = json.loads(written("--format", "json"))
    assert made == {**json.loads(result.to_json()), "notes": made["notes"]}


def test_set_changes_fields_and_format_wins(
    query_file: str, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    changes = [
        "period=last_year",
        'group_by=["year"]',
        "client_tags=vip",
        "owner=1",
        "active_duration=6",
        "owner_tree=true",
        "output.type=csv",
        "compare=null",
        "timezone=UTC",
    ]
    arguments = [part for change in changes for part in ("--set", change)]
    code = main(
        [
            "report",
            "--source",
            "sample",
            "--query",
            query_file,
            *arguments,
            "--as-of",
            "2018-05-05",
            "--format",
            "json",
        ]
    )
    assert code == 0
    made = json.loads(capfdbinary.readouterr().out)
    assert made["interval"]["from"] == "2017-01-01T00:00:00"
    assert [bucket["label"] for bucket in made["buckets"]] == ["2017"]
    assert made["as_of"] == "2018-05-05T00:00:00Z"
    query = made["query"]
    assert (query["client_tags"], query["owner"], query["owner_tree"]) == (["vip"], ["1"], True)
    assert query["active_duration"] == 6


@pytest.mark.parametrize("ending", ["csv", "xls", "xlsx", "json", "html", "txt", "XLSX"])
def test_the_ending_of_the_output_is_its_format(
    ending: str, query_file: str, tmp_path: Path
) -> None:
    """Also of a query that names another type: what a file is called is what it is."""
    target = tmp_path / f"october.{ending}"
    call = ["report", "--source", "sample", "--query", query_file, "--set", "output.type=xls"]
    assert main([*call, "--as-of", AS_OF.isoformat(), "--output", str(target)]) == 0
    made = target.read_bytes()
    begins = {"csv": b"\xef\xbb\xbf", "xls": b"\xd0\xcf\x11\xe0", "xlsx": b"PK", "json": b"{",
              "html": b"<!doctype html>", "txt": b"Customer Dynamics:"}  # fmt: skip
    assert made.startswith(begins[ending.lower()])


CONTRADICTIONS = [
    (("report", "--output", "out.csv", "--format", "xlsx"), "contradicts --format xlsx"),
    (("report", "--output", "out.pdf"), "end it with .txt, .csv, .xls, .xlsx, .json or .html"),
    (("report", "--output", "out"), "has no ending"),
    (("report", "--output", "out.json", "--tidy"), "takes no option of csv"),
    (("cdrs", "--output", "out.html"), "end it with .csv or .xlsx"),
    (("orig-term", "--output", "out.xlsx", "--format", "csv"), "contradicts --format csv"),
    (("cdrs", "--output", "out.html", "--format", "csv"), "contradicts --format csv"),
    (("report", "--output", "out.txt", "--format", "xls"), "contradicts --format xls"),
    (("check", "--entries", "gaps", "--output", "out.txt"), "end it with .csv or .xlsx"),
]


@pytest.mark.parametrize(("call", "words"), CONTRADICTIONS)
def test_an_ending_that_says_something_else_is_refused_and_nothing_is_written(
    call: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    assert main([call[0], "--source", "sample", *call[1:]]) == 2
    told = capsys.readouterr().err
    assert words in told and told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_text_file_may_be_any_text_and_a_pipe_gets_csv(query_file: str, tmp_path: Path) -> None:
    call = ["report", "--source", "sample", "--query", query_file, "--output"]
    assert main([*call, str(tmp_path / "out.txt"), "--format", "csv"]) == 0
    assert (tmp_path / "out.txt").read_bytes().startswith(b"\xef\xbb\xbf")
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen(["cat", str(tmp_path / "pipe")], stdout=subprocess.PIPE)
    assert main([*call, str(tmp_path / "pipe")]) == 0
    assert process.communicate(timeout=30)[0].startswith(b"\xef\xbb\xbf")


def test_a_list_is_what_its_file_is_called(query_file: str, tmp_path: Path) -> None:
    target = tmp_path / "calls.xlsx"
    assert main(["cdrs", "--source", "sample", "--query", query_file, "--output", str(target)]) == 0
    assert target.read_bytes().startswith(b"PK")


def test_a_terminal_gets_a_table_that_fits_and_no_binary(query_file: str) -> None:
    call = ("report", "--source", "sample", "--query", query_file, "--as-of", "2018-01-01")
    code, told = on_a_terminal(*call)
    lines = told.splitlines()
    assert code == 0 and max(map(len, lines)) <= 80
    first = next(line for line in lines if line.startswith("  Qty"))
    assert first.split() == ["Qty", "0", "1", "1", "1"]
    assert told.count("Clients - Overall Active") == 3  # twelve months come in parts
    code, told = on_a_terminal(*call, "--format", "xlsx")
    assert code == 2 and "binary" in told and "give --output FILE" in told and "PK" not in told
    code, told = on_a_terminal(*call, "--format", "xlsx", "--output", "/dev/stdout")
    assert code == 2 and "binary" in told


def on_a_terminal(*arguments: str) -> tuple[int, str]:
    """A command whose output goes to a real terminal of 80 columns."""
    own, terminal = pty.openpty()
    termios.tcsetwinsize(terminal, (24, 80))
    variables = {name: text for name, text in os.environ.items() if name != "COLUMNS"}
    command = [sys.executable, "-m", "custdyn_widgets.cli", *arguments]
    process = subprocess.Popen(command, stdout=terminal, stderr=terminal, env=variables)
    os.close(terminal)
    told = b""
    try:
        while more := os.read(own, 65_536):
            told += more
    except OSError:  # the other end was closed
        pass
    os.close(own)
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", told.decode())  # the bar of what is being done
    return process.wait(60), plain.replace("\r\n", "\n").replace("\r", "\n")


def test_names_move_no_cursor_of_a_terminal() -> None:
    name = "\x1b[31mred\r\u202eevil\n東京"
    packages, ledger = (
        [["1", name]],
        [entry(1, 1, "2024-01-05T00:00:00Z", "package_renewal", "-1", "1")],
    )
    result = make({"packages": packages, "ledger": ledger}, group_by=["package"])
    text = result.to_text(60)
    assert not {"\x1b", "\r", "\u202e"} & {*text} and "�[31mred��evil�東京" in text


def test_without_a_query_it_is_this_year_by_month(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--source", "sample", "--as-of", "2017-05-05", "--format", "json"]) == 0
    assert json.loads(capsys.readouterr().out)["query"] == {
        **Query().to_dict(),
        "currency": "USD",
    }


def test_the_output_is_written_whole_or_not_at_all(
    query_file: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("before")
    call = ["report", "--source", "sample", "--query", query_file, "--format", "csv", "--output"]
    assert main([*call, str(target)]) == 0
    assert target.read_bytes().startswith(b"\xef\xbb\xbf")
    assert main([*call, str(tmp_path / "missing" / "out.csv")]) == 2
    link = tmp_path / "link.csv"
    link.symlink_to(target)
    assert main([*call, str(link)]) == 0
    assert link.is_symlink()
    link.unlink()
    device = Path("/dev/null")
    assert main([*call, str(device)]) == 0
    assert device.is_char_device()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.csv", "query.toml"]
    said = capsys.readouterr().err.splitlines()
    assert [line for line in said if not line.startswith("note: ")] == [
        f"custdyn: {tmp_path / 'missing'}: there is no such folder"
    ]


FAULTS = [
    (("report",), 2, "required"),
    (("nonsense",), 2, "invalid choice"),
    ((), 2, "required"),
    (("report", "--source", "nowhere", "--query", "QUERY"), 2, "there is no such source"),
    (("report", "--source", "sample", "--query", "missing.toml"), 2, "cannot be read"),
    (("report", "--source", "sample", "--query", "QUERY", "--set", "x"), 2, "not FIELD=VALUE"),
    (("report", "--source", "sample", "--query", "QUERY", "--set", "curency=EUR"), 2, "currency?"),
    (
        ("report", "--source", "sample", "--query", "QUERY", "--set", "period.x.y=1"),
        2,
        "not a field",
    ),
    (("report", "--source", "sample", "--query", "QUERY", "--set", "currency=EUR"), 1, "no rate"),
    (("report", "--source", "sample", "--query", "QUERY", "--as-of", "soon"), 2, "not an instant"),
    (
        (
            *("report", "--source", "sample", "--query", "QUERY", "--set", "output.type=csv"),
            *("--set", 'output.send_to=["a@example.org"]'),
        ),
        2,
        "mail is not set up here",
    ),
    (
        ("report", "--source", "sample", "--query", "QUERY", "--tidy", "--format", "json"),
        2,
        "option of csv",
    ),
    (("verify", "--source", "sample", "missing.json"), 2, "cannot be read"),
    (("report", "--source", "BROKEN", "--query", "QUERY"), 1, "ledger: the table is missing"),
    (("check", "--source", "BROKEN"), 1, "1 data error"),
    (("check", "--source", "mysql://a:secret@b/c"), 2, "not offered"),
    (("app", "--source", "nowhere"), 2, "there is no such source"),
    (("app", "--source", "sample", "--ready", "-1"), 2, "--ready -1 is not between 0 and 64"),
]


@pytest.mark.parametrize(("arguments", "code", "words"), FAULTS)
def test_a_fault_is_one_line_and_its_exit_code(
    arguments: tuple[str, ...],
    code: int,
    words: str,
    query_file: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "clients.csv").write_bytes((SAMPLE / "clients.csv").read_bytes())
    places = {"QUERY": query_file, "BROKEN": str(broken)}
    try:
        ended: object = main([places.get(one, one) for one in arguments])
    except SystemExit as end:  # of the parser
        ended = end.code
    told = capsys.readouterr().err
    assert ended == code, told
    assert words in told
    assert told.count("\n") == 1
    assert "secret" not in told and "Traceback" not in told


HEAVY = ("pandas", "ibis", "duckdb", "pyarrow", "openpyxl", "altair", "ipywidgets")


def test_a_wrong_call_and_help_import_nothing_that_takes_long(tmp_path: Path) -> None:
    """All in one process: what one of them had imported, the others would find there."""
    calls = [call for call, code, _ in FAULTS if code == 2 and not {"QUERY", "BROKEN"} & {*call}]
    calls += [call for call, _ in CONTRADICTIONS if "sample" not in call]
    calls += [
        ("--help",),
        ("report", "--help"),
        ("templates", "show", "nothing"),
        ("outbox", "list"),
    ]
    code = (
        "import sys\n"
        "from custdyn_widgets import cli, open_source\n"
        f"for call in {calls!r}:\n"
        "    try:\n"
        "        cli.main(call)\n"
        "    except SystemExit:\n"
        "        pass\n"
        f"    heavy = {HEAVY!r}\n"
        "    found = [name for name in heavy if name in sys.modules]\n"
        "    assert not found, (call, found)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr.decode()[-500:]


def test_the_public_names_are_those_that_are_imported_when_they_are_used() -> None:
    code = (
        "import sys, custdyn_widgets as cd\n"
        "assert 'pydantic' not in sys.modules\n"
        "assert sorted(cd._MODULES) == sorted(cd.__all__) and set(cd.__all__) <= set(dir(cd))\n"
        "assert [name for name in cd.__all__ if getattr(cd, name).__name__ != name] == []\n"
        "from custdyn_widgets import *\n"
        "assert callable(run) and run is cd.run\n"
        "try:\n"
        "    cd.nothing\n"
        "except AttributeError as error:\n"
        "    assert 'nothing' in str(error)\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()[-500:]


def test_an_internal_error_is_one_line_with_an_id(
    query_file: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("postgresql://me:secret@server")

    monkeypatch.setattr("custdyn_widgets.result.run", fail)
    assert main(["report", "--source", "sample", "--query", query_file]) == 1
    told = capsys.readouterr().err
    assert told.startswith("custdyn: an internal error (id ") and "secret" not in told
    monkeypatch.setattr("custdyn_widgets.result.run", _stopped)
    assert main(["report", "--source", "sample", "--query", query_file]) == 2


def _stopped(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_the_memory_that_a_report_may_take_changes_no_byte_of_it(query_file: str) -> None:
    asked = ("report", "--source", "sample", "--query", query_file, "--as-of", "2020-01-01")
    whole, sliced = (custdyn(*asked, *given) for given in ((), ("--memory", "1K")))
    assert whole.returncode == 0 and sliced.stdout == whole.stdout
    wrong = custdyn(*asked, "--memory", "much")
    assert wrong.returncode == 2 and b"much is not a size such as 512M" in wrong.stderr


def test_check_finds_what_a_report_does_not(tmp_path: Path) -> None:
    good = custdyn("check", "--source", "sample")
    assert good.returncode == 0 and good.stdout.endswith(b"\nno data errors, no warnings\n")
    for file in SAMPLE.glob("*.csv"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    with (tmp_path / "ledger.csv").open("a") as ledger:
        ledger.write("1,1,2017-02-06T10:00:00Z,payg,-1,\n")
    bad = custdyn("check", "--source", str(tmp_path))
    assert bad.returncode == 1
    assert b"error: ledger.entry_id: the same entry_id more than once in 2 rows (1)" in bad.stdout


def test_help_shows_examples() -> None:
    helped = custdyn("report", "--help")
    assert helped.returncode == 0
    assert b"\n  custdyn report --source ./export\n" in helped.stdout
    assert b"custdyn app" not in helped.stdout  # examples of this command only


def test_a_closed_pipe_is_no_fault(query_file: str) -> None:
    command = f"{sys.executable} -m custdyn_widgets.cli report --source sample --query {query_file}"
    ended = subprocess.run(["sh", "-c", f"{command} | head -c 1"], capture_output=True, check=False)
    assert b"custdyn:" not in ended.stderr


def test_a_terminal_shows_what_is_being_done(query_file: str) -> None:
    """A slow report on a real terminal: the line says what is done, and is wiped at the end."""
    slow = (
        "import sys, time, custdyn_widgets.pipeline.cache as frames, custdyn_widgets.cli as cli\n"
        "real = frames.read_extract\n"
        "frames.read_extract = lambda *a, **k: (time.sleep(1.6), real(*a, **k))[1]\n"
        f"sys.exit(cli.main(['report', '--source', 'sample', '--query', {query_file!r},"
        " '--format', 'csv', '--output', '/dev/null']))\n"
    )
    main_end, terminal = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", slow], stderr=terminal, stdout=terminal)
    told = b""
    while process.poll() is None or select.select([main_end], [], [], 0.1)[0]:
        if select.select([main_end], [], [], 0.1)[0]:
            told += os.read(main_end, 1000)
    os.close(terminal)
    os.close(main_end)
    assert b"reading the ledger" in told
    assert told.partition(b"note: ")[0].endswith(b"\x1b[2K")
