"""Serves the page with Voilà on this machine; runs a scheduler next to it."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from custdyn_widgets.environment import PAGE_VARIABLE, SOURCE_VARIABLE
from custdyn_widgets.errors import SourceError
from custdyn_widgets.files import why
from custdyn_widgets.serve.readers import MAX_AUTOMATIC, MEGABYTES
from custdyn_widgets.sources.memory_budget import machine_memory
from custdyn_widgets.sources.place import NAMED, kind_of

PACKAGE = Path(__file__).parent
HOST = "127.0.0.1"
PATIENCE = 10
"""Seconds that what is stopped has to end by itself."""
STEADY = 60.0
"""Seconds after which a scheduler that ends had worked."""


def page_notebook() -> Path:
    """The notebook of the page: in the wheel, or beside the package in a checkout."""
    name = "customer_dynamics.ipynb"
    package = PACKAGE.parent
    places = (package / "notebooks" / name, package.parent / "notebooks" / name)
    return next(place for place in places if place.is_file())


def own_notebook(path: str) -> Path:
    """A notebook of one's own to be served. Raises SourceError where it cannot be."""
    place = Path(path).expanduser()
    try:
        cells = json.loads(place.read_text("utf-8"))["cells"]
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError(path, f"cannot be read: {why(error)}", "give a notebook") from None
    except (ValueError, LookupError, TypeError, RecursionError):
        raise SourceError(path, "is no notebook", "give an .ipynb file") from None
    if place.suffix != ".ipynb" or not cells:
        raise SourceError(path, "is no notebook with cells", "give an .ipynb file")
    return place.resolve()


def serve(
    source: str,
    *,
    notebook: str | None = None,
    port: int,
    ready: int,
    most: int | None = None,
    host_names: Sequence[str] = (),
    mails: bool = False,
    open_browser: bool = False,
) -> int:
    """Starts Voilà and waits for it; prints the address once the page answers.

    `notebook`: one of your own in place of the page, with parts or anything else.
    `ready` kernels wait for the next readers, so that their page opens at once; there are `most`
    readers at once (None: as many as fit the machine). `host_names` are names that the page may
    be called by, besides localhost. With `mails`, a scheduler runs, too: it makes and sends
    what pages and schedules ask for; should it end, it is started again. Gives the server's exit
    code. Raises SourceError where the port is taken.
    """
    page = page_notebook() if notebook is None else own_notebook(notebook)
    address = f"http://{HOST}:{port}/"
    if not _is_free(port):
        raise SourceError(source, f"port {port} is taken", "choose another --port")
    place = absolute(source)
    if source == "demo":  # made once, and not by every kernel that waits
        _started("custdyn_widgets.sources.demo.generator").wait()
    server = _started(
        "custdyn_widgets.serve",
        str(page),
        *(f"--port={port}", "--Voila.port_retries=0", f"--Voila.ip={HOST}", "--no-browser"),
        *(f"--preheat_kernel={ready > 0}", f"--pool_size={ready}"),
        f"--Server.most={most_readers() if most is None else most}",
        *(f"--Server.host_names={name}" for name in host_names),
        **{SOURCE_VARIABLE: place},
    )
    scheduler = Scheduler(place, address) if mails else None
    signal.signal(signal.SIGTERM, _stop)  # or Voilà would be left behind
    threading.Thread(target=_announce, args=(server, address, open_browser), daemon=True).start()
    try:
        while server.poll() is None:
            if scheduler is not None:
                scheduler.look()
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(1)
        return server.returncode
    except KeyboardInterrupt:
        return 0
    finally:
        _end([*([scheduler.process] if scheduler else []), server])


class Scheduler:
    """Makes and sends reports, in a process of its own: a long report stops no page."""

    def __init__(self, source: str, address: str) -> None:
        self._source, self._address = source, address
        self._pause, self._begun, self._again = 1.0, 0.0, 0.0
        self.process = self._start()

    def look(self) -> None:
        """Starts it again where it has ended, at longer and longer intervals, and says so."""
        if self.process.poll() is None:
            return
        now = time.monotonic()
        if not self._again:
            self._pause = 1.0 if now - self._begun > STEADY else min(2 * self._pause, STEADY)
            self._again = now + self._pause
            print(
                f"custdyn: the scheduler has ended (exit code {self.process.returncode}); "
                f"it is started again in {self._pause:.0f} s",
                file=sys.stderr,
                flush=True,
            )
        if now >= self._again:
            self._again, self.process = 0.0, self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._begun = time.monotonic()
        command = ("custdyn_widgets.cli", "scheduler", "--source", self._source, "--with-parent")
        return _started(*command, **{PAGE_VARIABLE: self._address, **os.environ})


def most_readers() -> int:
    """How many readers fit this machine."""
    return max(1, min(MAX_AUTOMATIC, machine_memory() // (MEGABYTES << 20)))


def absolute(source: str) -> str:
    """A source as other folders name it: kernels run in the folder of their notebook."""
    return source if kind_of(source) in NAMED else str(Path(source).expanduser().resolve())


def _started(module: str, *arguments: str, **variables: str) -> subprocess.Popen[bytes]:
    """A process of ours; no module of the current folder can take the place of one of its own.

    It stays in that folder: paths in its environment and its files are as they are here.
    """
    return subprocess.Popen(  # noqa: S603 our own interpreter, arguments in a list
        [sys.executable, "-P", "-m", module, *arguments], env={**os.environ, **variables}
    )


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ends processes in good order, or after some seconds at once."""
    for process in processes:
        process.terminate()
    deadline = time.monotonic() + PATIENCE
    for process in processes:
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _announce(server: subprocess.Popen[bytes], address: str, open_browser: bool) -> None:
    while server.poll() is None and not _answers(address):
        time.sleep(0.2)
    if server.poll() is None:
        print(f"Customer Dynamics: {address} (stop with Ctrl+C)", flush=True)
        if open_browser:
            webbrowser.open(address)


def _is_free(port: int) -> bool:
    with socket.socket() as bound:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            bound.bind((HOST, port))
        except (OSError, OverflowError):
            return False
    return True


def _answers(address: str) -> bool:
    try:
        with urlopen(f"{address}healthz", timeout=1):  # noqa: S310 our own address
            return True
    except URLError as error:
        return hasattr(error, "code")  # it answers, if only to say no
    except OSError:
        return False
