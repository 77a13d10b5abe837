"""The table cache: read once, right whatever happens to it, private, within its size."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.cli import main
from custdyn_widgets.environment import CACHE_VARIABLE
from custdyn_widgets.errors import SourceChanged
from custdyn_widgets.sources import table_cache
from custdyn_widgets.sources.engine import Engine
from tests.conftest import AS_OF

QUERY = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, "currency": "EUR"}
SUM = """
import sys
from custdyn_widgets import open_source
with open_source(sys.argv[1]).reading() as snapshot:
    print(snapshot.fetch(snapshot.tables["ledger"].amount.sum().as_table())[0][0].as_py())
    print(*snapshot.notes, sep="\\n")
"""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    yield tmp_path / "cache" / "custdyn_widgets" / "tables"


def write(folder: Path, *, rows: int = 3, amount: str = "1.25") -> Path:
    """A source of one client, old enough to be kept."""
    folder.mkdir(exist_ok=True)
    (folder / "clients.csv").write_text(
        "client_id,name,type,currency,created_at\n1,One,client,EUR,2024-01-01\n"
    )
    lines = (f"{number},1,2024-02-01,refill,{amount}\n" for number in range(rows))
    (folder / "ledger.csv").write_text(
        "entry_id,client_id,occurred_at,kind,amount\n" + "".join(lines)
    )
    time.sleep(2 * table_cache.SETTLED / 1e9)
    return folder


def total(folder: Path, *, cache: bool = True) -> Decimal:
    """The sum of the ledger, as a source that is opened now reads it."""
    source = open_source(folder, cache=cache)
    try:
        with source.reading() as snapshot:
            amount = snapshot.tables["ledger"].amount.sum().as_table()
            found: Decimal = snapshot.fetch(amount)[0][0].as_py()
            return found
    finally:
        source.close()


def in_a_process(folder: Path, **more: str) -> subprocess.Popen[str]:
    """The same in another process."""
    return subprocess.Popen(
        [sys.executable, "-c", SUM, str(folder)],
        env={**os.environ, **more},
        stdout=subprocess.PIPE,
        text=True,
    )


def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of CSV files as they are read."""
    seen: list[str] = []
    csv = Engine.csv

    def counted(engine: Engine, name: str, file: Path, *more: object) -> object:
        seen.append(file.name)
        return csv(engine, name, file, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(Engine, "csv", counted)
    return seen


def test_a_file_is_read_once(tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, seen = write(tmp_path / "s"), reads(monkeypatch)
    assert [total(folder) for _ in range(3)] == [Decimal("3.75")] * 3
    assert sorted(seen) == ["clients.csv", "ledger.csv"]
    assert total(folder, cache=False) == Decimal("3.75")
    assert len(seen) == 4
    monkeypatch.setenv(CACHE_VARIABLE, "0")
    assert total(folder) == Decimal("3.75")
    assert len(seen) == 6
    monkeypatch.delenv(CACHE_VARIABLE)
    (folder / "clients.csv").touch()
    time.sleep(2 * table_cache.SETTLED / 1e9)
    total(folder)
    assert seen[6:] == ["clients.csv"]  # the ledger is the same


def test_a_file_changed_in_place_with_its_size_and_time_is_read_again(tmp_path: Path) -> None:
    folder = write(tmp_path / "s")
    ledger = folder / "ledger.csv"
    before = ledger.stat()
    source = open_source(folder)
    assert run(QUERY, source, as_of=AS_OF) and total(folder) == Decimal("3.75")
    with ledger.open("r+") as opened:
        opened.write(ledger.read_text().replace("1.25", "9.25"))
    os.utime(ledger, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (ledger.stat().st_size, ledger.stat().st_mtime_ns) == (
        before.st_size,
        before.st_mtime_ns,
    )
    assert total(folder) == Decimal("27.75")
    with source.reading() as snapshot:  # and by what had it open
        found = snapshot.fetch(snapshot.tables["ledger"].amount.sum().as_table())
        assert found[0][0].as_py() == Decimal("27.75")


def test_a_file_that_has_just_been_written_is_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change within the same tick of the file system's clock could not be seen."""
    folder = write(tmp_path / "s")
    monkeypatch.setattr(table_cache, "SETTLED", 10**11)
    total(folder)
    assert not table_cache.entries(cache)
    monkeypatch.undo()  # the control
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    total(folder)
    assert {entry.table for entry, *_ in table_cache.entries(cache)} == {"clients", "ledger"}


def test_a_file_that_changes_while_it_is_read_is_not_kept(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "s")
    wrote = Engine.write

    def changing(engine: Engine, rows: object, file: Path) -> None:
        wrote(engine, rows, file)
        with (folder / "ledger.csv").open("a") as ledger:
            ledger.write("9,1,2024-02-01,refill,1\n")

    monkeypatch.setattr(Engine, "write", changing)
    with pytest.raises(SourceChanged):
        total(folder)
    monkeypatch.undo()
    assert not [entry for entry, *_ in table_cache.entries(cache) if entry.table == "ledger"]


def test_what_is_written_between_two_tables_of_a_transaction_is_read_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "w.sqlite"
    writer = sqlite3.connect(file)
    writer.execute("pragma journal_mode=wal")
    writer.execute("create table clients (client_id, name, type, currency, created_at)")
    writer.execute("insert into clients values (1, 'One', 'client', 'EUR', '2024-01-01')")
    writer.execute("create table ledger (entry_id, client_id, occurred_at, kind, amount)")
    writer.execute("insert into ledger values (1, 1, '2024-02-01', 'refill', '1.25')")
    writer.commit()
    time.sleep(2 * table_cache.SETTLED / 1e9)
    wrote = Engine.write

    def writing(engine: Engine, rows: object, place: Path) -> None:
        wrote(engine, rows, place)
        if writer.execute("select count(*) from ledger").fetchone() == (1,):
            writer.execute("insert into ledger values (2, 1, '2024-02-01', 'refill', '8')")
            writer.commit()
            time.sleep(2 * table_cache.SETTLED / 1e9)

    monkeypatch.setattr(Engine, "write", writing)
    with pytest.raises(SourceChanged):
        total(file)
    assert [total(file), total(file)] == [Decimal("9.25")] * 2
    writer.close()


@pytest.mark.parametrize("damage", ["cut", "spoilt", "foreign", "gone", "manifest", "moved"])
def test_what_is_damaged_or_foreign_is_made_again(
    damage: str, tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write(tmp_path / "s")
    total(folder)
    entry = next(entry for entry, *_ in table_cache.entries(cache) if entry.table == "ledger")
    file, manifest = cache / entry.file, cache / entry.manifest
    content = file.read_bytes()
    if damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    elif damage == "spoilt":
        file.write_bytes(content.replace(b"refill", b"rezill"))
    elif damage == "foreign":
        other = pq.read_table(file)
        double = pa.array([value.as_py() * 2 for value in other["amount"]], other["amount"].type)
        pq.write_table(other.set_column(other.column_names.index("amount"), "amount", double), file)
    elif damage == "gone":
        file.unlink()
    elif damage == "manifest":
        manifest.write_text('{"form": 1}')
    else:  # a copy of another folder
        file.rename(cache / "other")
        file.write_bytes(content)
    seen = reads(monkeypatch)
    assert [total(folder), total(folder)] == [Decimal("3.75")] * 2
    assert seen == ["ledger.csv"]


def test_no_other_account_can_read_it(tmp_path: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o755)  # as another program made it
    source = open_source(write(tmp_path / "s"))
    source.check()
    for place in (cache, cache.with_name("checked")):
        assert place.stat().st_mode & 0o077 == 0
        assert list(place.iterdir())


@pytest.mark.long
def test_where_nothing_can_be_kept_a_report_is_slower_and_says_so(
    tmp_path: Path, cache: Path
) -> None:
    folder = write(tmp_path / "s", rows=2_000)
    cache.parent.mkdir(parents=True)
    cache.write_text("a file in its place")
    result = run(QUERY, folder, as_of=AS_OF)
    notes = "\n".join(map(str, result.report.notes))
    assert "ledger.csv is read again by the next process" in notes
    shutil.rmtree(cache.with_name("checked"))
    cache.with_name("checked").write_text("here, too")
    assert open_source(folder).check().faults == ()
    assert run(QUERY, open_source(folder), as_of=AS_OF).report.rows == result.report.rows
    cache.unlink()
    small = {CACHE_VARIABLE: "1K"}
    said, _ = in_a_process(folder, **small).communicate()
    assert said.startswith("2500") and "more than the 1024 that may be kept" in said
    assert not [entry for entry, *_ in table_cache.entries(cache) if entry.table == "ledger"]


def test_a_full_disk_is_a_note(tmp_path: Path, cache: Path) -> None:
    """The system refuses to write more than some bytes of a file, as a full disk does."""
    folder = write(tmp_path / "s", rows=20_000)

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000, 4_000))

    process = subprocess.run(
        [sys.executable, "-c", SUM, str(folder)],
        capture_output=True,
        text=True,
        preexec_fn=limited,
        check=True,
    )
    assert process.stdout.startswith("25000")
    assert "ledger.csv is read again by the next process" in process.stdout
    assert not [file for file in cache.iterdir() if file.stat().st_size > 4_000]
    assert total(folder) == Decimal(25_000)


@pytest.fixture
def small_disk(cache: Path) -> Iterator[Path]:
    """The cache on a file system of its own, of a quarter of a megabyte."""
    cache.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k,mode=700", "tmpfs", str(cache)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small file system can be mounted by root alone")
    yield cache
    subprocess.run(["umount", str(cache)], check=True)


@pytest.mark.long
def test_a_disk_that_fills_up_while_it_is_written(tmp_path: Path, small_disk: Path) -> None:
    lines = (f"{number},1,2024-02-01,refill,{number}.25\n" for number in range(200_000))
    folder = write(tmp_path / "s")
    (folder / "ledger.csv").write_text(
        "entry_id,client_id,occurred_at,kind,amount\n" + "".join(lines)
    )
    time.sleep(2 * table_cache.SETTLED / 1e9)
    with pytest.raises(OSError, match="No space left"):  # it is as small as that
        (small_disk / "more").write_bytes(bytes(300_000))
    (small_disk / "more").unlink()
    said, _ = in_a_process(folder).communicate()
    assert said.split()[0] == "19999950000.000000"
    assert "ledger.csv is read again by the next process" in said and "No space left" in said
    kept = {entry.table for entry, *_ in table_cache.entries(small_disk)}
    assert kept == {"clients"}  # what fits is kept, and nothing is left of the other
    assert total(folder) == Decimal(19_999_950_000)


def test_the_oldest_go_first_but_not_what_is_in_use(tmp_path: Path, cache: Path) -> None:
    folders = [write(tmp_path / name, rows=20_000) for name in "abc"]
    source = open_source(folders[0])
    with source.reading():
        total(folders[1])
        used = sum(size for _, size, _ in table_cache.entries(cache))
        os.environ[CACHE_VARIABLE] = str(used // 2 + 1000)
        try:
            total(folders[2])
        finally:
            del os.environ[CACHE_VARIABLE]
        kept = {Path(entry.source).parent.name for entry, *_ in table_cache.entries(cache)}
        assert {"a", "c"} <= kept and "b" not in kept
        assert run(QUERY, source, as_of=AS_OF)
    source.close()
    assert table_cache.sweep(cache, 0) > 0
    assert not list(cache.glob("*.parquet"))


def test_the_command_shows_and_clears_it(
    tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path / "s")
    asked = ("report", "--source", str(folder), "--set", "currency=EUR", "--format", "csv")
    assert main([*asked, "--no-cache"]) == 0
    os.environ.pop(CACHE_VARIABLE)
    assert not list(cache.glob("*"))
    in_a_process(folder).communicate()
    capsys.readouterr()
    assert main(["cache"]) == 0
    said = capsys.readouterr().out
    assert str(folder / "ledger.csv") in said and str(cache) in said
    assert main(["cache", "--clear"]) == 0
    assert "ledger.csv" not in capsys.readouterr().out
    assert not list(cache.glob("*"))


@pytest.mark.long
def test_two_processes_at_once_read_right(tmp_path: Path, cache: Path) -> None:
    folder = write(tmp_path / "s", rows=50_000)
    processes = [in_a_process(folder) for _ in range(3)]
    assert {process.communicate()[0].split()[0] for process in processes} == {"62500.000000"}
    assert len([entry for entry, *_ in table_cache.entries(cache) if entry.table == "ledger"]) == 1
    table_cache.sweep(cache, 10**9)
    assert len(list(cache.glob("*.parquet"))) == 2


@pytest.mark.long
def test_kills_while_it_is_written_leave_right_figures(tmp_path: Path, cache: Path) -> None:
    folder = write(tmp_path / "s", rows=400_000)
    chance = random.Random(1)  # noqa: S311
    begun = time.monotonic()
    in_a_process(folder).communicate()
    whole = time.monotonic() - begun
    ends = set()
    for _ in range(50):
        table_cache.sweep(cache, 0)
        process = in_a_process(folder)
        time.sleep(chance.uniform(0.3, 1) * whole)
        process.kill()
        process.communicate()
        ends.add(len(list(cache.iterdir())))
        assert total(folder) == Decimal(500_000)
    assert len(ends) > 1  # some were cut while they wrote
    table_cache.sweep(cache, 10**9)
    assert len(list(cache.glob("*.parquet"))) == 2
