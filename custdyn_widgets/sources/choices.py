"""Values to choose from, by the thousand: searched by what they are called."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

MOST_FOUND = 50


@dataclass(frozen=True, slots=True)
class Choice:
    """A value, what it is called, and what else is known of it; `group` is a heading above it."""

    value: str
    label: str
    hint: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """The first choices that a search finds, and how many it finds in all."""

    choices: tuple[Choice, ...]
    total: int


class Choices:
    """Choices in the order they are given, each value once.

    Searching 100 000 of them takes some milliseconds: every text is folded beforehand.
    """

    def __init__(self, choices: Iterable[Choice]) -> None:
        self._by_value = {choice.value: choice for choice in choices}
        self._folded = [
            (f"{choice.label}\n{choice.hint}\n{choice.value}".casefold(), choice)
            for choice in self._by_value.values()
        ]

    def __len__(self) -> int:
        return len(self._by_value)

    def __contains__(self, value: object) -> bool:
        return value in self._by_value

    def __getitem__(self, value: str) -> Choice:
        return self._by_value[value]

    def values(self) -> Iterable[str]:
        """Every value, in order."""
        return self._by_value.keys()

    def called(self, text: str) -> str | None:
        """The one value that is, or is called, just so, in any case; None for none or several."""
        wanted = text.strip().casefold()
        named = {
            choice.value
            for choice in self._by_value.values()
            if wanted in (choice.value.casefold(), choice.label.casefold())
        }
        return named.pop() if len(named) == 1 else None

    def label(self, value: str) -> str:
        """What a value is called; itself where it is none of these."""
        return self._by_value[value].label if value in self else value

    def search(self, text: str, *, most: int = MOST_FOUND) -> Found:
        """The choices that hold the text in label, hint or value, in any case.

        First those that are called so, then those that begin so, then those with a word that
        begins so; at most `most` of them.
        """
        wanted = " ".join(text.casefold().split())
        ranked: tuple[list[Choice], ...] = ([], [], [], [])
        for folded, choice in self._folded:
            if wanted in folded:
                ranked[_rank(folded, wanted)].append(choice)
        found = [choice for rank in ranked for choice in rank]
        return Found(tuple(found[:most]), len(found))


def _rank(folded: str, wanted: str) -> int:
    if folded.startswith(f"{wanted}\n"):
        return 0
    if folded.startswith(wanted):
        return 1
    return 2 if f" {wanted}" in folded or f"\n{wanted}" in folded else 3
