"""Why a cell is N/A."""

from __future__ import annotations

from enum import StrEnum


class NA(StrEnum):
    """Why a cell is N/A."""

    NO_BALANCE = "no client of this class has such a balance"
    NO_CLIENT = "no client is in this class (Qty 0)"
    NO_ENTRY = "no such entry within the bucket"
    NOBODY_ACTIVE = "no client is active (Clients - Active: Qty is 0)"
    NOBODY_BEFORE = "no client was active in the bucket before"
    NO_COUNTERPART = "the period compared with has no such bucket"
    ONE_IS_NA = "one of the two figures is N/A"
    OF_ZERO = "the compared figure is 0"
    NO_PERIOD = "the package has no period_months"
    NOBODY_HOLDS = "no client holds the package"
    NO_INTERVAL = "no renewal within the bucket follows another entry of the package"
    NOTHING_SPENT = "pay-as-you-go use and packages add up to 0"
    NO_DIVISOR = "what it is divided by is 0"
    NO_SUCH_CLIENT = "no client passes the filters of the row"
