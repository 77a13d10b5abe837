"""Currencies: codes, names and minor units of ISO 4217."""

from __future__ import annotations

from datetime import date
from difflib import get_close_matches
from functools import cache

ENDED = {
    "BGN": (2, "Bulgarian Lev"),
    "CYP": (2, "Cyprus Pound"),
    "EEK": (2, "Kroon"),
    "HRK": (2, "Kuna"),
    "LTL": (2, "Lithuanian Litas"),
    "LVL": (2, "Latvian Lats"),
    "MTL": (2, "Maltese Lira"),
    "ROL": (2, "Old Leu"),
    "SIT": (2, "Tolar"),
    "SKK": (2, "Slovak Koruna"),
    "TRL": (0, "Old Turkish Lira"),
}
"""Ended currencies with an ECB rate: minor units and name, as ISO 4217 had them last."""


@cache
def _listed() -> dict[str, tuple[int, str]]:
    import iso4217

    return {
        item.code: (item.exponent, item.currency_name)
        for item in iso4217.Currency
        if item.exponent is not None
    }


@cache
def _without_units() -> set[str]:
    """Codes that no amount can be rounded in, such as XAU."""
    import iso4217

    return {item.code for item in iso4217.Currency if item.exponent is None}


def currency_names() -> dict[str, str]:
    """Every currency a report can be made in: code → name, by code."""
    known = {**ENDED, **_listed()}
    return {code: known[code][1] for code in sorted(known)}


BECAME_EURO = {
    "BGN": date(2026, 1, 1),
    "CYP": date(2008, 1, 1),
    "EEK": date(2011, 1, 1),
    "HRK": date(2023, 1, 1),
    "LTL": date(2015, 1, 1),
    "LVL": date(2014, 1, 1),
    "MTL": date(2008, 1, 1),
    "SIT": date(2007, 1, 1),
    "SKK": date(2009, 1, 1),
}
"""Currencies that became the euro: since that day their last rate is fixed."""
SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "¥": "JPY", "₹": "INR", "₽": "RUB", "₺": "TRY"}


def no_currency(code: str) -> str:
    """`is no ISO 4217 code; did you mean USD?`; nothing for a code that is one."""
    names = currency_names()
    if code in names or code in _without_units():
        return ""
    plain = code.strip().casefold()
    named = {name.casefold(): one for one, name in names.items()}
    near = get_close_matches(plain, named, n=1, cutoff=0.8)
    found = {**SIGNS, **{one.casefold(): one for one in names}}.get(plain)
    found = found or (named[near[0]] if near else None)
    return "is no ISO 4217 code" + (f"; did you mean {found}?" if found else "")


def minor_units(code: str) -> int:
    """Decimal places of an amount in this currency (JPY 0, USD 2, KWD 3).

    Raises KeyError for a code that `currency_names` does not list.
    """
    known = _listed()
    return known[code][0] if code in known else ENDED[code][0]
