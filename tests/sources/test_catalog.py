"""Searching choices by what they are called, and the names in a source."""

from __future__ import annotations

from custdyn_widgets.model.definitions import NO_PACKAGE
from custdyn_widgets.sources.catalog import Choice, Choices
from tests.support.small import source

NAMES = Choices(
    [
        Choice("1", "Great Acme"),
        Choice("2", "Acme"),
        Choice("3", "Acme Lines", hint="gold"),
        Choice("4", "Placmes"),
        Choice("5", "Zeta", hint="acme@example"),
    ]
)


def found(text: str, most: int = 50) -> list[str]:
    return [choice.value for choice in NAMES.search(text, most=most).choices]


def test_what_is_called_so_comes_first_then_what_begins_so_then_words_that_do() -> None:
    assert found("acme") == ["2", "3", "1", "5", "4"]
    assert found("  ACME  lines ") == ["3"]
    assert found("gold") == ["3"]
    assert found("4") == ["4"]
    assert found("nobody") == []


def test_only_the_first_are_given_but_all_are_counted() -> None:
    result = NAMES.search("acme", most=2)
    assert len(result.choices) == 2 and result.total == 5
    assert found("") == ["1", "2", "3", "4", "5"]


def test_a_value_is_called_by_value_or_label_in_any_case_if_it_is_the_only_one() -> None:
    assert NAMES.called("acme lines") == "3"
    assert NAMES.called("3") == "3"
    assert NAMES.called("acm") is None
    assert Choices([Choice("a", "Same"), Choice("b", "same")]).called("SAME") is None
    assert NAMES.label("2") == "Acme" and NAMES.label("99") == "99"
    assert list(NAMES.values()) == ["1", "2", "3", "4", "5"] and len(NAMES) == 5


def test_a_directory_has_tags_owners_by_name_packages_and_currencies() -> None:
    made = source(
        clients=[
            [1, "Ann", "client", "7", "EUR", "2024-01-01T00:00:00Z"],
            [2, "bob", "client", "X9", "USD", "2024-01-01T00:00:00Z"],
            [7, "Über", "reseller", None, "CHF", "2024-01-01T00:00:00Z"],
        ],
        client_tags=[[1, "vip"], [2, "vip"], [2, "Late"]],
        packages=[["p", "Gold"], ["q", "Amber"]],
        rates=[["EUR", "2024-01-01", "1"], ["USD", "2024-01-01", "0.9"]],
    )
    directory = made.directory()
    listed = {field: list(choices.values()) for field, choices in directory.choices.items()}
    assert listed == {
        "client_tags": ["Late", "vip"],
        "owner": ["X9", "7"],
        "package": ["Amber", "Gold", NO_PACKAGE],
        "currency": ["CHF", "EUR", "USD"],
    }
    owners = directory.choices["owner"]
    assert (owners["7"].label, owners["7"].hint) == ("Über", "7")
    assert (owners["X9"].label, owners["X9"].hint) == ("X9", "")
    assert directory.choices["currency"]["EUR"].hint == "base currency"
    assert directory.base == "EUR"
    assert made.directory() is directory  # read once for the same data


def test_a_directory_is_read_again_when_the_data_has_changed(tmp_path: object) -> None:
    from pathlib import Path

    from custdyn_widgets import open_source

    folder = Path(str(tmp_path))
    clients = "client_id,name,type,currency,created_at\n1,Ann,client,EUR,2024-01-01\n"
    (folder / "clients.csv").write_text(clients)
    (folder / "ledger.csv").write_text("entry_id,client_id,occurred_at,kind,amount\n")
    opened = open_source(folder)
    assert list(opened.directory().choices["client_tags"].values()) == []
    (folder / "client_tags.csv").write_text("client_id,tag\n1,new\n")
    assert list(opened.directory().choices["client_tags"].values()) == ["new"]
