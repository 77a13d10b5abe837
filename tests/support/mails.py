"""A real mail server for tests, that takes mails or does what servers do when they do not."""

from __future__ import annotations

import asyncio
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

from custdyn_widgets.delivery.settings import MailSettings

HOST = "127.0.0.1"
SENDER = "reports@example.org"


@dataclass
class Inbox:
    """What has been taken, and what is said instead of 250: by recipient, or for every message.

    An answer in a list is given once, in order; `cut` ends the connection after DATA so often.
    """

    taken: list[tuple[str, bytes]] = field(default_factory=list)
    to: dict[str, list[str]] = field(default_factory=dict)
    mail: list[str] = field(default_factory=list)
    data: list[str] = field(default_factory=list)
    cut: int = 0
    asked: int = 0

    async def handle_MAIL(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if self.mail:
            answer = self.mail.pop(0)
            if answer.startswith("421"):
                await server.push(answer)
                server.transport.close()
            return answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        self.asked += 1
        if self.to.get(address):
            return self.to[address].pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:
        if self.data:
            return self.data.pop(0)
        self.taken += [(to, envelope.content) for to in envelope.rcpt_tos]
        if self.cut:
            self.cut -= 1
            server.transport.close()
            await asyncio.sleep(0)
        return "250 taken"

    def messages(self) -> list[EmailMessage]:
        """What has been taken, parsed."""
        return [parsed(content) for _, content in self.taken]


def parsed(content: bytes) -> EmailMessage:
    """A message as a mail program reads it."""
    return message_from_bytes(content, EmailMessage, policy=policy.default)


@dataclass
class PostOffice:
    """A server: where it is, what it has taken."""

    port: int
    inbox: Inbox

    def settings(self, **changes: Any) -> MailSettings:
        """Settings that send there."""
        given = {"host": HOST, "port": self.port, "security": "none", "sender": SENDER}
        return MailSettings.model_validate({**given, "timeout": 5, **changes})


@contextmanager
def post_office(inbox: Inbox | None = None, **options: Any) -> Iterator[PostOffice]:
    """A server on a port of its own; `options` are those of aiosmtpd's SMTP."""
    inbox = inbox or Inbox()
    controller = Controller(inbox, hostname=HOST, port=free_port(), **options)
    controller.start()
    try:
        yield PostOffice(controller.port, inbox)
    finally:
        controller.stop()


@contextmanager
def silent() -> Iterator[PostOffice]:
    """A server that lets one in, and never says a word."""
    with socket.create_server((HOST, 0)) as listening:
        kept: list[socket.socket] = []

        def take() -> None:
            while True:
                try:
                    kept.append(listening.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield PostOffice(listening.getsockname()[1], Inbox())
        for one in kept:
            one.close()


@contextmanager
def dripping() -> Iterator[PostOffice]:
    """A server that always says something, and never comes to an end."""
    with socket.create_server((HOST, 0)) as listening:
        ended = threading.Event()

        def drip(one: socket.socket) -> None:
            try:
                one.sendall(b"220 here\r\n")
                one.recv(1000)
                while not ended.wait(0.2):
                    one.sendall(b"250-more\r\n")
            except OSError:
                return

        def take() -> None:
            while True:
                try:
                    one = listening.accept()[0]
                except OSError:
                    return
                threading.Thread(target=drip, args=(one,), daemon=True).start()

        threading.Thread(target=take, daemon=True).start()
        yield PostOffice(listening.getsockname()[1], Inbox())
        ended.set()


def tls(folder: Path) -> tuple[ssl.SSLContext, str]:
    """What a server needs for TLS, and the file that makes one trust it."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    return context, str(folder / "ca.pem")


def only(user: str, password: str) -> Any:
    """Lets in who knows a password."""

    def check(_server: Any, _session: Any, _envelope: Any, _kind: str, given: Any) -> AuthResult:
        right = isinstance(given, LoginPassword) and (given.login, given.password) == (
            user.encode(),
            password.encode(),
        )
        return AuthResult(success=right, handled=False)

    return check


def free_port() -> int:
    """A port that nobody uses now."""
    with socket.socket() as bound:
        bound.bind((HOST, 0))
        return int(bound.getsockname()[1])
