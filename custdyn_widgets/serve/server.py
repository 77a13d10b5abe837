"""Voilà with our settings, guarded routes and a bounded number of readers."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback
from tornado.web import RequestHandler, authenticated
from traitlets import Float, Int, List, Unicode, default
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from custdyn_widgets.environment import JUPYTER_PATH_VARIABLE
from custdyn_widgets.model.cells import many
from custdyn_widgets.serve.guard import Connection, guarded
from custdyn_widgets.serve.readers import Full, Reader, Readers, Recorded
from custdyn_widgets.words import language, tr

HERE = Path(__file__).parent
THEMES = ("light", "dark")
LONGEST_FOLDER = 40
"""Characters; the path of a Unix socket has some 100, and a kernel's name is long."""
RETRY_AFTER = 30
FULL_PAGE = """<!doctype html><html lang="{language}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="{seconds}"><title>Customer Dynamics</title>
<style>:root {{ color-scheme: light dark; }} body {{ font: 16px/1.5 system-ui, sans-serif;
max-width: 34em; margin: 18vh auto 0; padding: 0 24px; }} h1 {{ font-size: 22px; }}</style></head>
<body><main><h1>{title}</h1><p>{words}</p></main></body></html>"""


class Page(TornadoVoilaHandler):  # type: ignore[misc]
    """The page: a kernel for each reader, as long as there is a place."""

    readers: Readers
    reader: Reader | None = None

    @property
    def kernel_manager(self) -> Any:
        """The kernel manager; it tells which kernel this reader gets."""
        kernels = super().kernel_manager
        return kernels if self.reader is None else Recorded(kernels, self.reader)

    @authenticated
    async def get(self, path: str | None = None) -> None:
        """Sends the page, or says that there is no place."""
        # Voilà copies the theme of the address into the page, unescaped
        arguments = self.request.arguments
        arguments.pop("template", None)
        if arguments.get("theme", [b""])[-1].decode("utf-8", "replace") not in THEMES:
            arguments.pop("theme", None)
        try:
            with self.readers.admit(super().kernel_manager) as self.reader:
                await super().get(path)
        except Full:
            most = self.readers.most
            self.set_status(503)
            self.set_header("Retry-After", RETRY_AFTER)
            words = tr(
                "{readers} this page now, as many as it is set up for. It tries again every "
                "{seconds} seconds; a place is free as soon as another reader closes theirs.",
                readers=many(most, "reader uses", "readers use"),
                seconds=RETRY_AFTER,
            )
            title = tr("Customer Dynamics is busy")
            said = {"title": title, "words": words, "language": language()}
            self.finish(FULL_PAGE.format(**said, seconds=RETRY_AFTER))


class Health(RequestHandler):
    """Whether the server is there: asked as often as one likes, it starts nothing."""

    readers: Readers

    def get(self) -> None:
        """How many readers there are."""
        self.set_header("Content-Type", "application/json")
        self.set_header("Cache-Control", "no-store")
        self.finish(json.dumps({"readers": len(self.readers), "most": self.readers.most}))


class Server(Voila):  # type: ignore[misc]
    """Voilà on our own settings. Each wall says what it keeps out."""

    name = "voila"
    host_names = List(Unicode(), help="Names of this server besides localhost.").tag(config=True)
    most = Int(4, help="Readers at once.").tag(config=True)
    come = Float(60, help="Seconds until a kernel without a page is ended.").tag(config=True)
    back = Float(600, help="Seconds until one whose reader is gone is ended.").tag(config=True)
    look = Float(5, help="Seconds between two looks at the kernels.").tag(config=True)

    @default("config_file_paths")
    def _own_settings(self) -> list[str]:
        """Not those of the current folder, where a `voila.py` would be run, nor of a user."""
        return [str(HERE)]

    @default("kernel_websocket_connection_class")
    def _own_connection(self) -> type[Connection]:
        return Connection

    @default("connection_dir_root")
    def _short_folder(self) -> str:
        """Where the kernels' sockets are; Voilà makes a folder there that is its user's alone."""
        usual = tempfile.gettempdir()
        return usual if len(usual) <= LONGEST_FOLDER else "/tmp"  # noqa: S108 see above

    def initialize(self, argv: list[str] | None = None) -> None:
        """Reads the settings; kernels listen on Unix sockets, which other accounts cannot reach."""
        templates = str(HERE / "share" / "jupyter")
        paths = [templates, os.environ.get(JUPYTER_PATH_VARIABLE, "")]
        os.environ[JUPYTER_PATH_VARIABLE] = os.pathsep.join(
            filter(None, paths)
        )  # where its template is
        super().initialize(argv)
        if sys.platform != "win32":
            self.config.KernelManager.transport = "ipc"

    def init_settings(self) -> dict[str, Any]:
        """Our own settings; which names are refused is the guard's to say, for every route."""
        settings: dict[str, Any] = super().init_settings()
        self.readers = Readers(self.most, come=self.come, back=self.back)
        names = tuple(name.lower() for name in self.host_names)
        settings["custdyn_host_names"] = names
        return settings

    def init_handlers(self) -> list[tuple[Any, ...]]:
        """Voilà's routes, each behind the guard; those of page and health check are ours."""
        routes = [tuple(route) for route in super().init_handlers()]
        pages = [route for route in routes if route[1] is TornadoVoilaHandler]
        if len(pages) != 1 or not issubclass(TornadoVoilaHandler, JupyterHandler):
            raise RuntimeError("this Voilà serves its page otherwise; see custdyn_widgets.serve")
        own = {TornadoVoilaHandler: type("Page", (Page,), {"readers": self.readers})}
        health = type("Health", (Health,), {"readers": self.readers})
        routes = [(url_path_join(self.server_url, "/healthz"), health), *routes]
        return [(path, guarded(own.get(of, of)), *rest) for path, of, *rest in routes]

    def listen(self) -> None:
        """Serves; kernels without a reader are looked for now and then."""
        self._looking = PeriodicCallback(self._end_kernels, 1_000 * self.look)
        self._looking.start()
        super().listen()

    async def _end_kernels(self) -> None:
        for kernel_id in self.readers.look(self.kernel_manager):
            self.log.info("ending kernel %s: it has no reader", kernel_id)
            await self.kernel_manager.shutdown_kernel(kernel_id, now=True)
