"""Pagination of a list: search, order, pages."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from custdyn_widgets.model.cells import Column, Value, text_of
from custdyn_widgets.query.validators import MAX_CHARACTERS

PAGE = 50
Find = Callable[[str, str, bool], Sequence[int]]
"""Places of the lines that hold a text, sorted by a column, descending or not."""


class Lines(Protocol):
    """What can be listed: columns, and lines by their places."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each line."""

    def line(self, place: int) -> tuple[Value, ...]:
        """What the columns say of a line."""


class FramesInParts(Protocol):
    """A list that is read in parts."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each line."""

    def lines(self, first: int, count: int) -> Iterator[tuple[Value, ...]]:
        """Some lines, from the `first` on."""


class LinePages:
    """Lines of a list that is read a page at a time."""

    def __init__(self, made: FramesInParts) -> None:
        self._made = made
        self._page: tuple[int, list[tuple[Value, ...]]] = (-1, [])

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each line."""
        return self._made.columns

    def line(self, place: int) -> tuple[Value, ...]:
        """A line, with its whole page."""
        first = place // PAGE * PAGE
        page = self._page
        if first != page[0]:  # another thread may read another page
            page = self._page = (first, list(self._made.lines(first, PAGE)))
        return page[1][place - first]


class Paged:
    """Some lines of a list: `find` searches and sorts them.

    `opens`: a line leads further; `cells`: each of its cells does, but for the first. Copies
    share a `lock`: one of them at a time is read.
    """

    def __init__(
        self,
        lines: Lines,
        places: Sequence[int],
        *,
        find: Find | None = None,
        sort: str = "",
        descending: bool = False,
        opens: bool = False,
        cells: bool = False,
    ) -> None:
        self._lines = lines
        self._total = len(places)
        self._find = find
        self._opens, self._cells = opens, cells
        self.lock = threading.Lock()
        self._text, self._sort, self._descending, self._first = "", sort, descending, 0
        self._places = places if find is None else find("", sort, descending)

    @property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each line."""
        return self._lines.columns

    def lines(self) -> Iterator[tuple[Value, ...]]:
        """All lines that are found, in order."""
        return (self._lines.line(int(place)) for place in self._places)

    def place(self, number: int) -> int | None:
        """The place of a line by its number among those found."""
        return int(self._places[number]) if 0 <= number < len(self._places) else None

    def search(self, text: str) -> None:
        """Leaves the lines that hold a text."""
        self._text = text
        self._look()

    def sort(self, key: str) -> None:
        """Sorts by a column; again: the other way round."""
        if self._find is None or key not in [column.key for column in self.columns]:
            return
        self._descending = key == self._sort and not self._descending
        self._sort = key
        self._look()

    def turn(self, first: int) -> None:
        """Goes to the page that begins with a line, by its number."""
        last = max(len(self._places) - 1, 0) // PAGE * PAGE
        self._first = max(0, min(first, last))

    def _look(self) -> None:
        if self._find is not None:
            self._places, self._first = self._find(self._text, self._sort, self._descending), 0

    def view(self) -> dict[str, Any]:
        """The page, as `list.js` shows it."""
        shown = self._places[self._first : self._first + PAGE]
        return {
            "columns": [
                {"key": one.key, "label": one.label, "kind": one.kind, "words": one.words}
                for one in self.columns
            ],
            "lines": [list(map(text_of, self._lines.line(int(place)))) for place in shown],
            "first": self._first,
            "page": PAGE,
            "found": len(self._places),
            "total": self._total,
            "text": self._text,
            "sort": self._sort,
            "descending": self._descending,
            "searches": self._find is not None,
            "sorts": self._find is not None,
            "opens": self._opens,
            "cells": self._cells,
        }


def step_of(wish: str, content: dict[str, Any]) -> Callable[[Paged], None] | None:
    """What a reader wants of a list: another page, order or search; None where it is not that."""
    if wish == "page" and isinstance(content.get("first"), int):
        return lambda one: one.turn(content["first"])
    if wish == "sort":
        return lambda one: one.sort(str(content.get("key")))
    if wish == "search":
        return lambda one: one.search(str(content.get("text"))[:MAX_CHARACTERS])
    return None
