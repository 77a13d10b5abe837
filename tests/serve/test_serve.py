"""The served page attacked, over real sockets; each attack succeeds on Voilà as it comes."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import psutil
import pytest
import websocket
from voila.tornado.handler import TornadoVoilaHandler

from custdyn_widgets.serve import PACKAGE, absolute, page_notebook
from custdyn_widgets.serve.guard import PROTOCOL, stamped
from custdyn_widgets.serve.readers import Full, Readers
from custdyn_widgets.serve.server import Server
from tests.browser.drive import free_port

IMAGE = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
LINK = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
FRAME = {**LINK, "Sec-Fetch-Dest": "iframe"}
NEIGHBOUR = {**IMAGE, "Sec-Fetch-Site": "same-site"}  # another port of this machine
SCRIPT = "?theme=%22%3E%3Cscript%3Ealert(4711)%3C/script%3E"


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    text: str


class Place:
    """A server of our own on loopback."""

    def __init__(self, command: list[str], port: int, log: Path, cwd: Path) -> None:
        self.port, self.log = port, log
        with log.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=out, cwd=cwd)
        wait(lambda: self.is_there() or self.process.poll() is not None, "it answers")
        assert self.process.poll() is None, log.read_text()

    def is_there(self) -> bool:
        try:
            self.get("/voila/static/")
        except OSError:
            return False
        return True

    def get(
        self, path: str = "/", headers: dict[str, str] | None = None, method: str = "GET"
    ) -> Answer:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.headers), answer.read().decode())
        finally:
            connection.close()

    def leave(self, page: Answer) -> None:
        """As a page does when its tab is closed."""
        self.get(f"/voila/api/shutdown/{kernel_of(page)}", method="POST")

    def readers(self) -> int:
        return int(json.loads(self.get("/healthz").text)["readers"])

    def kernels(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [one for one in own.children(recursive=True) if is_kernel(one)]

    def connect(self, kernel: str, *protocols: str, host: str = "127.0.0.1") -> websocket.WebSocket:
        address = f"ws://127.0.0.1:{self.port}/api/kernels/{kernel}/channels?session_id=1"
        return websocket.create_connection(
            address, subprotocols=list(protocols), host=f"{host}:{self.port}", timeout=30,
            suppress_origin=True,
        )  # fmt: skip

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()


def wait(until: Callable[[], object], what: str, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def kernel_of(page: Answer) -> str:
    found = re.search(r'"kernelId": *"([0-9a-f-]{36})"', page.text)
    assert found, page.text[:2_000]
    return found[1]


def started(module: str, folder: Path, *options: str) -> Place:
    port = free_port()
    options = (f"--port={port}", "--Voila.ip=127.0.0.1", "--no-browser", *options)
    command = [sys.executable, "-P", "-m", module, str(page_notebook()), *options]
    return Place(command, port, folder / "log", folder)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    options = ("--Server.most=2", "--Server.come=4", "--Server.back=2", "--Server.look=0.5")
    place = started(
        "custdyn_widgets.serve", tmp_path_factory.mktemp("served"), *options,
        *("--Server.host_names=reports.example.org", "--Server.host_names=10.0.0.5"),
    )  # fmt: skip
    yield place
    place.stop()


@pytest.fixture
def page(served: Place) -> Iterator[Answer]:
    """A page of one's own: those of others have gone."""
    wait(lambda: served.readers() == 0, "all places are free")
    page = served.get()
    yield page
    served.leave(page)


@pytest.mark.long
def test_voila_as_it_comes_lets_every_attack_through(tmp_path: Path) -> None:
    """The control of the tests below: what they see refused, no wall keeps out here."""
    plain = started("voila", tmp_path, "--VoilaConfiguration.file_allowlist=[]")
    try:
        attacked = plain.get(f"/{SCRIPT}", {"Host": "evil.example", **IMAGE})
        assert attacked.status == 200 and "<script>alert(4711)</script>" in attacked.text
        kernel = kernel_of(attacked)
        legacy = plain.connect(kernel, host="evil.example")
        assert legacy.connected and legacy.getsubprotocol() is None
        legacy.close()
        assert "stream" in kinds_after_an_error(plain.connect(kernel, PROTOCOL))
        assert connection_file(plain, kernel)["transport"] == "tcp"
    finally:
        plain.stop()


def test_a_foreign_name_that_leads_here_is_refused(served: Place, page: Answer) -> None:
    for host in ("evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1"):
        for path in ("/", "/healthz", "/voila/static/", "/voila/templates/custdyn/x"):
            assert served.get(path, {"Host": host}).status == 403, (host, path)
        with pytest.raises(websocket.WebSocketBadStatusException) as raised:
            served.connect(kernel_of(page), PROTOCOL, host=host)
        assert raised.value.status_code == 403
    names = (
        "localhost",
        "10.0.0.5:8866",
        f"localhost:{served.port}",
        "[::1]",
        "127.0.0.1",
        "REPORTS.example.org",
    )
    assert {served.get("/healthz", {"Host": host}).status for host in names} == {200}


