"""One journey in Debian's Firefox: the page, a figure, what is behind it, and a copy.

Playwright drives a Firefox of its own only; this one is spoken to by WebDriver BiDi, a standard.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import websocket

from tests.browser.conftest import Servers
from tests.browser.drive import PATIENCE, free_port
from tests.support.parts import all_parts

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
SAMPLE = "?period=2017-01-01/2017-12-31&currency=USD&group_by=month"
SECONDS = PATIENCE / 1000


class Firefox:
    """A tab of a Firefox that listens on a port."""

    def __init__(self, port: int) -> None:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            with suppress(OSError):
                address = f"ws://127.0.0.1:{port}/session"
                self._socket = websocket.create_connection(
                    address, timeout=SECONDS, suppress_origin=True
                )
                break
            time.sleep(0.2)
        self._ids = count(1)
        self.ask("session.new", capabilities={})
        (tab,) = self.ask("browsingContext.getTree")["contexts"]
        self._tab = tab["context"]
        self.ask("browsingContext.setViewport", context=self._tab, viewport=VIEWPORT)

    def ask(self, method: str, **params: Any) -> Any:
        """What a command gives. Raises AssertionError where it fails."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while (answer := json.loads(self._socket.recv())).get("id") != number:
            pass  # an event
        assert answer["type"] == "success", answer
        return answer["result"]

    def open(self, address: str) -> None:
        self.ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """What an expression is, as text or number."""
        target = {"context": self._tab}
        made = self.ask("script.evaluate", expression=script, target=target, awaitPromise=True)
        assert made["type"] == "success", made
        return made["result"].get("value")

    def press(self, *keys: str) -> None:
        """Presses keys together."""
        down = [{"type": "keyDown", "value": key} for key in keys]
        up = [{"type": "keyUp", "value": key} for key in reversed(keys)]
        source = {"type": "key", "id": "keys", "actions": [*down, *up]}
        self.ask("input.performActions", context=self._tab, actions=[source])

    def until(self, script: str) -> Any:
        """What an expression is, once it is something."""
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if made := self.run(script):
                return made
            time.sleep(0.2)
        raise AssertionError(f"{script} has not come true")


VIEWPORT = {"width": 1440, "height": 1000}


@pytest.fixture
def firefox(tmp_path: Path) -> Iterator[Firefox]:
    """A Firefox of our own, without a window."""
    port = free_port()
    (tmp_path / "user.js").write_text('user_pref("dom.events.testing.asyncClipboard", true);')
    command = [str(FIREFOX), "--headless", "--no-remote", "--profile", str(tmp_path)]
    with (tmp_path / "firefox.log").open("wb") as log:
        process = subprocess.Popen(
            [*command, f"--remote-debugging-port={port}"],
            stdout=log,
            stderr=log,
            env={**os.environ, "HOME": str(tmp_path)},  # it wants one that is its user's
        )
    try:
        yield Firefox(port)
    finally:
        process.terminate()
        process.wait(30)


@pytest.mark.skipif(FIREFOX is None and not all_parts(), reason="Firefox is not installed")
def test_the_page_works_in_firefox(firefox: Firefox, servers: Servers) -> None:
    firefox.open(f"{servers.voila('sample')}/{SAMPLE}")
    firefox.until("document.activeElement.textContent === 'Query'")
    firefox.run("document.activeElement.click()")
    cell = "document.querySelectorAll('.custdyn-app tr[data-row=\"3\"] td')[1]"
    assert firefox.until(f"{cell}?.textContent") == "-11 947.74"
    assert firefox.run("document.documentElement.scrollWidth - innerWidth") <= 0
    firefox.run(f"{cell}.click()")
    proof = "document.querySelector('.custdyn-drill:popover-open .custdyn-proof.holds')"
    said = firefox.until(f"{proof}?.textContent")
    assert said.startswith("✓ The 1 client below adds up to this figure: -11 947.74")
    firefox.run(f"{cell}.focus()")
    firefox.press("\ue009", "c")  # Ctrl+C
    assert firefox.until("navigator.clipboard.readText()") == "-11947.74"
