"""Screens of the cell panel: clients, entries, explanation."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np

from custdyn_widgets.drill.breakdown import DENOMINATOR, NUMERATOR, Breakdown, Checkpoint
from custdyn_widgets.drill.cell import Address, bucket_at, row_at
from custdyn_widgets.drill.clients import ClientList
from custdyn_widgets.drill.drill import Drill, NoClients
from custdyn_widgets.drill.explain import SINCE, explain
from custdyn_widgets.drill.history import Change
from custdyn_widgets.drill.package_card import PackageCard
from custdyn_widgets.drill.proof import Proof, entries_proof, proof
from custdyn_widgets.exports.listing import Filed, write
from custdyn_widgets.files import MEDIA_TYPES
from custdyn_widgets.listings.findings import listed
from custdyn_widgets.model.cells import Line, shown
from custdyn_widgets.model.definitions import CHANGES, FINDINGS, LINES
from custdyn_widgets.report.report import Report, utc_text
from custdyn_widgets.sources import Source
from custdyn_widgets.ui.widgets.pagination import LinePages, Paged
from custdyn_widgets.views.facts import Fact, filter_lines
from custdyn_widgets.words import tr

EXPLAIN, QUALITY, CARD = "explain", "quality", "card"
CONTENTS = "contents"
"""The tab of `quality` that says what is in the data; the others are findings."""
NOWHERE = Address(0, 0)
CLIENTS, ENTRIES = tr("Clients"), tr("Entries")
PARTS = {NUMERATOR: tr("Numerator"), DENOMINATOR: tr("Denominator")}


@dataclass(frozen=True)
class Tab:
    """One way to look at a cell: the clients of a part of it, or (part `explain`) its words.

    With part `quality` its key is a finding in the data, with part `card` a package.
    """

    key: str
    label: str
    at: Address
    part: str


@dataclass
class Screen:
    """What stands in the panel: a list with its proof, or sections of facts.

    `crumb` names the screen before it, where it was reached from one; `changes` are those since
    the bucket before. `card` is that of a package, whose figures the list has. `listed` is the
    part of the list that is shown, `steps` lead to the one that is being read; `tabs` are those
    that are known now.
    """

    crumb: str = ""
    name: str = ""
    proof: Proof | None = None
    paged: Paged | None = None
    listed: dict[str, Any] | None = None
    tabs: list[Tab] = field(default_factory=list)
    steps: list[Callable[[Paged], None]] = field(default_factory=list)
    clients: ClientList | None = None
    found: Breakdown | None = None
    part: str = NUMERATOR
    sections: list[object] = field(default_factory=list)
    since: tuple[Fact, ...] = ()
    changes: tuple[Change, ...] = ()
    card: PackageCard | None = None

    def view(self) -> dict[str, Any]:
        """It, as `cell_panel.js` shows it."""
        proof, since = self.proof, None
        if self.since:
            facts = [[fact.label, fact.text] for fact in self.since]
            named = [[one.name, one.words] for one in self.changes]
            since = {"title": SINCE, "facts": facts, "changes": named}
        return {
            "crumb": self.crumb,
            "proof": "" if proof is None else proof.text,
            "disproven": proof is not None and not proof.holds,
            "beside": [] if proof is None else list(proof.beside),
            "list": self.listed,
            "sections": self.sections,
            "since": since,
        }


def tabs_of(report: Report, row: int, key: str, column: int) -> list[Tab]:
    """The tabs of a cell, by its row, the line of that (as in LINES), and its column.

    A change leads to both figures that it is between.
    """
    sides = ["value", "other"] if key in CHANGES else [key]
    made = []
    for side in sides:
        at = Address(row, column, side)
        one = row_at(report, at)
        of = one.formula
        if of is None or bucket_at(report, at) is None:
            continue
        before = f"{LINES[side].label}: " if len(sides) > 1 else ""
        parts = PARTS if of.denominator is not None else {NUMERATOR: CLIENTS}
        for part, label in parts.items():
            made.append(Tab(f"{side}-{part}", f"{before}{label}", at, part))
    return [*made, Tab(EXPLAIN, tr("Explain"), Address(row, column, sides[0]), EXPLAIN)]


def line_of(report: Report, row: int, key: str) -> Line | None:
    """A line of a row; None where the report does not have it."""
    lines = report.rows[row].lines if 0 <= row < len(report.rows) else ()
    return next((one for one in lines if one.key == key), None)


def clients_screen(drill: Drill, tab: Tab, checkpoint: Checkpoint) -> Screen:
    """The clients of a part of a cell."""
    found = drill.behind(tab.at, checkpoint)
    clients = drill.clients(found, tab.part, checkpoint)
    line = line_of(drill.report, tab.at.row, tab.at.side)
    text = "" if line is None else line.texts[tab.at.column]
    return screen_of(clients, found, tab.part, proof(found, tab.part, text))


def screen_of(clients: ClientList, found: Breakdown, part: str, proven: Proof) -> Screen:
    """All clients of a part of a figure, with their proof."""
    return Screen(
        name=CLIENTS,
        proof=proven,
        paged=_paged(clients, np.arange(len(clients))),
        clients=clients,
        found=found,
        part=part,
    )


def change_screen(drill: Drill, change: Change, checkpoint: Checkpoint) -> Screen:
    """The clients that came, went or stayed."""
    clients = drill.clients(change.found, NUMERATOR, checkpoint)
    return Screen(
        crumb=SINCE,
        name=change.name,
        paged=_paged(clients, change.places),
        clients=clients,
        found=change.found,
    )


def entries_screen(drill: Drill, screen: Screen, place: int, checkpoint: Checkpoint) -> Screen:
    """The entries of a client in the list of a screen, by its place there."""
    clients, found = screen.clients, screen.found
    if clients is None or found is None:
        raise NoClients(screen.name)
    facts = {key: clients.facts[key][place].as_py() for key in ("client_id", "name")}
    lines = drill.entries(found, str(facts["client_id"]), screen.part, checkpoint)
    position = int(clients.side.who[place])
    called = f"{facts['name']} · {facts['client_id']}" if facts["name"] else facts["client_id"]
    return Screen(
        crumb=f"{screen.name}: {called}",
        name=ENTRIES,
        proof=entries_proof(found, screen.part, lines.entries, position),
        paged=Paged(lines, range(len(lines))),
        found=found,
    )


def explain_screen(drill: Drill, tab: Tab, checkpoint: Checkpoint) -> Screen:
    """The cell in words."""
    facts = explain(drill, tab.at, checkpoint)
    return Screen(
        name=EXPLAIN,
        sections=[
            [title, [[fact.label, fact.text] for fact in some]]
            for title, some in groupby(facts.facts, key=lambda fact: fact.section)
            if title != SINCE
        ],
        since=tuple(
            fact
            for fact in facts.facts
            if fact.section == SINCE and fact.label not in [one.name for one in facts.changes]
        ),
        changes=facts.changes,
    )


def quality_tabs(source: Source) -> list[Tab]:
    """What is in the data of a source, and what is odd there, with the number of entries."""
    counts = None if source.findings is None else {one.key: one.count for one in source.findings}
    made = [Tab(CONTENTS, tr("Data"), NOWHERE, QUALITY)]
    for key, label in FINDINGS.items():
        count = "" if counts is None else f" {shown(counts.get(key, 0))}"
        made.append(Tab(key, f"{label}{count}", NOWHERE, QUALITY))
    return made


def quality_screen(source: Source, tab: Tab, ended: Callable[[], None]) -> Screen:
    """What is in the data of a source, or the entries of a finding; `ended`: it was checked."""
    if tab.key == CONTENTS:
        checked = source.check()
        ended()
        parts = {
            tr("What is there"): checked.facts(),
            tr("Errors"): [(tr("Error"), str(one)) for one in checked.faults],
            tr("Warnings"): [(tr("Warning"), one) for one in checked.warnings],
            tr("Notes"): [(tr("Note"), one) for one in checked.notes],
        }
        return Screen(
            name=tr("Data"),
            proof=Proof(checked.verdict, holds=not checked.faults and not checked.warnings),
            sections=[[title, list(map(list, lines))] for title, lines in parts.items() if lines],
            tabs=quality_tabs(source),
        )
    odd = listed(source, tab.key)
    ended()
    found = bool(len(odd))
    return Screen(
        name=FINDINGS[tab.key],
        proof=Proof(odd.finding.words, holds=not found),
        paged=Paged(LinePages(odd), range(len(odd))) if found else None,
        tabs=quality_tabs(source),
    )


def file_message(
    kind: str, report: Report, title: str, screen: Screen, paged: Paged
) -> tuple[dict[str, str], bytes]:
    """The whole list of a screen as a file, and what the browser needs to know of it."""
    facts, made = facts_of(report, title, screen), io.BytesIO()
    write(kind, Filed(screen.name, paged.columns, paged.lines(), facts, report.as_of), made)
    name = f"{re.sub(r'[^0-9A-Za-z]+', '-', title).strip('-')}-{screen.name}.{kind}".lower()
    return {"type": "file", "name": name, "media": MEDIA_TYPES[kind]}, made.getvalue()


def facts_of(report: Report, title: str, screen: Screen) -> list[Fact]:
    """What a file of a screen's list says of itself."""
    facts = [Fact("", tr("Cell"), title), Fact("", tr("List"), screen.crumb or screen.name)]
    if screen.proof is not None:
        facts += [Fact("", tr("Proof"), one) for one in (screen.proof.text, *screen.proof.beside)]
    facts += [Fact("", tr("Query"), one) for one in filter_lines(report.query)]
    facts.append(
        Fact("", tr("Interval"), f"{report.first} – {report.last} {report.query.timezone}")
    )
    return [
        *facts,
        Fact("", tr("Source"), report.source),
        Fact("", tr("As of"), utc_text(report.as_of)),
    ]


def _paged(clients: ClientList, among: np.ndarray) -> Paged:
    money = "value" in [column.key for column in clients.columns]
    total = clients.side.total

    def find(text: str, sort: str, descending: bool) -> Sequence[int]:
        return clients.find(text, sort, descending=descending, among=among)  # type: ignore[return-value]

    return Paged(
        clients,
        among,  # type: ignore[arg-type]
        find=find,
        sort="value" if money else "client_id",
        descending=money and total >= 0,
        opens=True,
    )
