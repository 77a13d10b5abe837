"""Reports by mail: kept and queued at once, sent at least once, never lost."""

from .sending import (
    Parcel,
    chart_of,
    check_can_send,
    flush,
    keep_and_queue,
    unaddressed,
    worker_name,
)
from .settings import MailError, MailSettings, mail_settings, settings_or_refuse

__all__ = [
    "MailError",
    "MailSettings",
    "Parcel",
    "chart_of",
    "check_can_send",
    "flush",
    "keep_and_queue",
    "mail_settings",
    "settings_or_refuse",
    "unaddressed",
    "worker_name",
]
