"""Currencies: codes, names and minor units of ISO 4217."""

from __future__ import annotations

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


def currency_names() -> dict[str, str]:
    """Every currency a report can be made in: code → name, by code."""
    known = {**ENDED, **_listed()}
    return {code: known[code][1] for code in sorted(known)}


def minor_units(code: str) -> int:
    """Decimal places of an amount in this currency (JPY 0, USD 2, KWD 3).

    Raises KeyError for a code that `currency_names` does not list.
    """
    known = _listed()
    return known[code][0] if code in known else ENDED[code][0]
