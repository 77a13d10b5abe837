"""Warnings: what is legal in the data, and yet hardly meant."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest

from custdyn_widgets import open_source, run, run_cdrs, run_orig_term
from custdyn_widgets.errors import MissingRates
from custdyn_widgets.model.currencies import no_currency
from custdyn_widgets.sources.data_warnings import meant_kind
from tests.conftest import AS_OF
from tests.support.small import Rows, entry, source

QUERY = {"period": {"from": "2024-01-01", "to": "2024-03-31"}, "currency": "EUR"}
RATES: Rows = [["EUR", "2020-01-01", "1"]]


def warned(rows: Rows, **tables: Rows) -> list[str]:
    """The warnings of a report, and of a check, which says all of them, too."""
    tables = {"rates": RATES, **tables, "ledger": rows}
    opened = source(**tables)
    said = [note.text for note in run(QUERY, opened, as_of=AS_OF).report.notes if note.warning]
    assert set(said) <= {*opened.check().warnings}
    return said


def entries(*rows: tuple[str, str]) -> Rows:
    """Entries of a kind and an amount each."""
    return [
        entry(number, 1, "2024-01-05T10:00:00Z", kind, amount)
        for number, (kind, amount) in enumerate(rows)
    ]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("PAYG", "payg"),
        (" payg", "payg"),
        ("Pay As You Go", "payg"),
        ("call", "payg"),
        ("Calls", "payg"),
        ("usage", "payg"),
        ("charge", "payg"),
        ("Refill", "refill"),
        ("top-up", "refill"),
        ("topup", "refill"),
        ("payment", "refill"),
        ("recharge", "refill"),
        ("credit", "refill"),
        ("activation", "package_activation"),
        ("subscription", "package_activation"),
        ("Package Activation", "package_activation"),
        ("renewal", "package_renewal"),
        ("rebill", "package_renewal"),
        ("payg", None),
        ("correction", None),
        ("tax", None),
    ],
)
def test_a_kind_that_may_have_been_meant(word: str, kind: str | None) -> None:
    assert meant_kind(word) == kind


def test_kinds_in_other_words_are_named_with_count_and_sum() -> None:
    said = warned(entries(("PAYG", "-10"), ("PAYG", "-9.75"), ("Refill", "150"), ("tax", "-1")))
    assert said == [
        "ledger.kind: no entry is of kind refill, payg, package_activation or package_renewal; "
        "kinds found: PAYG (2), Refill (1), tax (1); did you mean payg, refill?",
        "ledger.kind: 2 entries of kind 'PAYG', sum of amounts -19.75, counted as other; "
        "did you mean payg?",
        "ledger.kind: 1 entry of kind 'Refill', sum of amounts 150.00, counted as other; "
        "did you mean refill?",
    ]
    some = warned(entries(("payg", "-10"), ("call", "-1"), ("tax", "-1")))
    assert [one[:30] for one in some] == ["ledger.kind: 1 entry of kind 'c"[:30]]
    assert warned(entries(("payg", "-10"), ("tax", "-1"))) == []


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([("payg", "1")] * 2, "all 2 payg entries are positive; charges must be negative here"),
        ([("payg", "1")] * 9 + [("payg", "-1")], "9 of 10 payg entries are positive"),
        ([("payg", "1")] * 8 + [("payg", "-1")] * 2, ""),
        (
            [("package_renewal", "3")],
            "the package_renewal entry is positive; charges must be negative",
        ),
        ([("refill", "-3")] * 3, "all 3 refill entries are negative; refills must be positive"),
        ([("refill", "0"), ("payg", "0")], ""),
        ([("other", "7")], "no entry is of kind"),
    ],
)
def test_a_turned_sign_is_asked_about(rows: list[tuple[str, str]], words: str) -> None:
    said = warned(entries(*rows))
    if words:
        assert words in "\n".join(said)
    else:
        assert not [one for one in said if "refill" not in one or "entries are" in one]


def test_what_terminates_is_positive_and_is_not_counted() -> None:
    assert not [one for one in with_directions("term") if "positive" in one]
    assert [one for one in with_directions(None) if "all 20 payg entries are positive" in one]


def frames(directions: list[str | None], amounts: list[str]) -> dict[str, pd.DataFrame]:
    """A client with an entry for each direction and amount."""
    columns = ["client_id", "name", "type", "currency", "created_at"]
    return {
        "clients": pd.DataFrame([["1", "One", "client", "EUR", "2024-01-01"]], columns=columns),
        "ledger": pd.DataFrame(
            {
                "entry_id": range(len(amounts)),
                "client_id": "1",
                "occurred_at": "2024-01-05",
                "kind": "payg",
                "amount": amounts,
                "direction": directions,
            }
        ),
    }


def with_directions(direction: str | None) -> list[str]:
    """The warnings of twenty positive entries of a direction."""
    notes = run(QUERY, frames([direction] * 20, ["1"] * 20), as_of=AS_OF).report.notes
    return [note.text for note in notes if note.warning]


def test_words_in_direction_are_counted_by_check_and_both_lists() -> None:
    words: list[str | None] = ["inbound", "out", "inbound", "orig", "term", None]
    opened = open_source(frames(words, ["-1", "4", "-2", "-1", "1", "-1"]))
    said_of = (
        "ledger.direction: 'inbound' (2), 'out' (1) is not orig, term or empty; the sign decides"
    )
    query = {**QUERY, "client_type": "all"}
    for said in (
        opened.check().warnings,
        [note.text for note in run_cdrs(query, opened, as_of=AS_OF).notes],
        [note.text for note in run_orig_term(query, opened, as_of=AS_OF).notes],
    ):
        assert [one for one in said if one.startswith(said_of)]
    in_april = {**query, "period": {"from": "2024-04-01", "to": "2024-04-30"}}
    assert not any(said_of in str(note) for note in run_cdrs(in_april, opened, as_of=AS_OF).notes)


def test_currencies_that_are_none() -> None:
    clients = [
        [number, "A", "client", None, code, "2020-01-01"]
        for number, code in ((1, "usd"), (2, "EUR"))
    ]
    opened = source(clients=clients, ledger=entries(("payg", "-1")), rates=RATES)
    assert opened.check().warnings == (
        "clients.currency: 'usd' (1 client) is no ISO 4217 code; did you mean USD?",
    )
    with pytest.raises(MissingRates, match="'usd' is no ISO 4217 code; did you mean USD"):
        run(QUERY, opened, as_of=AS_OF)
    assert no_currency("EUR") == no_currency("XAU") == ""  # one is a code without minor units
    assert no_currency("Euro").endswith("did you mean EUR?")
    assert no_currency("$").endswith("did you mean USD?")
    assert no_currency("XXQ") == "is no ISO 4217 code"


def test_two_bases_are_named() -> None:
    rates = [*RATES, ["USD", "2020-01-01", "1"]]
    assert warned(entries(("payg", "-1")), rates=rates) == [
        "rates: every rate of EUR, USD is 1; EUR was taken as the base"
    ]


def test_rates_that_were_old_where_they_were_used() -> None:
    client = [["1", "A", "client", None, "RUB", "2020-01-01"]]
    said = warned_of_rates(client, "2024-01-05")
    assert said == [
        "rates: for 2024-03-31 RUB was converted at the rate of 2022-03-01, 761 days older"
    ]
    assert warned_of_rates([["1", "A", "client", None, "USD", "2020-01-01"]], "2024-01-05") == []
    kuna = [["1", "A", "client", None, "HRK", "2020-01-01"]]
    assert warned_of_rates(kuna, "2024-01-05") == []  # it became the euro


def warned_of_rates(clients: Rows, day: str) -> list[str]:
    ledger = [entry(1, 1, f"{day}T00:00:00Z", "payg", "-100")]
    opened = source(clients=clients, ledger=ledger)
    notes = run(QUERY, opened, as_of=AS_OF).report.notes
    return [note.text for note in notes if note.warning]


def test_a_rate_of_ones_own_is_old_after_40_days_and_never_in_the_future() -> None:
    client = [["1", "A", "client", None, "USD", "2020-01-01"]]
    ledger = [entry(1, 1, "2024-01-05T00:00:00Z", "payg", "-100")]

    def said(day: str, as_of: datetime) -> list[str]:
        opened = source(clients=client, ledger=ledger, rates=[*RATES, ["USD", day, "0.9"]])
        query = {"period": {"from": "2024-01-01", "to": "2024-12-31"}, "currency": "EUR"}
        notes = run(query, opened, as_of=as_of).report.notes
        return [note.text for note in notes if note.warning]

    assert said("2023-12-20", datetime(2024, 1, 25, tzinfo=UTC)) == []  # December is not there yet
    assert "42 days older" in said("2023-12-20", datetime(2024, 1, 31, 12, tzinfo=UTC))[0]


def test_empty_tables_are_named_but_not_those_that_were_empty_then() -> None:
    opened = source(ledger=entries(("payg", "-1")), rates=RATES)
    early = run(QUERY, opened, as_of=datetime(2020, 2, 1, tzinfo=UTC)).report.notes
    assert not any("has no rows" in note.text for note in early)
    assert "ledger: the table has no rows" in source(rates=RATES).check().warnings


def test_a_warning_is_of_what_was_known_then() -> None:
    rows = [entry(1, 1, "2024-01-05", "payg", "-1"), entry(2, 1, "2024-02-05", "Call", "-1")]
    opened = source(ledger=rows, rates=RATES)

    def said(as_of: datetime) -> list[str]:
        return [one.text for one in run(QUERY, opened, as_of=as_of).report.notes if one.warning]

    assert said(datetime(2024, 2, 1, tzinfo=UTC)) == []
    assert len(said(datetime(2024, 3, 1, tzinfo=UTC))) == 1


def test_warnings_stand_first_and_in_every_format() -> None:
    result = run(QUERY, source(ledger=entries(("Call", "-1"))), as_of=AS_OF)
    notes = [str(note) for note in result.report.notes]
    assert notes[0].startswith("Warning: ") and not notes[-1].startswith("Warning: ")
    assert result.to_dict()["notes"] == notes
    assert result.to_html().index("custdyn-warnings") < result.to_html().index("<table")
    assert "\nwarning: ledger.kind: no entry" in result.to_text()