def test_another_site_may_only_link_here(served: Place) -> None:
    wait(lambda: served.readers() == 0, "all places are free")
    prefetch = {"Sec-Purpose": "prefetch;prerender", "Sec-Fetch-Site": "none"}
    for headers in (IMAGE, FRAME, NEIGHBOUR, prefetch):
        assert served.get("/", headers).status == 403
        assert served.get("/healthz", headers).status == 403
    named = {"Host": "reports.example.org", "Accept": "image/*"}  # to http no browser says more
    assert served.get("/", {**named, "Referer": "http://evil.example/"}).status == 403
    assert served.get("/", {**named, "Origin": "null"}).status == 403
    assert served.readers() == 0 and served.kernels() == []
    assert served.get("/healthz", {**named, "Referer": "http://reports.example.org/"}).status == 200
    served.leave(served.get("/", LINK))
    served.leave(served.get("/", {**IMAGE, "Sec-Fetch-Site": "same-origin"}))


def test_a_link_puts_no_script_into_the_page(served: Place, page: Answer) -> None:
    assert page.status == 200
    attacked = served.get(f"/{SCRIPT}&template=none")
    assert attacked.status == 200 and "4711" not in attacked.text
    assert 'data-jp-theme-light="true"' in attacked.text
    served.leave(attacked)
    wait(lambda: served.readers() < 2, "a place is free")
    dark = served.get("/?theme=dark&package=%3Cimg%20src=x%3E")
    assert 'data-jp-theme-light="false"' in dark.text
    served.leave(dark)
    policy = dark.headers["Content-Security-Policy"]
    assert "object-src 'none'" in policy and "base-uri 'none'" in policy
    assert "frame-ancestors 'self'" in policy and "http" not in policy
    scripts = policy.partition("script-src")[2].partition(";")[0]
    nonces = {*re.findall(r"<script nonce=(\S+?)[\s>]", dark.text)}
    assert scripts.split() == ["'self'", "blob:", "'unsafe-eval'", f"'nonce-{nonces.pop()}'"]
    assert not nonces and served.get("/healthz").headers["Content-Security-Policy"] != policy


def test_what_the_address_brings_into_a_page_has_no_nonce() -> None:
    """The second wall: should Voilà ever write something of the address into its page again."""
    part = '<link href="theme-"><script>steal()</script>"><script src=own.js></script>'
    assert stamped(part, "N", query="x=1").count("<script nonce=N") == 2
    assert stamped(part, "N", query="theme=%22%3E%3Cscript%3Esteal()%3C/script%3E") == part
    assert stamped(part, "N", query="%3Cscript%3Esteal()") == part
    for name in ("%3C", "%3Cscript%3E", "%3Clink"):  # what a package may be called
        assert stamped(part, "N", query=f"package={name}").count("<script nonce=N") == 2


@pytest.mark.long
def test_there_are_so_many_readers_and_no_more(served: Place, page: Answer) -> None:
    """A health check starts nothing; who never came back, or was none, makes room."""
    assert served.get().status == 200
    full = served.get()
    assert full.status == 503 and int(full.headers["Retry-After"]) > 0
    assert "2 readers use this page now" in full.text and "Traceback" not in full.text
    for _ in range(20):
        assert served.get("/healthz").status == 200
    assert len(served.kernels()) == served.readers() == 2
    reader = served.connect(kernel_of(page), PROTOCOL)
    wait(lambda: served.readers() == 1, "the one that nobody came to is ended")
    assert len(served.kernels()) == 1
    reader.close()
    wait(lambda: served.readers() == 0, "and the one whose reader has gone")


def test_only_the_protocol_that_voila_reads_is_spoken(served: Place, page: Answer) -> None:
    kernel = kernel_of(page)
    for protocols in ((), ("v2.kernel.websocket.jupyter.org",)):
        with pytest.raises(websocket.WebSocketBadStatusException) as raised:
            served.connect(kernel, *protocols)
        assert raised.value.status_code == 400
    client = served.connect(kernel, PROTOCOL)
    for hostile in (
        b"\xff" * 8,  # so many parts that counting them never ends
        b"\xff" * 5 + bytes(3) + b"x" * 100,
        b"",
        bytes(64),
        b"x" * 10_000,
        message("shell", b"{}", b"{}", b"{}"),
        message("shell", b"[]", b"{}", b"{}", b"{}"),
        message("\N{SNOWMAN}", b"{}", b"{}", b"{}", b"{}"),
        message("shell", b"not json", b"{}", b"{}", b"{}"),
        message("shell", b"[" * 100_000, b"{}", b"{}", b"{}"),
    ):
        client.send_binary(hostile)
    client.send("{}")
    assert "kernel_info_reply" in kinds_after(client, asked("kernel_info_request"))
    assert served.get("/healthz").status == 200
    client.close()


