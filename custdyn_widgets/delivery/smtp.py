"""An SMTP connection that sends one mail after the other, and what its answers mean."""

from __future__ import annotations

import contextlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from enum import Enum, auto
from types import TracebackType
from typing import Any, Self

from custdyn_widgets.delivery.message import smaller
from custdyn_widgets.delivery.settings import PORTS, MailSettings, domain_of, on_the_wire

DEADLINE = 4
"""Times the timeout that connecting, logging in, or a mail may take: some never come to an end."""
ANSWER = 10
"""Times the timeout for the answer to a whole mail, which a server may look through first."""


class Outcome(Enum):
    """What became of a mail."""

    SENT = auto()
    LATER = auto()
    NEVER = auto()
    UNREACHABLE = auto()
    """Nothing can be sent through this server now."""


@dataclass(frozen=True)
class Answer:
    """What became of a mail, and what the server said."""

    outcome: Outcome
    words: str


class Unreachable(Exception):
    """The server cannot be reached, or does not let us in."""


class Server:
    """A connection to the mail server, made when it is needed and again after a fault."""

    def __init__(self, settings: MailSettings) -> None:
        self._settings = settings
        self._smtp: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            try:
                smtp.quit()
            except (OSError, smtplib.SMTPException):
                smtp.close()

    def send(self, content: bytes, recipient: str, mail_id: str) -> Answer:
        """Sends a message to one recipient. It raises nothing that a server can cause."""
        try:
            smtp = self._connected()
        except Unreachable as error:
            return Answer(Outcome.UNREACHABLE, str(error))
        sender, to = on_the_wire(self._settings.sender), on_the_wire(recipient)
        try:
            with _watched(smtp, DEADLINE + ANSWER):
                self._send(smtp, content, sender, to, self._message_id(mail_id))
        except smtplib.SMTPRecipientsRefused as error:
            return self._answered(*error.recipients[to])
        except smtplib.SMTPNotSupportedError as error:
            return Answer(Outcome.NEVER, str(error))
        except smtplib.SMTPResponseException as error:
            return self._answered(error.smtp_code, error.smtp_error)
        except Exception as error:  # whatever a server, or what is stored, may cause
            self._drop()
            return Answer(Outcome.LATER, f"the connection ended: {_named(error)}")
        return Answer(Outcome.SENT, "taken by the server")

    def _send(
        self, smtp: smtplib.SMTP, content: bytes, sender: str, to: str, message_id: str
    ) -> None:
        message = addressed(content, to, message_id)
        most = smtp.esmtp_features.get("size", "")
        if most.isascii() and most.isdigit() and int(most):
            message = smaller(message, int(most))
        smtp.send_message(message, sender, [to])

    def _message_id(self, mail_id: str) -> str:
        return f"<{mail_id}@{domain_of(self._settings.sender)}>"

    def _answered(self, code: int, words: bytes | str) -> Answer:
        if code == 421 or code < 400:
            self._drop()
        outcome = Outcome.NEVER if 500 <= code < 600 else Outcome.LATER
        return Answer(outcome, _answer(code, words))

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            try:
                self._smtp = self._connect()
            except Exception as error:  # a name of no host, a password that is not ASCII, …
                where = f"{self._settings.host}:{_port(self._settings)}"
                raise Unreachable(f"{where} cannot be used: {_named(error)}") from None
        return self._smtp

    def _connect(self) -> smtplib.SMTP:
        mine = self._settings
        context = ssl.create_default_context()
        if mine.ca_file:
            context.load_verify_locations(mine.ca_file)
        if mine.security == "tls":
            smtp: smtplib.SMTP = _ByTls(
                mine.host, _port(mine), timeout=mine.timeout, context=context
            )
        else:
            smtp = _InTheClear(mine.host, _port(mine), timeout=mine.timeout)
        try:
            with _watched(smtp):
                if mine.security == "starttls":
                    smtp.starttls(context=context)
                smtp.ehlo_or_helo_if_needed()
                if mine.user and mine.password:
                    smtp.login(mine.user, mine.password.get_secret_value())
        except BaseException:
            smtp.close()
            raise
        return smtp

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def addressed(content: bytes, recipient: str, message_id: str) -> EmailMessage:
    """A stored message with its recipient and its Message-ID."""
    message = message_from_bytes(content, EmailMessage, policy=SMTP)
    message["To"] = recipient
    message["Message-ID"] = message_id
    return message


def _port(settings: MailSettings) -> int:
    return settings.port or PORTS[settings.security]


class _InTheClear(smtplib.SMTP):
    """A connection whose greeting is waited for no longer than for all else."""

    def connect(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """Connects; it is called where the connection is made."""
        with _watched(self):
            return super().connect(*args, **kwargs)

    def data(self, msg: Any) -> tuple[int, bytes]:
        """Sends a mail, and waits longer for the answer than for all else."""
        if self.sock is not None:
            self.sock.settimeout(self.timeout * ANSWER)
        try:
            return super().data(msg)
        finally:
            if self.sock is not None:
                self.sock.settimeout(self.timeout)


class _ByTls(_InTheClear, smtplib.SMTP_SSL):
    """The same by TLS."""


@contextmanager
def _watched(smtp: smtplib.SMTP, times: float = DEADLINE) -> Iterator[None]:
    """Ends a connection, from another thread, that takes too long over all."""
    watch = threading.Timer(smtp.timeout * times, _cut, [smtp])
    watch.daemon = True
    watch.start()
    try:
        yield
    finally:
        watch.cancel()


def _cut(smtp: smtplib.SMTP) -> None:
    if smtp.sock is not None:
        with contextlib.suppress(OSError):
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _named(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPAuthenticationError):  # its words may repeat the password
        return f"{error.smtp_code} user and password are refused"
    if isinstance(error, smtplib.SMTPResponseException):
        return _answer(error.smtp_code, error.smtp_error)
    if isinstance(error, OSError | smtplib.SMTPException):
        return str(error).replace("\0", "") or type(error).__name__
    return type(error).__name__  # its words may hold a part of a password


def _answer(code: int, words: bytes | str) -> str:
    """What a server said, in one line that every database takes."""
    said = words.decode("utf-8", "replace") if isinstance(words, bytes) else words
    shown = "".join(one if one.isprintable() else " " for one in said)
    return f"{code} {' '.join(shown.split())}"[:500]
