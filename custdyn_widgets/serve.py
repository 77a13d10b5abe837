"""Serves the page with Voilà, on this machine only, asking nothing of the network."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path
from types import FrameType
from urllib.error import URLError
from urllib.request import urlopen

from .errors import SourceError
from .link import PAGE_VARIABLE

SOURCE_VARIABLE = "CUSTDYN_SOURCE"
"""Tells the page which source it was started with."""
PACKAGE = Path(__file__).parent
HOST = "127.0.0.1"


def page_notebook() -> Path:
    """The notebook of the page: in the wheel, or beside the package in a checkout."""
    name = "customer_dynamics.ipynb"
    places = (PACKAGE / "notebooks" / name, PACKAGE.parent / "notebooks" / name)
    return next(place for place in places if place.is_file())


def serve(
    source: str, *, port: int, ready: int, mails: bool = False, open_browser: bool = False
) -> int:
    """Starts Voilà and waits for it; prints the address once the page answers.

    `ready` kernels wait for the next readers, so that their page opens at once. With `mails`, a
    scheduler runs beside it: it makes and sends what pages and schedules ask for. Gives the
    server's exit code. Raises SourceError where the port is taken.
    """
    address = f"http://{HOST}:{port}/"
    if not _is_free(port):
        raise SourceError(source, f"port {port} is taken", "choose another --port")
    server = subprocess.Popen(  # noqa: S603 our own interpreter, arguments in a list
        [
            *(sys.executable, "-m", "voila", str(page_notebook())),
            *(f"--port={port}", f"--Voila.ip={HOST}", "--no-browser"),
            *(f"--preheat_kernel={ready > 0}", f"--pool_size={ready}"),
        ],
        env={
            **os.environ,
            SOURCE_VARIABLE: source,
            **_with_folder("JUPYTER_PATH", PACKAGE / "voila" / "share" / "jupyter"),
            **_with_folder("JUPYTER_CONFIG_PATH", PACKAGE / "voila"),  # its voila.json
        },
    )
    beside = _scheduler(source, address) if mails else None
    signal.signal(signal.SIGTERM, _stop)  # or Voilà would be left behind
    threading.Thread(target=_announce, args=(server, address, open_browser), daemon=True).start()
    try:
        return server.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for process in filter(None, (server, beside)):
            process.terminate()
            process.wait()


def _scheduler(source: str, address: str) -> subprocess.Popen[bytes]:
    """Makes and sends reports; it is a process of its own, so a long report stops no page."""
    return subprocess.Popen(  # noqa: S603 our own interpreter, arguments in a list
        [sys.executable, "-m", "custdyn_widgets.cli", "scheduler", "--source", source],
        env={PAGE_VARIABLE: address, **os.environ},
    )


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _with_folder(variable: str, folder: Path) -> dict[str, str]:
    folders = [str(folder), os.environ.get(variable, "")]
    return {variable: os.pathsep.join(filter(None, folders))}


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
        with urlopen(f"{address}voila/static/", timeout=1):  # noqa: S310 our own address
            return True
    except URLError as error:
        return hasattr(error, "code")  # it answers, if only to say no
    except OSError:
        return False
