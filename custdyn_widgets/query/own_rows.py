"""Rows of one's own: what they count or sum, and the definition that makes of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SerializerFunctionWrapHandler,
    StrictStr,
    model_serializer,
    model_validator,
)

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.definitions import ACTIVE, MOVED, NA, RowDefinition, Unit
from custdyn_widgets.model.formulas import (
    BalanceTerm,
    Counts,
    Formula,
    Having,
    Measure,
    Where,
)
from custdyn_widgets.query.base import Explained, Frozen, Texts
from custdyn_widgets.query.fields import TYPE_CHOICES
from custdyn_widgets.query.terms import (
    Terms,
    filters_given,
    flows_of,
    formula_terms,
    kind_of,
    term_name,
    words_of,
)
from custdyn_widgets.query.validators import one_of, row_label, several

MAX_ROWS = 40
MAX_TERMS = 12
DIVISOR = "divisor"


Label = Annotated[StrictStr, AfterValidator(row_label)]


def _several_terms(value: object) -> object:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise ValueError("takes terms, such as clients.active, or flows.refill + flows.payg")
    return several(listed)


Names = Annotated[
    tuple[Annotated[StrictStr, AfterValidator(term_name)], ...],
    BeforeValidator(_several_terms),
    Field(max_length=MAX_TERMS),
]


class Filters(Frozen):
    """The filters of a part; they mean what they mean in a query."""

    client_type: Annotated[StrictStr, BeforeValidator(one_of(TYPE_CHOICES))] = "all"
    client_tags: Texts = ()
    owner: Texts = ()
    package: Texts = ()


class Part(Explained):
    """What is counted or summed, and of which clients."""

    label: Label | None = None
    count: Names = ()
    sum: Names = ()
    having: Names = ()
    where: Filters | None = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        """Terms as plain data, which can be stored, mailed and put in a link."""
        made = dict(data) if isinstance(data, dict) else data
        for name in ("count", "sum") if isinstance(data, dict) else ():
            if isinstance(terms := made.get(name), Terms):
                made |= {name: list(terms.names), "having": list(terms.having)}
                made |= {"where": filters_given(terms.filters)} if terms.filters else {}
        return made

    @model_serializer(mode="wrap")
    def _brief(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """What is given, and nothing else."""
        made = {name: value for name, value in handler(self).items() if value}
        return made | ({"where": filters_given(self.filters)} if "where" in made else {})

    def contradictions(self) -> Iterator[FieldFault]:
        """What does not go together, though each value is right by itself."""
        name, names = ("count", self.count) if self.count else ("sum", self.sum)
        kinds = set(map(kind_of, names))
        if bool(self.count) == bool(self.sum):
            what = "give one of count and sum, such as count=clients.active or sum=flows.refill"
            yield FieldFault("count", None, what)
        if self.count and (len(kinds) > 1 or "balances" in kinds or any("-" in n for n in names)):
            what = "counts the clients of one set, or entries of flows; balances are summed"
            yield FieldFault(name, list(names), what)
        elif self.count and kinds == {"clients"} and len(names) > 1:
            yield FieldFault(name, list(names), "may count a client twice: count one set")
        if self.sum and "clients" in kinds:
            what = "clients are counted; what they hold is balances.…"
            yield FieldFault(name, list(names), what)
        moved = flows_of(names)
        if len(moved) > len(set(moved)):
            yield FieldFault(name, list(names), "has the same entries twice")
        if self.having and "flows" in kinds:
            yield FieldFault("having", list(self.having), "goes with clients and balances")
        if wrong := [one for one in self.having if not one.startswith("flows.")]:
            yield FieldFault("having", wrong, "takes flows, such as flows.refill")

    @property
    def filters(self) -> Where | None:
        """Its filters; None where nothing is filtered."""
        if self.where is None or self.where == Filters():
            return None
        return Where(*(getattr(self.where, name) for name in Filters.model_fields))

    @property
    def measure(self) -> Measure:
        """What it is computed from."""
        having = tuple(dict.fromkeys(flows_of(self.having)))
        names = self.count or self.sum
        terms = tuple(term for name in names for term in formula_terms(name, having))
        counts: Counts = "money"
        if self.count:
            counts = "clients" if isinstance(terms[0], BalanceTerm) else "entries"
        return Measure(self.label or DIVISOR, counts, terms, self.filters)

    @property
    def companion(self) -> Measure | None:
        """An amount of the clients or entries that are counted, shown next to them."""
        own = self.measure
        if own.counts == "money" or any(
            isinstance(term, BalanceTerm) and term.client_set in MOVED for term in own.terms
        ):
            return None
        what = "balance" if own.counts == "clients" else "amount"
        return Measure(f"{own.name}, {what}", "money", own.terms, own.where)

    @property
    def words(self) -> str:
        """What it is, in words."""
        said = words_of(self.count or self.sum)
        if self.having:
            said += f" with an entry of {' or '.join(flows_of(self.having))} within the bucket"
        for name, value in filters_given(self.filters).items():
            text = value if isinstance(value, str) else " or ".join(value)
            said += f", of {name.replace('_', ' ')} {text}"
        return f"{'number' if self.count else 'sum'} of {said}"


class Row(Part):
    """A row of one's own, in the block *My rows* of a report.

    `count` clients or entries, or `sum` flows or balances: exactly one of them. `per` makes it a
    ratio: another Row, clients, balances, or `{"count": …}`. `unit="percent"` shows a
    ratio of two counts, or of two amounts, in percent. Raises QueryError with every fault.

    The terms: `clients.active`, `.overall_active`, `.all`, `.new`, `.reactivated`, `.retained`,
    `.lapsed`; `flows.refill`, `.payg`, `.package_activation`, `.package_renewal`, `.spent` (use
    and packages), `.other`; `balances.active`, `.overall_active`, `.all`, each also with
    `_positive` and `_negative`. All that they can do: docs/own-rows.md.

    >>> from custdyn_widgets import Row, clients, flows
    >>> payers = Row("Payers", count=clients.active.with_(flows.refill))
    >>> Row("Refills per Payer", count=flows.refill, per=payers).defined.description
    'Number of entries of Refill, divided by Payers.'
    """

    label: Label
    per: Part | None = None
    unit: Literal["percent"] | None = None

    def __init__(self, label: str | None = None, **data: Any) -> None:
        super().__init__(**data if label is None else {"label": label, **data})

    @model_validator(mode="before")
    @classmethod
    def _divisor(cls, data: Any) -> Any:
        """What another row counts or sums is divided by."""
        per = data.get("per") if isinstance(data, dict) else None
        if per is None or type(per) is Part:
            return data
        if isinstance(per, Row):
            if per.per is not None:
                raise _fault("per", per.label, "is a ratio itself: divide by a count or a sum")
            per = per.model_dump(mode="json")
        if isinstance(per, Terms) and (kind := kind_of(per.names[0])) != "flows":
            per = {"count" if kind == "clients" else "sum": per}
        if not isinstance(per, dict):
            what = 'takes a row, clients, balances, or what it is made of: {"count": …}'
            raise _fault("per", repr(per), what)
        try:
            return {**data, "per": Part.model_validate(per)}
        except QueryError as error:
            faults = [replace(one, field=f"per.{one.field}".rstrip(".")) for one in error.faults]
            raise QueryError(faults) from None

    def contradictions(self) -> Iterator[FieldFault]:
        """What does not go together, though each value is right by itself."""
        yield from super().contradictions()
        if self.per is None:
            if self.unit is not None:
                yield FieldFault("unit", self.unit, "goes with per")
        elif self.count and self.per.sum:
            yield FieldFault("per", None, "divides a count by an amount: divide it by a count")
        elif self.sum and self.per.sum and self.unit is None:
            yield FieldFault("unit", None, 'money per money is a share: give unit="percent"')
        elif self.sum and self.per.count and self.unit is not None:
            yield FieldFault("unit", self.unit, "is of two counts, or of two amounts")

    @property
    def defined(self) -> RowDefinition:
        """Its definition, as the report's own rows have one."""
        words, over = self.words, self.measure
        unit: Unit = "quantity" if self.count else "money"
        formula = Formula(over, companion=self.companion)
        if self.per is not None:
            words += f", divided by {self.per.label or f'the {self.per.words}'}"
            formula = Formula(over, self.per.measure, 100 if self.unit else 1)
            unit = self.unit or ("ratio" if self.count else "money")
        empty = None if self.count else _empty(over)
        undefined = None if self.per is None else NA.NO_DIVISOR
        sentence = f"{words[0].upper()}{words[1:]}."
        return RowDefinition(self.label, unit, sentence, formula, empty, undefined)


