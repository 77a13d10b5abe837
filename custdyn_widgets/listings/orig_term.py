"""The Orig-Term report: use, terminating traffic and margin, by bucket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.exports.listing import Filed, write
from custdyn_widgets.extract.payg import payg_sums
from custdyn_widgets.listings.criteria import Criteria, Progress, asking
from custdyn_widgets.listings.totals import Sum, sums_of
from custdyn_widgets.model.cells import Cell, Column, Value, shown
from custdyn_widgets.model.money import tidy
from custdyn_widgets.model.schema import ORIG, TERM
from custdyn_widgets.query.fields import ORIG_TERM, SPLITS, VIEWS
from custdyn_widgets.report.frames import Frame, listed
from custdyn_widgets.report.report import Note
from custdyn_widgets.result import Asking, AsOf, From, prepared
from custdyn_widgets.words import tr

MONTH = ("month",)


@dataclass(frozen=True)
class Line:
    """A bucket (None: all of them), of one value of the split or of all.

    `margin` is minus the sum of both amounts, in the report's currency.
    """

    bucket: int | None
    split: str | None
    orig: Sum
    term: Sum

    @property
    def both(self) -> Sum:
        """Both directions together."""
        made = Sum()
        made.add(self.orig)
        made.add(self.term)
        return made


@dataclass(frozen=True, repr=False)
class OrigTerm:
    """The Orig-Term report: a line for each bucket and value of the split, and one for all."""

    asked: Criteria
    split: str | None
    made: tuple[Line, ...]

    def __repr__(self) -> str:
        sums = ", ".join(f"{label} {text}" for label, text in self.sums)
        return f"OrigTerm({self.asked.source.name}, {self.asked.interval}: {sums})"

    def _repr_html_(self) -> str:
        return self.asked.html(VIEWS[ORIG_TERM], self)

    def __len__(self) -> int:
        return len(self.made)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader should know of the list, warnings first."""
        return self.asked.noted()

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        """What is said of each bucket."""
        to = self.asked.query.currency
        converted = tr("Amount in {currency}", currency=to)
        labels = {
            "bucket": tr("Bucket"),
            **({} if self.split is None else {"split": SPLITS[self.split]}),
        }
        directions = [
            Column(f"{side}_{key}", f"{side.capitalize()} {label}", kind, words)  # type: ignore[arg-type]
            for side in (ORIG, TERM)
            for key, label, kind, words in (
                ("entries", tr("Entries"), "count", ""),
                ("quantity", tr("Quantity"), "number", ""),
                ("amount", converted, "money", tr("At the rates of their dates.")),
            )
        ]
        label = tr("Margin in {currency}", currency=to)
        margin = Column("margin", label, "money", tr("Minus the sum of orig and term."))
        return (*(Column(key, label) for key, label in labels.items()), *directions, margin)

    @property
    def sums(self) -> list[tuple[str, str]]:
        """The totals in words: label and text."""
        if not self.made:
            return []
        total, to = self.made[-1], self.asked.query.currency
        lines = [(tr("Entries"), shown(total.both.entries))]
        for label, cell in (
            (tr("Orig in {currency}", currency=to), total.orig.cell(self.asked)),
            (tr("Term in {currency}", currency=to), total.term.cell(self.asked)),
            (tr("Margin in {currency}", currency=to), self.margin(-1)),
        ):
            lines.append((label, str(cell)))
        return lines

    def margin(self, place: int) -> Cell:
        """The margin of a line, by its place; N/A without any entry."""
        both = self.made[place].both
        both.amount = -both.amount
        return both.cell(self.asked)

    def line(self, place: int) -> tuple[Value, ...]:
        """A line in the order of `columns`."""
        one = self.made[place]
        label = tr("Total") if one.bucket is None else self._label(one.bucket)
        named = [label] if self.split is None else [label, one.split or ""]
        sides: list[Value] = []
        for side in (one.orig, one.term):
            sides += [side.entries, tidy(side.quantity), side.cell(self.asked).value]
        return (*named, *sides, self.margin(place).value)

    def lines(self) -> Iterator[tuple[Value, ...]]:
        """All lines, the total last."""
        return map(self.line, range(len(self)))

    def frame(self, *, exact: bool = False) -> Frame:
        """All lines as a frame, the total last; float64, NaN where there is no entry.

        `exact`: numbers are decimals of Arrow.
        """
        return listed(self.columns, self.lines(), self.asked.query.timezone, exact=exact)

    def to_file(self, kind: str, file: str | Path | BinaryIO) -> None:
        """Every line to `csv` or `xlsx`: a path, or a binary file that is open."""
        filed = Filed(
            VIEWS[ORIG_TERM],
            self.columns,
            self.lines(),
            self.asked.facts(self.sums),
            self.asked.period.as_of,
        )
        write(kind, filed, file)

    def file_name(self, kind: str) -> str:
        """What a file is called: `orig-term_2017-01-01_2017-12-31.csv`."""
        return self.asked.file_name("orig-term", kind)

    def _label(self, bucket: int) -> str:
        one = self.asked.period.buckets[bucket]
        return " ".join((*one.parents, one.label))


def run_orig_term(
    query: Asking,
    source: From,
    *,
    as_of: AsOf | None = None,
    split: str | None = None,
    progress: Progress = lambda _: None,
) -> OrigTerm:
    """The Orig-Term report of a query; arguments and errors are those of `run`.

    `split`: one of SPLITS, or None. Without a time unit in the query it is by month.
    """
    if split is not None and split not in SPLITS:
        raise QueryError([FieldFault("split", split, f"is not one of {', '.join(SPLITS)}")])
    asks, opened, now = prepared(query, source, as_of)
    units = asks.time_units or MONTH
    with asking(asks, opened, now, units=units, progress=progress) as (asked, snapshot):
        if not asked.period.buckets:
            return OrigTerm(asked, split, ())
        payg = asked.payg(snapshot)
        by = {"client": "client_id"}.get(str(split), split)
        table = snapshot.fetch(payg_sums(payg, asked.pieces, by))
        names: dict[Any, str] = {}
        if split == "client" and table.num_rows:
            clients = snapshot.tables["clients"].select("client_id", "name")
            listed = snapshot.fetch(clients)
            pairs = zip(listed["client_id"].to_pylist(), listed["name"].to_pylist(), strict=True)
            names = {one: f"{name} · {one}" for one, name in pairs}
        keys = ("bucket", "direction") if split is None else ("bucket", "direction", "split")
        sums = sums_of(asked, table, keys)
    return OrigTerm(asked, split, tuple(_lines(asked, sums, split, names)))


def _lines(
    asked: Criteria, sums: dict[tuple[Any, ...], Sum], split: str | None, names: dict[Any, str]
) -> Iterator[Line]:
    parts: dict[tuple[int, str | None], dict[str, Sum]] = {}
    for (bucket, direction, *of), one in sums.items():
        value = None if split is None else names.get(of[0], "" if of[0] is None else str(of[0]))
        parts.setdefault((bucket, value), {})[direction] = one
    if split is None:  # every bucket has its line
        parts = {
            (place, None): parts.get((place, None), {})
            for place in range(len(asked.period.buckets))
        }
    total = Line(None, None, Sum(), Sum())
    for bucket, value in sorted(parts, key=lambda key: (key[0], key[1] or "")):
        own = parts[bucket, value]
        line = Line(bucket, value, own.get(ORIG, Sum()), own.get(TERM, Sum()))
        total.orig.add(line.orig)
        total.term.add(line.term)
        yield line
    yield total
