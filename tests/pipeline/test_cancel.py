"""Cancel stops a report wherever it is: waiting, opening, in the engine, or adding up."""

from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from custdyn_widgets import open_source, run
from custdyn_widgets.errors import Cancelled
from custdyn_widgets.query.query import Query
from custdyn_widgets.result import Result
from custdyn_widgets.sources.engine import Engine
from custdyn_widgets.ui.jobs import Jobs, a_report
from tests.bench.cases import Case, make
from tests.conftest import AS_OF
from tests.support.kills import chance

PATIENCE = 300
QUERY: dict[str, Any] = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "EUR"}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("large")
    make(folder, Case("slow", 1_000_000, 50_000, currencies=3))
    yield folder


class Watch:
    """Keeps what Jobs tells."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.results: list[Result] = []
        self.errors: list[Exception] = []
        self.ended = threading.Event()

    def progressed(self, words: str, share: float | None) -> None:
        assert share is None or 0 <= share <= 1
        self.words.append(words)

    def made(self, query: Query, result: object) -> None:
        assert isinstance(result, Result)
        self.results.append(result)
        self.ended.set()

    def failed(self, error: Exception) -> None:
        self.errors.append(error)
        self.ended.set()


@pytest.mark.parametrize("when", ["opening the source", "reading the ledger", "adding up"])
def test_a_report_is_stopped_at_every_step(when: str, large: Path) -> None:
    def stop(words: str) -> None:
        if words == when:
            raise Cancelled

    with pytest.raises(Cancelled):
        run(QUERY, large, as_of=AS_OF, progress=stop)


def test_the_adding_up_asks_now_and_then_whether_it_is_still_wanted(large: Path) -> None:
    asked: list[str] = []
    run({**QUERY, "group_by": ["date"]}, large, as_of=AS_OF, progress=asked.append)
    assert asked.count("adding up") > 100


def test_what_the_engine_does_is_interrupted_and_the_next_report_is_made(
    large: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(large)
    before = run(QUERY, source, as_of=AS_OF)
    fetch = Engine.fetch

    def interrupted(engine: Engine, expression: Any) -> Any:
        source.interrupt()
        return fetch(engine, expression)

    with monkeypatch.context() as patch:
        patch.setattr(Engine, "fetch", interrupted)
        with pytest.raises(Cancelled):
            run(QUERY, source, as_of=AS_OF)
    assert run(QUERY, source, as_of=AS_OF).to_dict() == before.to_dict()


def _csv(folder: Path) -> Path:
    (folder / "clients.csv").write_text("client_id,name,type,currency,created_at\n")
    (folder / "ledger.csv").write_text("entry_id,client_id,occurred_at,kind,amount\n")
    return folder


def _sqlite(folder: Path) -> Path:
    file = folder / "data.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE clients (client_id, name, type, currency, created_at)")
        connection.execute("INSERT INTO clients VALUES (1, 'A', 'client', 'EUR', '2024-01-01')")
    return file


@pytest.mark.parametrize("files", [_csv, _sqlite])
def test_a_source_that_is_being_opened_can_be_interrupted(
    files: Callable[[Path], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = open_source(files(tmp_path))
    begin = Engine.__init__

    def interrupted(engine: Engine, name: str, memory: int) -> None:
        begin(engine, name, memory)
        engine.interrupt()

    monkeypatch.setattr(Engine, "__init__", interrupted)
    with pytest.raises(Cancelled):
        run(QUERY, source, as_of=AS_OF)


def test_the_latest_query_wins_and_the_dropped_one_tells_nothing(large: Path) -> None:
    watch = Watch()
    jobs = Jobs(open_source(large), watch)
    assert not jobs.running
    jobs.start(Query.model_validate({**QUERY, "group_by": ["date"]}), a_report)
    assert jobs.running
    jobs.start(Query.model_validate({**QUERY, "group_by": ["year"]}), a_report)
    assert watch.ended.wait(60)
    assert [len(result.report.buckets) for result in watch.results] == [1]
    assert watch.errors == [] and not jobs.running


def test_a_stopped_job_tells_nothing_and_frees_the_source(large: Path) -> None:
    watch = Watch()
    source = open_source(large)
    jobs = Jobs(source, watch)
    jobs.start(Query.model_validate({**QUERY, "group_by": ["date"]}), a_report)
    jobs.stop()
    with source.reading():  # it is our turn: the job has ended
        pass
    assert watch.results == [] and watch.errors == []


def test_a_failing_job_tells_its_error(tmp_path: Path) -> None:
    folder = _csv(tmp_path)
    (Path(folder) / "ledger.csv").unlink()
    watch = Watch()
    Jobs(open_source(folder), watch).start(Query(), a_report)
    assert watch.ended.wait(60)
    assert "the table is missing" in str(watch.errors[0])


AGAIN = f"""
import signal, sys
from datetime import datetime
from custdyn_widgets import open_source, run
from custdyn_widgets.sources.connectors import folder

folder.FEW = 0
QUERY = {QUERY!r} | {{"group_by": ["date"]}}
source = open_source(sys.argv[1])

def answer():
    source.memory.clear()
    return run(QUERY, source, as_of=datetime.fromisoformat("{AS_OF.isoformat()}")).to_dict()

first = answer()
while True:
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        print("begun", flush=True)
        answer()
        print("missed", flush=True)  # Python loses what is raised in a __del__
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        assert answer() == first
        print("interrupted", flush=True)
"""


@pytest.mark.long
@pytest.mark.parametrize("times", [20])
def test_a_keyboards_interrupt_stops_a_report_and_the_next_one_is_made(
    times: int, large: Path
) -> None:
    """At any moment of a report, whichever way the entries are read."""
    asked = [sys.executable, "-c", AGAIN, str(large)]
    draw, seed = chance()
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said: list[str] = []
        late = threading.Timer(PATIENCE, process.kill)
        late.start()
        try:
            for line in process.stdout:
                said.append(line.strip())
                if said.count("interrupted") >= times:
                    break
                if said[-1] == "begun":
                    time.sleep(draw.uniform(0.01, 0.3))
                    process.send_signal(signal.SIGINT)
        finally:
            late.cancel()
            process.kill()
    assert said.count("interrupted") == times, seed


class Mine(BaseException):
    """What a handler of a signal raises."""


def test_what_a_signals_handler_raises_ends_the_question_at_once() -> None:
    def handler(*_: object) -> None:
        raise Mine

    engine = Engine("endless", 1 << 30)
    numbers = "SELECT count(*) AS n FROM range(10000000000000) WHERE hash(range) = 1"
    endless = engine.backend.sql(numbers)
    before = signal.signal(signal.SIGALRM, handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.2)
        with pytest.raises(Mine):
            engine.fetch(endless)
        signal.setitimer(signal.ITIMER_REAL, PATIENCE)
        assert engine.fetch(engine.nothing()).num_rows == 0  # it does not wait for the other one
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        engine.close()
