"""What is legal in the data, and yet hardly meant: one sentence each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from custdyn_widgets.model.cells import few, many, shown
from custdyn_widgets.model.currencies import no_currency
from custdyn_widgets.model.rates import Rates
from custdyn_widgets.model.schema import (
    ACTIVATION,
    NAMED_KINDS,
    PAYG,
    REFILL,
    RENEWAL,
)
from custdyn_widgets.model.time_zones import clock_text
from custdyn_widgets.sources.contents import Contents, Kind
from custdyn_widgets.words import tr

MEANT = {
    REFILL: "top_up topup recharge payment credit",
    PAYG: "pay_as_you_go call usage charge",
    ACTIVATION: "activation subscription",
    RENEWAL: "renewal rebill",
}
"""What other systems call the kinds."""
NAMED = {
    word.replace("_", ""): kind for kind, words in MEANT.items() for word in (kind, *words.split())
}
MOST_WRONG = 0.9
"""The share of entries of a kind with the unusual sign that makes one ask."""


def warnings_of(
    contents: Contents, rates: Rates, signs: Callable[[str], tuple[int, int]]
) -> Iterator[str]:
    """Kinds and signs that are hardly meant, currencies that are none, two bases.

    `signs` counts the negative and the positive entries of a kind whose direction is not `term`.
    """
    yield from _kinds(contents.kinds)
    for kind in contents.kinds:
        yield from _sign(kind, signs)
    for code, count in contents.currencies:
        if words := no_currency(code):
            yield f"clients.currency: {code!r} ({many(count, 'client', 'clients')}) {words}"
    if len(rates.ones) > 1:
        yield tr(
            "rates: every rate of {ones} is 1; {base} was taken as the base",
            ones=few(rates.ones),
            base=rates.base,
        )


def empty_tables(contents: Contents) -> Iterator[str]:
    """Tables that are needed and have no rows."""
    for table, count in (("clients", contents.clients), ("ledger", contents.entries)):
        if not count:
            yield tr("{table}: the table has no rows", table=table)


def meant_kind(name: str) -> str | None:
    """The kind that a word may have been meant for; None for one of ours, and for others."""
    plain = "".join(letter for letter in name.casefold() if letter.isalnum())
    found = NAMED.get(plain) or NAMED.get(plain.removesuffix("s"))
    return None if name in NAMED_KINDS else found


def _kinds(kinds: Sequence[Kind]) -> Iterator[str]:
    meant = {kind.name: one for kind in kinds if (one := meant_kind(kind.name))}
    if kinds and not any(kind.name in NAMED_KINDS for kind in kinds):
        *first, last = NAMED_KINDS
        found = few(list(map(_counted, kinds)))
        asked = ", ".join(dict.fromkeys(meant.values()))
        words = tr("no entry is of kind {first} or {last}", first=", ".join(first), last=last)
        words += tr("; kinds found: {kinds}", kinds=found)
        words += tr("; did you mean {kinds}?", kinds=asked) if asked else ""
        yield f"ledger.kind: {words}"
    for kind in kinds:
        if kind.name in meant:
            words = tr(
                "{entries} of kind {kind}, sum of amounts {sum}, counted as other",
                entries=many(kind.entries, "entry", "entries"),
                kind=repr(kind.name),
                sum=kind.sum,
            )
            words += tr("; did you mean {kinds}?", kinds=meant[kind.name])
            yield f"ledger.kind: {words}"


def _counted(kind: Kind) -> str:
    return f"{kind.name} ({shown(kind.entries)})"


def _sign(kind: Kind, signs: Callable[[str], tuple[int, int]]) -> Iterator[str]:
    if kind.name not in NAMED_KINDS:
        return

    def hardly(negative: int, positive: int) -> tuple[int, int] | None:
        wrong, total = negative if kind.name == REFILL else positive, negative + positive
        return (wrong, total) if total and wrong >= MOST_WRONG * total else None

    counts = kind.negative, kind.positive
    if kind.name == PAYG and kind.positive > kind.negative:
        counts = signs(kind.name)  # without what terminates
    found = hardly(*counts)
    if not found:
        return
    wrong, total = found
    some = tr("{count} of {total}", count=shown(wrong), total=shown(total))
    count = tr("all {total}", total=shown(total)) if wrong == total else some
    if kind.name == REFILL:
        several = tr("{count} {kind} entries are negative", count=count, kind=kind.name)
        one, must = tr("the refill entry is negative"), tr("refills must be positive here")
    else:
        several = tr("{count} {kind} entries are positive", count=count, kind=kind.name)
        one = tr("the {kind} entry is positive", kind=kind.name)
        must = tr("charges must be negative here")
    words = several if total > 1 else one
    yield f"ledger.amount: {words}; {must}. {tr('Is the sign turned?')}"


def notes_of(contents: Contents, now: datetime) -> Iterator[str]:
    """What `check` says besides: kinds that are none of ours, entries that are to come."""
    kinds = contents.kinds  # those that a warning names are not named again
    others = [one for one in kinds if (meant_kind(one.name) or one.name) not in NAMED_KINDS]
    if others:
        listed = few(list(map(_counted, others)))
        yield tr("ledger.kind: counted as other: {kinds}", kinds=listed)
    if contents.last is not None and contents.last.replace(tzinfo=UTC) > now:
        last = clock_text(contents.last)
        words = tr("the last entry is of {last} UTC, which is to come", last=last)
        yield f"ledger.occurred_at: {words}: {tr('no report has it before')}"


def direction_words(counts: Iterable[tuple[str, int]]) -> Iterator[str]:
    """Of directions that are none, how often each is there: what is made of them."""
    found = list(counts)
    if found:
        listed = few([f"{name!r} ({shown(count)})" for name, count in found])
        words = tr("{names} is not orig, term or empty; the sign decides: ", names=listed)
        words += tr("negative entries count as orig, positive ones as term")
        yield f"ledger.direction: {words}"
