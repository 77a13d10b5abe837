"""The guard of every request and connection: hosts, sites, protocol."""

from __future__ import annotations

import ipaddress
import json
import re
import secrets
from collections.abc import Awaitable
from functools import cached_property
from inspect import isawaitable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jupyter_server.services.kernels.connection.channels import ZMQChannelsWebsocketConnection
from tornado.httputil import HTTPServerRequest, split_host_and_port
from tornado.web import HTTPError, RequestHandler

PROTOCOL = "v1.kernel.websocket.jupyter.org"
MAX_PARTS = 64
"""A message of the protocol has six parts and its buffers; a form sends few of these."""
UNSEEN = ("error", "stream")
"""Messages of a kernel that are for a log: they may hold a traceback."""
POLICY = (
    "default-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' blob: 'unsafe-eval' 'nonce-{nonce}'; "
    "object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
)
"""Nothing is loaded from, or sent to, another host, and a script that got into the page does not
run. Widgets are modules from blobs, and Vega compiles expressions: that is `'unsafe-eval'`."""
_SCRIPT = re.compile(r"<script(?=[\s>]|$)")


def is_of_this_machine(request: HTTPServerRequest, names: tuple[str, ...]) -> bool:
    """Whether the Host of a request is this machine or one of its names.

    A foreign name that was made to lead here would let its owner's page read this one.
    """
    host, _ = split_host_and_port(request.host.lower())
    host = host.removeprefix("[").removesuffix("]").rstrip(".")
    if host == "localhost" or host in names:
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_of_another_site(request: HTTPServerRequest) -> bool:
    """Whether another site's page asks for something, other than by a link that was followed.

    Browsers say so (Fetch Metadata), to https and to this machine; elsewhere what they say of the
    page that asks must do. Other clients hold no reader's rights.
    """
    headers = request.headers
    if "Sec-Fetch-Site" not in headers:
        asking = headers.get("Origin") or headers.get("Referer")
        own = asking is None or urlsplit(asking).netloc.lower() == request.host.lower()
        is_page = request.method == "GET" and headers.get("Accept", "").startswith("text/html")
        return not own and not is_page
    if headers.get("Sec-Purpose", "").startswith("prefetch"):
        return True
    if headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
        return False
    followed = headers.get("Sec-Fetch-Mode"), headers.get("Sec-Fetch-Dest")
    return request.method != "GET" or followed != ("navigate", "document")


def stamped(part: str, nonce: str, *, query: str) -> str:
    """A part of a page whose scripts bear the nonce, but where it repeats a script of the address.

    A bare `<script>`, as a name in a link may be, brings no code of its own.
    """
    given = {text for pair in parse_qsl(query, keep_blank_values=True) for text in pair}
    if any("<script" in text and text in part for text in given - {"<script", "<script>"}):
        return part
    return _SCRIPT.sub(f"<script nonce={nonce}", part)


class Guarded(RequestHandler):
    """Comes before the handler of a route: see `guarded`."""

    def prepare(self) -> Awaitable[None] | None:
        """Refuses a foreign Host, and what another site's page asks for."""
        if not is_of_this_machine(self.request, self.settings["custdyn_host_names"]):
            raise HTTPError(403, "this Host is not served")
        if is_of_another_site(self.request):
            raise HTTPError(403, "asked for by another site")
        return self._prepare_theirs()

    async def _prepare_theirs(self) -> None:
        prepared = super().prepare()
        if isawaitable(prepared):
            await prepared

    @cached_property
    def nonce(self) -> str:
        """What the scripts of this answer are known by."""
        return secrets.token_urlsafe(16)

    def write(self, chunk: Any) -> None:
        """Sends a part; scripts that the server writes into a page may run."""
        if isinstance(chunk, str):
            chunk = stamped(chunk, self.nonce, query=self.request.query)
        super().write(chunk)

    def finish(self, *arguments: Any) -> Any:
        """Sends the policy with everything."""
        self._set_policy()
        return super().finish(*arguments)

    def flush(self, *arguments: Any, **options: Any) -> Any:
        """Sends the policy with a page that is sent in parts."""
        self._set_policy()
        return super().flush(*arguments, **options)

    def _set_policy(self) -> None:
        if not self._headers_written:
            self.set_header("Content-Security-Policy", POLICY.format(nonce=self.nonce))


def guarded(handler: type[RequestHandler]) -> type[RequestHandler]:
    """The handler of a route, behind the guard."""
    return type(handler.__name__, (Guarded, handler), {})


class Connection(ZMQChannelsWebsocketConnection):
    """Between a page and its kernel: well-made messages of one protocol."""

    async def prepare(self) -> None:
        """Refuses a client without the protocol: Voilà reads what it sends as if it had it.

        For a message with a file it then loops for ever, and the server is gone.
        """
        offered = self.websocket_handler.request.headers.get("Sec-WebSocket-Protocol", "")
        if PROTOCOL not in [one.strip() for one in offered.split(",")]:
            raise HTTPError(400, f"the subprotocol {PROTOCOL} is needed")
        await super().prepare()  # type: ignore[no-untyped-call]

    def handle_incoming_message(self, incoming_msg: Any) -> None:
        """Takes a message whose parts lie within it; an invented count of them would loop, too."""
        if not isinstance(incoming_msg, bytes) or not _is_well_made(incoming_msg):
            self.log.warning("a message that is not well made was dropped")
            return
        super().handle_incoming_message(incoming_msg)  # type: ignore[arg-type]

    def handle_outgoing_message(self, stream: Any, outgoing_msg: list[Any]) -> None:
        """Keeps errors and what was printed from the browser."""
        _, parts = self.session.feed_identities(outgoing_msg)
        if self.session.unpack(parts[1])["msg_type"] not in UNSEEN:
            super().handle_outgoing_message(stream, outgoing_msg)


def _is_well_made(message: bytes) -> bool:
    """Whether it has a channel, header, parent header, metadata and content, in this order."""
    count = int.from_bytes(message[:8], "little")
    if not 6 <= count <= MAX_PARTS:
        return False
    edges = [int.from_bytes(message[8 * at : 8 * at + 8], "little") for at in range(1, count + 1)]
    if edges[0] != 8 * (count + 1) or edges[-1] != len(message) or edges != sorted(edges):
        return False
    try:
        header = json.loads(message[edges[1] : edges[2]])
        message[edges[0] : edges[1]].decode("ascii")
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and isinstance(header.get("msg_type"), str)
