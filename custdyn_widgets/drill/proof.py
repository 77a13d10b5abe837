"""The sentence that states whether the clients of a figure add up to it."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from custdyn_widgets.drill.breakdown import COMPANION, DENOMINATOR, NUMERATOR, Breakdown
from custdyn_widgets.drill.contributions import Contributions
from custdyn_widgets.drill.entries import Entries
from custdyn_widgets.model.cells import many, shown
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.money import amount, rounded, rounded_amount
from custdyn_widgets.words import tr

PROVEN = tr("✓ The clients add up to this figure")
DISPROVEN = tr("This does not add up: the data has changed since the report was created")


@dataclass(frozen=True)
class Proof:
    """`text` proves a figure, or says that it does not hold; `beside` is more to know of it."""

    text: str
    holds: bool
    beside: tuple[str, ...] = ()


def number(side: Contributions, total: Fraction | int) -> str:
    """A total of a side as it is shown: a count, or an amount with its currency."""
    if side.counts != "money":
        return shown(int(total))
    return money(Fraction(total), side.conversion.to)


def money(exact: Fraction, currency: str) -> str:
    """An amount as it is shown, rounded here, with its currency."""
    return f"{shown(rounded_amount(exact, currency))} {currency}"


def formula_text(found: Breakdown) -> str:
    """A figure's formula with its numbers: `Balance Refill: Total 6.01 EUR / … Qty 2`."""
    over, under = found.sides[NUMERATOR], found.sides.get(DENOMINATOR)
    text = f"{over.side.name} {number(over, over.total)}"
    if under is not None:
        text += f" / {under.side.name} {number(under, under.total)}"
    return text if found.formula.factor == 1 else f"{found.formula.factor} × {text}"


def proof(found: Breakdown, part: str, shown_cell: str) -> Proof:
    """That one part of a figure is what its clients add up to, and the figure made of that.

    `shown_cell` is the cell as the table has it.
    """
    side = found.sides[part]
    whose = many(len(side.who), "client below adds", "clients below add")
    average = DENOMINATOR in found.sides
    what = side.side.name if average else tr("this figure")
    words = tr("The {clients} up to {figure}", clients=whose, figure=what)
    text = f"✓ {words}: {number(side, side.total)}"
    if average:
        text += f"; {formula_text(found)} = {shown_cell}"
    return Proof(
        text if found.agrees else DISPROVEN,
        found.agrees,
        tuple(_companions(found, side)),
    )


def _companions(found: Breakdown, side: Contributions) -> list[str]:
    said = []
    extra = found.sides.get(COMPANION)
    if extra is not None and side is found.sides[NUMERATOR]:
        whose = tr("{row} of these clients", row=extra.side.name)
        said.append(f"{whose}: {number(extra, extra.total)}")
    if side.counts == "money":
        to = side.conversion.to
        off = rounded(Fraction(side.total), minor_units(to)) - side.shown_total
        if off:
            added = shown(amount(side.shown_total, to))
            words = tr("The rounded amounts shown add up to {sum}; ", sum=added)
            gap = f"{shown(amount(off, to))} {to}"
            said.append(words + tr("the difference of {gap} is rounding", gap=gap))
    return said


def entries_proof(found: Breakdown, part: str, entries: Entries, client: int) -> Proof:
    """That the entries of a client, by position, add up to what it contributes."""
    side, added = found.sides[part], entries.added
    if side.counts == "clients" and COMPANION in found.sides:
        side = found.sides[COMPANION]
    places = [place for place, one in enumerate(side.who) if one == client]
    expected = side.contribution(places[0]) if places else 0
    count = len(entries.client)
    if side.counts == "clients":  # it is counted once, whatever its entries add up to
        return Proof(tr("{count} entries; the client counts once", count=shown(count)), holds=True)
    holds = added.total == expected
    whose = many(count, "entry below adds", "entries below add")
    words = tr("The {entries} up to what the client adds", entries=whose)
    text = f"✓ {words}: {number(added, added.total)}"
    return Proof(text if holds else DISPROVEN, holds)
