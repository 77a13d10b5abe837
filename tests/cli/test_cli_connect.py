"""`custdyn connect`, `custdyn demo` and `custdyn init --mapping`, run as a user runs them."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from custdyn_widgets.cli import main
from tests.support.billing import FOLDER
from tests.support.mariadb import PASSWORD, MariaDB

README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic system with its planted faults."""
    folder = tmp_path_factory.mktemp("demo")
    assert main(["demo", "magnusbilling", "--to", str(folder)]) == 0
    return folder / "mbilling.sqlite"


def test_the_line_of_the_readme_names_the_client_and_the_amount(tmp_path: Path) -> None:
    (command,) = re.findall(
        r"^\$ custdyn (demo magnusbilling)", README.read_text("utf-8"), re.MULTILINE
    )
    done = subprocess.run(
        [sys.executable, "-m", "custdyn_widgets.cli", *command.split()],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert "client 5: stored 20.2661, recorded −9.7339: a refill of 30 is gone" in done.stdout
    assert "is lost" in done.stdout and "recorded twice" in done.stdout
    assert "not planted" not in done.stdout


def test_a_check_writes_nothing_and_ends_with_1(
    system: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["connect", "magnusbilling", "--from", str(system), "--check"]
    assert main(arguments) == 1
    said = capsys.readouterr().out
    assert "Balances of 300 clients: 4 differ" in said and "difference 30 USD" in said
    assert not list(tmp_path.iterdir())
    assert main([*arguments, "--to", "billing"]) == 1
    assert "billing: nothing is written, as --check says" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
    assert main([*arguments, "--output", "differences.csv"]) == 1
    with (tmp_path / "differences.csv").open(encoding="utf-8-sig", newline="") as opened:
        lines = list(csv.DictReader(opened))
    assert lines[0]["client_id"] == "5" and lines[0]["difference"] == "29.99997"
    names = "client_id name currency stored recorded difference entries last_entry"
    assert list(lines[0]) == names.split()
    capsys.readouterr()
    assert main([*arguments, "--output", "-"]) == 1
    assert capsys.readouterr().out.startswith("\ufeffclient_id,")


def test_a_folder_is_written_reported_and_said_again(
    system: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "billing")
    connect = ["connect", "magnusbilling", "--from", str(system), "--to", out]
    assert main(connect) == 0
    assert "booked as opening balance" in capsys.readouterr().out
    assert main(connect) == 0
    assert f"{out}: nothing new" in capsys.readouterr().out
    assert main(["check", "--source", out]) == 0
    said = capsys.readouterr().out
    assert "Read from" in said and "300 compared, 4 differ" in said
    assert "Differs: client 5" in said
    period = 'period={from="2025-01-01", to="2025-12-31"}'
    assert main(["report", "--source", out, "--set", period, "--format", "csv"]) == 0
    assert "Clients - Active" in capsys.readouterr().out


def test_a_mapping_is_shown_copied_and_used(
    system: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["connect", "astpp", "--show"]) == 0
    said = capsys.readouterr().out
    assert "==> system.toml <==" in said and "FROM accounts" in said
    own = tmp_path / "own"
    assert main(["connect", "magnusbilling", "--show", "--to", str(own)]) == 0
    assert (
        main(["connect", "magnusbilling", "--show", "--to", str(own)]) == 2
    )  # nothing is replaced
    assert "there are already" in capsys.readouterr().err
    assert main(["connect", str(own), "--from", str(system), "--check"]) == 1


def test_a_dry_run_prints_the_selects(system: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["connect", "magnusbilling", "--from", str(system), "--dry-run"]) == 0
    said = capsys.readouterr().out
    assert '-- pkg_refill\nSELECT "id" AS "id"' in said
    assert "WHERE \"config_key\" = 'base_currency'" in said
    assert "calledstation" not in said and "firstname" not in said
    assert (
        main(["connect", "magnusbilling", "--from", str(system), "--dry-run", "--with-lists"]) == 0
    )
    assert "calledstation" in capsys.readouterr().out


def test_calls_at_fault_end_with_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, words in (
        (["magnusbilling", "--check"], "Give a database (--from) or a folder (--files)"),
        (["magnusbilling", "--from", "no.sqlite", "--check"], "there is no such database"),
        (["magnus", "--from", "no.sqlite", "--check"], "there is no such system or folder"),
        (
            ["magnusbilling", "--files", str(tmp_path), "--check"],
            "has none of its tables; it has nothing",
        ),
    ):
        assert main(["connect", *arguments]) == 2, arguments
        assert words in capsys.readouterr().err


def test_a_password_is_in_no_output(mariadb: MariaDB, tmp_path: Path) -> None:
    place = FOLDER / "magnusbilling"
    url = mariadb.create("secret", place / "tables.sql", place / "data.sql")
    with_password = url.replace("reader@", f"reader:{PASSWORD}@")
    home = {key: value for key, value in os.environ.items() if key != "MYSQL_PWD"}
    said = ""
    for arguments in (
        ["--from", with_password, "--to", str(tmp_path / "out")],
        ["--from", with_password, "--dry-run"],
        ["--from", with_password.replace("/secret", "/no_such"), "--check"],
        ["--from", url, "--check"],  # without a password
    ):
        done = subprocess.run(
            [sys.executable, "-m", "custdyn_widgets.cli", "connect", "magnusbilling", *arguments],
            capture_output=True,
            text=True,
            check=False,
            env={**home, "HOME": str(tmp_path), "CUSTDYN_LOG": "debug"},
        )
        said += done.stdout + done.stderr
    assert PASSWORD not in said and "cannot be opened" in said
    (tmp_path / ".my.cnf").write_text(f"[client]\npassword={PASSWORD}\n")
    done = subprocess.run(
        [sys.executable, "-m", "custdyn_widgets.cli", "connect", "magnusbilling", "--from", url,
         "--check"],
        capture_output=True, text=True, check=False, env={**home, "HOME": str(tmp_path)},
    )  # fmt: skip
    assert done.returncode == 1 and "client 11" in done.stdout, done.stderr


def test_a_mapping_is_begun_from_the_headers_of_exports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "kunden.csv").write_text("Kundennr;Name;created\n1;Ann;2026-01-01\n", "utf-8")
    (tmp_path / "moves.csv").write_text(
        "ref,customer_id,date,kind,amount\n7,1,2026-01-05 10:00:00,refill,20\n"
    )
    exports = [str(tmp_path / "kunden.csv"), str(tmp_path / "moves.csv")]
    own = tmp_path / "own"
    assert main(["init", str(own), "--mapping", *exports]) == 0
    said = (own / "system.toml").read_text("utf-8")
    assert 'delimiter = ";"' in said and 'amount = "decimal"' in said
    ledger = (own / "ledger.sql").read_text("utf-8")
    assert '"ref" AS entry_id' in ledger and '"date" AS occurred_at' in ledger
    clients = (own / "clients.sql").read_text("utf-8")
    assert 'FROM "kunden"' in clients
    (own / "clients.sql").write_text(
        clients.replace("NULL AS client_id", '"Kundennr" AS client_id')
    )
    capsys.readouterr()
    arguments = ["connect", str(own), "--files", str(tmp_path), "--currency", "EUR"]
    assert main([*arguments, "--to", str(tmp_path / "out")]) == 0, capsys.readouterr().err
    assert main(["check", "--source", str(tmp_path / "out")]) == 0
    assert main(["init", str(own), "--mapping", *exports]) == 2  # nothing is replaced


def test_proposals_are_made_of_what_an_export_holds(tmp_path: Path) -> None:
    (tmp_path / "clients.csv").write_text("customer_no;Name\n007;Ann\n", "cp1252")
    (tmp_path / "invoices.csv").write_text(
        "Nr;customer_no;Datum;Betrag;Menge\n1;007;31.01.2026 10:00;1.049,90;2\n"
        "2;007;01.02.2026 08:30;7;3\n"
    )
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    files = [str(tmp_path / f"{one}.csv") for one in ("clients", "invoices", "other")]
    assert main(["init", str(tmp_path / "own"), "--mapping", *files]) == 0
    said = (tmp_path / "own" / "system.toml").read_text()
    assert 'Datum = "datetime:%d.%m.%Y %H:%M@UTC"' in said and 'Betrag = "decimal"' in said
    assert 'decimal = ","' in said and 'customer_no = "text"' in said  # 007 is no number
    ledger = (tmp_path / "own" / "ledger.sql").read_text()
    assert "In no SELECT yet: other. Add another with UNION ALL." in ledger


def test_what_cannot_be_begun_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "b").mkdir()
    for name, text in (("a", "x,x\n"), ("empty", ""), ("b/a", "x,y\n")):
        (tmp_path / f"{name}.csv").write_text(text)
    for files, words in (
        (["a"], "it has the column x twice"),
        (["empty"], "it has no header"),
        (["b/a", "b/a"], "two files have this name"),
    ):
        given = [str(tmp_path / f"{one}.csv") for one in files]
        assert main(["init", str(tmp_path / "own"), "--mapping", *given]) == 2
        assert words in capsys.readouterr().err
    (tmp_path / "mbilling.sqlite").write_text("a file of another program")
    assert main(["demo", "magnusbilling", "--to", str(tmp_path)]) == 2
    assert "is no demo" in capsys.readouterr().err
    assert (tmp_path / "mbilling.sqlite").read_text() == "a file of another program"
    missing = ["connect", "magnusbilling", "--from", "x.sqlite", "--check", "--output", "no/d.csv"]
    assert main(missing) == 2
    assert "there is no such folder" in capsys.readouterr().err