def test_no_traceback_reaches_the_browser(served: Place, page: Answer) -> None:
    seen = kinds_after_an_error(served.connect(kernel_of(page), PROTOCOL))
    assert not {"stream", "error"} & set(seen) and "status" in seen
    for path in ("/api/kernels/x/channels", "/voila/api/shutdown/x", "/logout", "/voila/files/x"):
        answer = served.get(path)
        assert answer.status >= 300 and "Traceback" not in answer.text, path


def test_another_account_reaches_no_kernel(served: Place, page: Answer) -> None:
    told = connection_file(served, kernel_of(page))
    assert told["transport"] == "ipc"
    socket = Path(f"{told['ip']}-{told['shell_port']}")
    assert socket.is_socket() and socket.parent.stat().st_mode & 0o777 == 0o700


def test_a_voila_of_another_shape_is_noticed() -> None:
    """What the walls are built on; a Voilà that changes it shall not start without them."""
    routes = inspect_routes()
    assert [route[1] for route in routes].count(TornadoVoilaHandler) == 1
    assert Server.kernel_websocket_connection_class.default_value.__name__ == (
        "ZMQChannelsWebsocketConnection"
    )


def inspect_routes() -> list[Any]:
    made = Server()
    made.initialize([str(page_notebook())])
    assert made.config_file_paths == [str(PACKAGE)]
    assert made.voila_configuration.allow_template_override == "NO"
    made.init_settings()
    made.static_root = str(PACKAGE)
    return [tuple(route) for route in super(Server, made).init_handlers()]


def test_places_are_kept_by_those_who_got_a_kernel() -> None:
    readers = Readers(1)
    with pytest.raises(RuntimeError), readers.admit():
        raise RuntimeError("no kernel could be started")
    with readers.admit() as one:
        one.kernel_id = "a"
        assert readers.look(Kernels()) == []  # the page is still being made
        with pytest.raises(Full), readers.admit(Kernels("a")):
            pass
    assert len(readers) == 1
    with pytest.raises(Full), readers.admit(Kernels("a")):
        pass
    with readers.admit(Kernels()) as one:  # a reader who reloads has left their kernel
        one.kernel_id = "b"
    assert len(readers) == 1
    hasty = Readers(1, come=0)
    with hasty.admit() as one:
        one.kernel_id = "c"
    time.sleep(0.01)
    assert hasty.look(Kernels("c")) == ["c"]


class Kernels(set[str]):
    """A kernel manager that has these."""

    def __init__(self, *ids: str) -> None:
        super().__init__(ids)
        self._kernel_connections: dict[str, int] = {}


def kinds_after_an_error(client: websocket.WebSocket) -> list[str]:
    """What is heard after a message that makes the kernel complain."""
    content = {"comm_id": uuid.uuid4().hex, "target_name": "nothing of ours", "data": {}}
    return kinds_after(client, asked("comm_open", content))


def kinds_after(client: websocket.WebSocket, sent: bytes) -> list[str]:
    """The kinds of messages heard, for a while after the kernel is idle again."""
    client.send_binary(sent)
    heard, idle = list[str](), False
    client.settimeout(30)
    try:
        while True:
            header, _, content = parts_of(client.recv())
            heard.append(header["msg_type"])
            if content.get("execution_state") == "idle" and not idle:
                idle = True
                client.settimeout(2)  # what is printed comes after it
    except websocket.WebSocketTimeoutException:
        return heard


def asked(kind: str, content: dict[str, Any] | None = None) -> bytes:
    header = {"msg_id": uuid.uuid4().hex, "username": "", "session": "1", "msg_type": kind,
              "version": "5.4", "date": "2026-01-01T00:00:00Z"}  # fmt: skip
    parts: tuple[dict[str, Any], ...] = (header, {}, {}, content or {})
    return message("shell", *(json.dumps(one).encode() for one in parts))


def message(channel: str, *parts: bytes) -> bytes:
    pieces = [channel.encode(), *parts]
    edges = [8 * (len(pieces) + 2)]
    for piece in pieces:
        edges.append(edges[-1] + len(piece))
    count = len(edges).to_bytes(8, "little")
    return b"".join([count, *(edge.to_bytes(8, "little") for edge in edges), *pieces])


