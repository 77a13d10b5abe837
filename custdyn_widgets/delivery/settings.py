"""Mail settings, from the environment or a secrets file, and the recipients they allow."""

from __future__ import annotations

import os
import stat
import tomllib
from collections.abc import Iterable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from email_validator import validate_email
from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, StrictStr

from custdyn_widgets.environment import SMTP_FILE_VARIABLE, SMTP_PREFIX
from custdyn_widgets.errors import CustdynError, FieldFault, QueryError
from custdyn_widgets.query.base import Explained, Text
from custdyn_widgets.query.validators import address, one_of

LEASE = 30
"""Times the timeout that one mail may take at most, with connecting and the last answer."""
HERE = ("127.0.0.1", "::1", "localhost")
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailError(CustdynError):
    """Mail is not set up, or not rightly."""

    exit_code = 2


def _domain(text: str) -> str:
    return validate_email(f"somebody@{text}", check_deliverability=False).ascii_domain.casefold()


def _several(value: object) -> object:
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class MailSettings(Explained):
    """A mail server, who sends, and what may be sent.

    `security`: starttls, tls, or none (a server on this machine); `port`: by default 587, 465 or
    25; `ca_file`: certificates to trust besides those of the system; `sender`: the address that
    reports come from; `domains`: whom they may go to, by default the sender's own; `report_to`:
    who gets a mail about one that failed where its owner is no address; `timeout`: seconds
    without an answer; `most_megabytes` of a mail, `most_a_day` of one user.
    """

    host: Text
    sender: Annotated[StrictStr, AfterValidator(address)]
    security: Annotated[StrictStr, BeforeValidator(one_of(PORTS))] = "starttls"
    port: Annotated[int | None, Field(ge=1, le=65_535)] = None
    user: Text | None = None
    password: SecretStr | None = None
    ca_file: Text | None = None
    domains: Annotated[
        tuple[Annotated[StrictStr, AfterValidator(_domain)], ...], BeforeValidator(_several)
    ] = ()
    report_to: Annotated[StrictStr, AfterValidator(address)] | None = None
    timeout: Annotated[float, Field(gt=0, le=600)] = 30
    most_megabytes: Annotated[float, Field(gt=0, le=1_000)] = 10
    most_a_day: Annotated[int, Field(ge=1)] = 50

    @property
    def allowed(self) -> tuple[str, ...]:
        """The domains that mail may go to, in ASCII."""
        return self.domains or (domain_of(self.sender),)

    @property
    def most_bytes(self) -> int:
        """The size of the largest mail."""
        return int(self.most_megabytes * 1_000_000)

    @property
    def lease(self) -> timedelta:
        """How long sending one mail may take, with a margin."""
        return timedelta(seconds=LEASE * self.timeout + 5)

    def contradictions(self) -> Iterator[FieldFault]:
        """No password goes over the network in the clear; `report_to` may get mail."""
        if self.security == "none" and self.password is not None and self.host not in HERE:
            yield FieldFault("security", None, "none would send the password in the clear")
        if self.report_to is not None and domain_of(self.report_to) not in self.allowed:
            yield FieldFault("report_to", None, f"is not in {', '.join(self.allowed)}")

    def check(self, recipients: Iterable[str]) -> None:
        """Raises QueryError for addresses that mail may not go to, each by its name."""
        if foreign := [one for one in recipients if domain_of(one) not in self.allowed]:
            what = f"is not in {', '.join(self.allowed)}, where mail may go ({SMTP_PREFIX}DOMAINS)"
            raise QueryError([FieldFault("output.send_to", one, what) for one in foreign])


def domain_of(recipient: str) -> str:
    """The domain of an address, in ASCII: what looks alike is not alike."""
    return validate_email(recipient, check_deliverability=False).ascii_domain.casefold()


def on_the_wire(recipient: str) -> str:
    """An address as servers know it: its domain in ASCII, wherever the rest is."""
    checked = validate_email(recipient, check_deliverability=False)
    return checked.ascii_email or f"{checked.local_part}@{checked.ascii_domain}"


def mail_settings() -> MailSettings | None:
    """The settings of the environment, completed from the secrets file; None: there are none.

    Raises MailError for settings that are wrong; it never names a value.
    """
    given = _from_file() | {
        name: os.environ[f"{SMTP_PREFIX}{name.upper()}"]
        for name in MailSettings.model_fields
        if os.environ.get(f"{SMTP_PREFIX}{name.upper()}")
    }
    if not given:
        return None
    try:
        return MailSettings.model_validate(given)
    except QueryError as error:
        faults = "; ".join(f"{SMTP_PREFIX}{one.field.upper()} {one.what}" for one in error.faults)
        raise MailError(f"mail is not set up rightly: {faults}") from None


def settings_or_refuse() -> MailSettings:
    """The settings. Raises MailError where there are none."""
    found = mail_settings()
    if found is None:
        raise MailError(
            f"mail is not set up here; give {SMTP_PREFIX}HOST and {SMTP_PREFIX}SENDER, "
            f"or {SMTP_FILE_VARIABLE}"
        )
    return found


def _from_file() -> dict[str, Any]:
    name = os.environ.get(SMTP_FILE_VARIABLE)
    if not name:
        return {}
    path = Path(name)
    try:
        if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO) and os.name == "posix":
            raise MailError(f"{SMTP_FILE_VARIABLE}: others may read {path}; do chmod 600")
        return tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise MailError(f"{SMTP_FILE_VARIABLE}: {path} cannot be read: {error.strerror}") from None
    except ValueError:  # its words may hold a part of the file
        raise MailError(f"{SMTP_FILE_VARIABLE}: {path} is not TOML") from None
