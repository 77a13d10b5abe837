"""Work that outlives a page: jobs, schedules, the worker, what was sent before."""

from .jobs import ask_by_mail, queue_due, run_next
from .restated import Restated, restated
from .worker import SEEN, Worker, retention

__all__ = [
    "SEEN",
    "Restated",
    "Worker",
    "ask_by_mail",
    "queue_due",
    "restated",
    "retention",
    "run_next",
]
