"""Screens of the package card in the cell panel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from custdyn_widgets.drill.breakdown import NUMERATOR, Checkpoint, break_down
from custdyn_widgets.drill.package_card import PackageCard, reported_at
from custdyn_widgets.drill.proof import Proof, proof
from custdyn_widgets.model.blocks import DAYS_BETWEEN, HOLDERS, PACKAGE_CARD, PER_HOLDER
from custdyn_widgets.model.cells import Column, Value, many
from custdyn_widgets.result import Result
from custdyn_widgets.ui.panels.screens import (
    CARD,
    NOWHERE,
    Screen,
    Tab,
    clients_screen,
    screen_of,
)
from custdyn_widgets.ui.widgets.pagination import Paged
from custdyn_widgets.words import tr

ABOUT = tr("About the package")


class CardLines:
    """The figures of a card as lines: one for each row, a column for each bucket."""

    def __init__(self, card: PackageCard) -> None:
        labels = [" ".join((*one.parents, one.label)) for one in card.report.buckets]
        names = [Column("row", tr("Figure"))]
        self._columns = (*names, *(Column(label, label, "number") for label in labels))
        self._lines = [(line.name, *line.texts) for line in card.lines]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The figure, then the buckets."""
        return self._columns

    def line(self, place: int) -> tuple[Value, ...]:
        """A figure in every bucket."""
        return self._lines[place]


def card_tabs(packages: Sequence[str]) -> list[Tab]:
    """A tab for the card of each package."""
    return [Tab(one, one, NOWHERE, CARD) for one in packages]


def card_screen(result: Result, package: str) -> Screen:
    """The card of a package."""
    card = result.package_card(package)
    months = card.period_months
    lasts = tr("not known") if months is None else many(months, "month", "months")
    facts = [[tr("Description"), card.description or "none"], [tr("Lasts"), lasts]]
    rows = [[row.name, tr(row.description)] for row in PACKAGE_CARD.rows]
    return Screen(
        name=package,
        sections=[[ABOUT, facts], [tr("Definitions"), rows]],
        paged=Paged(CardLines(card), range(len(card.lines)), cells=True),
        card=card,
    )


def figure_screen(card: PackageCard, row: int, column: int, checkpoint: Checkpoint) -> Screen:
    """What is behind a figure of a card, by its row and bucket."""
    line = card.lines[row]
    made = _behind(card, line.name, column, line.texts[column], checkpoint)
    crumb = f"{line.name} · {card.report.buckets[column].label}: {line.texts[column]}"
    reason = line.cells[column].reason
    if reason is not None:
        made = replace(made, proof=Proof(f"N/A: {reason}.", holds=True))
    return replace(made, crumb=crumb)


def _behind(card: PackageCard, name: str, column: int, text: str, checkpoint: Checkpoint) -> Screen:
    at = reported_at(card, name, column)
    if at is not None:
        return clients_screen(card.drill, Tab("", "", at, NUMERATOR), checkpoint)
    if name in (HOLDERS, PER_HOLDER):
        lines = card.holder_lines(column)
        count = 0 if lines is None else len(lines)
        said = tr("✓ The {count} below hold it", count=many(count, "client", "clients"))
        if name == PER_HOLDER:
            renewals = next(one for one in card.lines if one.name == "Renew Qty").texts[column]
            said = f"Renew Qty {renewals} / {HOLDERS} {count} = {text} ✓"
    elif name == DAYS_BETWEEN:
        lines = card.interval_lines(column)
        count = 0 if lines is None else len(lines)
        said = tr("Median of {count} intervals = {text} days ✓", count=count, text=text)
    else:
        drill, cell = card.drill, card.lines[-1].cells[column]
        period = drill.periods["value"]
        found = break_down(drill.source, period, column, card.share_formula(), cell, checkpoint)
        clients = drill.clients(found, NUMERATOR, checkpoint)
        return screen_of(clients, found, NUMERATOR, proof(found, NUMERATOR, text))
    if lines is None:
        return Screen(name=name, proof=Proof(said, holds=True))
    return Screen(name=name, proof=Proof(said, holds=True), paged=Paged(lines, range(len(lines))))