def _empty(summed: Measure) -> NA | None:
    """Why a sum is N/A that has nothing to add up, as the report's own rows have it."""
    held = [term for term in summed.terms if isinstance(term, BalanceTerm)]
    if len(held) < len(summed.terms):
        return NA.NO_ENTRY
    if any(term.keep != "any" for term in held):
        return NA.NO_BALANCE
    classed = any(term.having or term.client_set == ACTIVE for term in held)
    return NA.NO_CLIENT if classed else None


def _fault(field: str, value: object, what: str) -> QueryError:
    return QueryError([FieldFault(field, value, what)])


def _distinct(value: object) -> object:
    """Rows of a query, each with a label of its own."""
    given = several(value)
    assert isinstance(given, list | tuple)  # noqa: S101 several has looked
    if len(given) > MAX_ROWS:
        raise ValueError(f"must have at most {MAX_ROWS} rows")
    rows: list[Row] = []
    faults: list[str] = []
    for number, one in enumerate(given, 1):
        if not isinstance(one, dict | Row):
            faults.append(f"row {number}: is not a table with a label, and count or sum")
            continue
        label = one.get("label") if isinstance(one, dict) else None
        called = f"row {number} {label!r}" if isinstance(label, str) else f"row {number}"
        try:
            row = one if isinstance(one, Row) else Row.model_validate(one)
        except QueryError as error:
            faults += [f"{called}: {fault}" for fault in error.faults]
            continue
        if any(row.label.casefold() == other.label.casefold() for other in rows):
            faults.append(f"{called}: another row has this label")
        rows.append(row)
    if faults:
        raise ValueError("; ".join(faults))
    return tuple(rows)


Rows = Annotated[tuple[Row, ...], BeforeValidator(_distinct)]


def wheres(rows: Iterable[Row]) -> tuple[Where | None, ...]:
    """The filters of a report's figures beside the query's: none, and those of parts of rows."""
    parts = (part for row in rows for part in (row, row.per) if part is not None)
    return tuple(dict.fromkeys((None, *(part.filters for part in parts))))


def client_sets(rows: Iterable[Row], where: Where | None) -> tuple[Having, ...]:
    """The sets of clients that figures under some filters are of, with the flows of `having`."""
    formulas = (row.defined.formula for row in rows)
    measures = (one for formula in formulas if formula for one in formula.measures)
    terms = (term for one in measures if one.where == where for term in one.terms)
    found = ((one.client_set, one.having) for one in terms if isinstance(one, BalanceTerm))
    return tuple(dict.fromkeys(found))