def parts_of(received: str | bytes) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Header, parent header and content of a message."""
    assert isinstance(received, bytes)
    count = int.from_bytes(received[:8], "little")
    edges = [int.from_bytes(received[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]

    def part(at: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(received[edges[at] : edges[at + 1]])
        return found

    return part(1), part(2), part(4)


def connection_file(place: Place, kernel: str) -> dict[str, Any]:
    found = re.search(r"Storing connection files in (\S+)\.\n", place.log.read_text())
    assert found
    told: dict[str, Any] = json.loads(Path(found[1], f"kernel-{kernel}.json").read_text())
    return told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with modules that would take the place of Voilà's, and its settings."""
    for name in ("voila", "tornado", "json", "custdyn_widgets"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('run by mistake')\n")
    settings = {"Voila": {"ip": "0.0.0.0"}, "VoilaConfiguration": {"template": "none"}}  # noqa: S104
    (tmp_path / "voila.json").write_text(json.dumps(settings))
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('run by mistake')\n")
    (tmp_path / "clients.csv").write_text("client_id,name,type,currency,created_at\n")
    (tmp_path / "ledger.csv").write_text("entry_id,client_id,occurred_at,kind,amount\n")
    return tmp_path


def app(folder: Path, *options: str) -> Place:
    port = free_port()
    script = Path(sys.executable).with_name("custdyn")
    command = [str(script), "app", "--source", ".", "--port", str(port), "--ready", "0", *options]
    return Place(command, port, folder / "log", folder)


def is_kernel(process: psutil.Process) -> bool:
    """Whether it is a kernel, and has not ended meanwhile."""
    with suppress(psutil.Error):
        return "ipykernel" in str(process.cmdline())
    return False


def family(place: Place) -> list[psutil.Process]:
    own = psutil.Process(place.process.pid)
    return [own, *own.children(recursive=True)]


@pytest.mark.long
def test_the_app_takes_nothing_from_the_current_folder(folder: Path) -> None:
    place = app(folder)
    try:
        assert place.get().status == 200  # its source is the folder that it was started in
        assert "run by mistake" not in place.log.read_text()
        assert {Path(one.cwd()) for one in place.kernels()} == {page_notebook().parent}
        assert "127.0.0.1" in place.log.read_text()
        addresses = {one.laddr.ip for each in family(place) for one in each.net_connections()
                     if one.status == "LISTEN" and one.laddr.port == place.port}  # fmt: skip
        assert addresses == {"127.0.0.1"}
        members = family(place)
        assert len(members) >= 3
        place.process.send_signal(signal.SIGTERM)
        assert place.process.wait(30) == 0
        wait(lambda: not any(one.is_running() for one in members), "all have ended")
    finally:
        place.stop()


@pytest.mark.long
def test_of_an_app_that_was_killed_nothing_stays(folder: Path) -> None:
    place = app(folder)
    members = family(place)
    place.process.kill()
    place.process.wait()
    wait(lambda: not any(one.is_running() for one in members), "all have ended")


@pytest.mark.long
def test_a_server_that_does_not_stop_is_killed(folder: Path) -> None:
    place = app(folder)
    server = next(one for one in family(place) if "custdyn_widgets.serve" in one.cmdline())
    server.send_signal(signal.SIGSTOP)  # it hears no other signal
    place.process.send_signal(signal.SIGTERM)
    assert place.process.wait(40) == 0
    assert not server.is_running()


@pytest.mark.long
def test_a_scheduler_that_was_killed_is_started_again_and_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUSTDYN_SMTP_HOST", "127.0.0.1")
    monkeypatch.setenv("CUSTDYN_SMTP_SENDER", "reports@example.org")
    monkeypatch.setenv("CUSTDYN_SMTP_SECURITY", "none")
    place = app(folder)

    def schedulers() -> list[int]:
        return [one.pid for one in family(place) if "scheduler" in one.cmdline()]

    try:
        wait(lambda: "scheduler of" in place.log.read_text(), "it works")
        before = schedulers()
        psutil.Process(before[0]).kill()
        wait(
            lambda: "the scheduler has ended (exit code -9)" in place.log.read_text(), "it is said"
        )
        wait(lambda: schedulers() not in (before, []), "another one is there")
        members = family(place)
        place.process.send_signal(signal.SIGTERM)
        assert place.process.wait(30) == 0
        wait(lambda: not any(one.is_running() for one in members), "all have ended")
    finally:
        place.stop()


def test_a_source_is_named_so_that_other_folders_find_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "export").mkdir()
    assert absolute("export") == str(tmp_path / "export")
    assert absolute("demo") == "demo"
    assert absolute("postgresql://me@server/base") == "postgresql://me@server/base"
