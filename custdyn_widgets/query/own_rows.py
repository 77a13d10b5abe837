"""A query's own rows: what they count or sum, and the row definitions made of them."""

from __future__ import annotations

from collections.abc import Iterator
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
from custdyn_widgets.model.definitions import ACTIVE, MOVED, RowDefinition, Unit
from custdyn_widgets.model.formulas import (
    BalanceTerm,
    Counts,
    Formula,
    Measure,
    Where,
)
from custdyn_widgets.model.na_reasons import NA
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
from custdyn_widgets.query.validators import one_of, row_label

MAX_TERMS = 12


Label = Annotated[StrictStr, AfterValidator(row_label)]


def _several_terms(value: object) -> object:
    listed = [value] if isinstance(value, str) else value
    if not isinstance(listed, list | tuple) or not all(isinstance(one, str) for one in listed):
        raise ValueError("takes terms, such as clients.active, or flows.refill + flows.payg")
    return tuple(listed)


Names = Annotated[
    tuple[Annotated[StrictStr, AfterValidator(term_name)], ...],
    BeforeValidator(_several_terms),
    Field(max_length=MAX_TERMS),
]


OneOrMore = Annotated[Texts, BeforeValidator(lambda one: [one] if isinstance(one, str) else one)]


class Filters(Frozen):
    """The filters of a part; they mean what they mean in a query."""

    client_type: Annotated[StrictStr, BeforeValidator(one_of(TYPE_CHOICES))] = "all"
    client_tags: OneOrMore = ()
    owner: OneOrMore = ()
    package: OneOrMore = ()


class Part(Explained):
    """What is counted or summed, and of which clients."""

    label: Label | None = None
    count: Names = ()
    sum: Names = ()
    having: Names = ()
    where: Annotated[
        Filters | None, AfterValidator(lambda where: None if where == Filters() else where)
    ] = None

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, data: Any) -> Any:
        """Terms as plain data, which can be stored, mailed and put in a link."""
        made = dict(data) if isinstance(data, dict) else data
        for name in ("count", "sum") if isinstance(data, dict) else ():
            if isinstance(terms := made.get(name), Terms):
                if twice := [key for key in ("having", "where") if data.get(key)]:
                    raise _fault(twice[0], data[twice[0]], "is given to the terms: with_, where")
                made |= {name: list(terms.names), "having": list(terms.having)}
                made |= {"where": filters_given(terms.filters)}
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
        terms = [(one.removeprefix("-"),) for one in names if kind_of(one) != "flows"]
        if len({*flows_of(names), *terms}) < len([*flows_of(names), *terms]):
            yield FieldFault(name, list(names), "has the same entries or clients twice")
        if self.having and "flows" in kinds:
            yield FieldFault("having", list(self.having), "goes with clients and balances")
        if wrong := [one for one in self.having if not one.startswith("flows.")]:
            yield FieldFault("having", wrong, "takes flows, such as flows.refill")

    @property
    def filters(self) -> Where | None:
        """Its filters; None where nothing is filtered."""
        if self.where is None:
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
        return Measure(self.label or self.terms, counts, terms, self.filters)

    @property
    def terms(self) -> str:
        """Its terms, as in Python."""
        return repr(Terms(self.count or self.sum, self.having, self.filters))

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
    ratio of two counts, or of two amounts, in percent, `unit="ratio"` as a number. Raises
    QueryError with every fault.

    The terms: `clients.active`, `.overall_active`, `.all`, each also with `_positive` and
    `_negative`, `.new`, `.reactivated`, `.retained`, `.lapsed`; `flows.refill`, `.payg`,
    `.package_activation`, `.package_renewal`, `.spent` (use and packages), `.other`;
    `balances` of the classes of `clients`. All that they can do: docs/own-rows.md.

    >>> from custdyn_widgets import Row, clients, flows
    >>> payers = Row("Payers", count=clients.active.with_(flows.refill))
    >>> Row("Refills per Payer", count=flows.refill, per=payers).defined.description
    'Number of entries of Refill, divided by Payers.'
    """

    label: Label
    per: Part | None = None
    unit: Literal["percent", "ratio"] | None = None

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
            what = 'money per money is a share or a number: give unit="percent" or unit="ratio"'
            yield FieldFault("unit", None, what)
        elif self.sum and self.per.count and self.unit is not None:
            yield FieldFault("unit", self.unit, "is of two counts, or of two amounts")

    @property
    def defined(self) -> RowDefinition:
        """Its definition, as the report's own rows have one."""
        words, over = self.words, self.measure
        unit: Unit = "quantity" if self.count else "money"
        formula, undefined = Formula(over, companion=self.companion), None
        if self.per is not None:
            apart = f"{self.per.label}, the {self.per.words}" if self.per.label else ""
            words += ", in percent of " if self.unit == "percent" else ", divided by "
            words += apart or f"the {self.per.words}"
            over = replace(over, name=self.terms)
            formula = Formula(over, self.per.measure, 100 if self.unit == "percent" else 1)
            unit = self.unit or ("ratio" if self.count else "money")
            undefined = NA.NO_DIVISOR
        empty = None if self.count else _empty(over)
        sentence = f"{words[0].upper()}{words[1:]}."
        return RowDefinition(self.label, unit, sentence, formula, empty, undefined)


def _empty(summed: Measure) -> NA | None:
    """Why a sum is N/A that has nothing to add up, as the report's own rows have it."""
    held = [term for term in summed.terms if isinstance(term, BalanceTerm)]
    if len(held) < len(summed.terms):
        return NA.NO_ENTRY
    if any(term.keep != "any" for term in held):
        return NA.NO_BALANCE
    if any(term.having for term in held) or summed.where is not None:
        return NA.NO_SUCH_CLIENT
    return NA.NO_CLIENT if any(term.client_set == ACTIVE for term in held) else None


def _fault(field: str, value: object, what: str) -> QueryError:
    return QueryError([FieldFault(field, value, what)])
