"""The terms of rows of one's own: `clients.active`, `flows.refill`, `balances.all`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.model.definitions import (
    ACTIVATIONS,
    ACTIVE,
    ALL,
    MOVED,
    MOVEMENTS,
    OTHER,
    OVERALL_ACTIVE,
    REFILLS,
    RENEWALS,
    USE,
)
from custdyn_widgets.model.formulas import BalanceTerm, FlowTerm, Term, Where
from custdyn_widgets.query.validators import did_you_mean

Keep = Literal["any", "positive", "negative"]
KEEPS: dict[str, Keep] = {"": "any", "_positive": "positive", "_negative": "negative"}
CLASSES: dict[str, tuple[str, Keep]] = {
    f"{name}{suffix}": (client_set, keep)
    for name, client_set in {"active": ACTIVE, "overall_active": OVERALL_ACTIVE, "all": ALL}.items()
    for suffix, keep in KEEPS.items()
}
MOVES: dict[str, tuple[str, Keep]] = {name.lower(): (name, "any") for name in MOVED}
FLOW_TERMS = {
    "refill": (REFILLS,),
    "payg": (USE,),
    "package_activation": (ACTIVATIONS,),
    "package_renewal": (RENEWALS,),
    "spent": (USE, ACTIVATIONS, RENEWALS),
    "other": (OTHER,),
}
TERMS: dict[str, Mapping[str, object]] = {
    "clients": {**CLASSES, **MOVES},
    "flows": FLOW_TERMS,
    "balances": CLASSES,
}
"""The terms that a row is made of: `clients.active`, `flows.refill`, `balances.all` …"""


@dataclass(frozen=True)
class Terms:
    """What a row counts or sums: names of terms, such as `-flows.spent`, and of whom.

    `-` turns the sign, `+` and `-` put terms together; `with_` and `where` say of which clients.
    Raises QueryError for what has no meaning.
    """

    names: tuple[str, ...]
    having: tuple[str, ...] = ()
    filters: Where | None = None

    def with_(self, flow: Terms) -> Terms:
        """Of those clients that have such an entry within the bucket; of `a + b`, either.

        >>> clients.active.with_(flows.refill)
        clients.active.with_(flows.refill)
        """
        if not isinstance(flow, Terms):
            raise _fault("with_", flow, "takes a flow, such as flows.refill")
        if flow.having or flow.filters:
            raise _fault("with_", flow, "takes a flow alone; a where goes behind with_(…)")
        if self.having:
            raise _fault("with_", flow, "is given twice: with_(a + b) is either of them")
        return replace(self, having=flow.names)

    def where(
        self,
        *,
        client_type: str = "all",
        client_tags: str | Sequence[str] = (),
        owner: str | Sequence[str] = (),
        package: str | Sequence[str] = (),
    ) -> Terms:
        """Of those clients that pass these filters, too; they mean what they mean in a query.

        >>> flows.refill.where(client_tags="vip")
        flows.refill.where(client_tags=['vip'])
        """
        listed = {"client_tags": client_tags, "owner": owner, "package": package}
        given: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list | tuple | set) else (value,)
            for name, value in listed.items()
        }
        if self.filters is not None:
            raise _fault("where", None, "is given twice: put all filters in one")
        return replace(self, filters=Where(client_type, **given))

    def __neg__(self) -> Terms:
        return replace(self, names=tuple(map(_turned, self.names)))

    def __add__(self, other: Terms) -> Terms:
        if not isinstance(other, Terms):
            return NotImplemented
        if (self.having, self.filters) != (other.having, other.filters):
            what = "terms that are added share one with_ and one where: give them to the sum"
            raise _fault("sum", f"{self!r} + {other!r}", what)
        return replace(self, names=(*self.names, *other.names))

    def __radd__(self, other: object) -> Terms:
        return self if other == 0 else NotImplemented  # as sum(…) begins

    def __sub__(self, other: Terms) -> Terms:
        return self + (-other) if isinstance(other, Terms) else NotImplemented

    def __truediv__(self, other: object) -> Terms:
        raise _fault("per", None, "divides: Row(label, sum=…, per=…)")

    def __bool__(self) -> bool:
        raise _fault("sum", repr(self), "is neither true nor false: put terms together with +")

    def __repr__(self) -> str:
        text = " + ".join(self.names).replace("+ -", "- ")
        whole = f"({text})" if len(self.names) > 1 and (self.having or self.filters) else text
        whole += f".with_({' + '.join(self.having)})" if self.having else ""
        given = filters_given(self.filters)
        listed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"{whole}.where({listed})" if given else whole


def _fault(field: str, value: object, what: str) -> QueryError:
    return QueryError([FieldFault(field, value, what)])


def _turned(name: str) -> str:
    return name.removeprefix("-") if name.startswith("-") else f"-{name}"


def filters_given(filters: Where | None) -> dict[str, Any]:
    """The filters that filter, JSON-shaped."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in asdict(filters or Where()).items()
        if value != getattr(Where(), name)
    }


class Vocabulary:
    """The terms of one kind, as attributes: `flows.refill`."""

    def __init__(self, kind: str) -> None:
        self._kind = self.__name__ = kind

    def __getattr__(self, name: str) -> Terms:
        if name.startswith("_"):
            raise AttributeError(name)
        known = TERMS[self._kind]
        if name not in known:
            listed = ", ".join(known)
            what = f"{self._kind} has no {name!r}; it has {listed}{did_you_mean(name, known)}"
            raise AttributeError(what)
        return Terms((f"{self._kind}.{name}",))

    def __dir__(self) -> list[str]:
        return list(TERMS[self._kind])

    def __repr__(self) -> str:
        return f"{self._kind}: {', '.join(TERMS[self._kind])}"


clients, flows, balances = map(Vocabulary, TERMS)


def term_name(name: str) -> str:
    """The name of a term that there is, `-` before it or not. Raises ValueError."""
    kind, own = _parts(name)
    if " " in name:
        what = '["-flows.spent", "flows.refill"]'
        raise ValueError(f"{name!r} is several terms in one text: give a list, such as {what}")
    if own not in TERMS.get(kind, ()):
        kinds = [kind] if kind in TERMS else [*TERMS]
        every = [f"{one}.{term}" for one in kinds for term in TERMS[one]]
        near = did_you_mean(name.removeprefix("-"), every)
        raise ValueError(f"there is no term {name!r}; there are {', '.join(every)}{near}")
    return name


def kind_of(name: str) -> str:
    """`clients`, `flows` or `balances`."""
    return _parts(name)[0]


def flows_of(names: Iterable[str]) -> tuple[str, ...]:
    """The flows that some terms are of; other terms are of none."""
    parts = (_parts(name) for name in names)
    return tuple(flow for kind, own in parts if kind == "flows" for flow in FLOW_TERMS[own])


def formula_terms(name: str, having: tuple[str, ...]) -> Iterator[Term]:
    """What a term is in a formula; `having`: of clients with an entry of one of these flows."""
    sign = -1 if name.startswith("-") else 1
    kind, own = _parts(name)
    if kind == "flows":
        yield from (FlowTerm(flow, sign=sign) for flow in FLOW_TERMS[own])
    else:
        client_set, keep = {**CLASSES, **MOVES}[own]
        yield BalanceTerm(client_set, keep=keep, sign=sign, having=having)


def words_of(names: Iterable[str]) -> str:
    """Terms in words: `balances of Clients - All minus balances of Clients - Active`."""
    said: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
    for name in names:
        kind, own = _parts(name)
        listed = said[not name.startswith("-")].setdefault(kind, [])
        if kind == "flows":
            listed.extend(FLOW_TERMS[own])
        else:
            client_set, keep = {**CLASSES, **MOVES}[own]
            of = f"{MOVEMENTS}: {client_set}" if own in MOVES else client_set
            listed.append(of if keep == "any" else f"{of} with a {keep} balance")
    called = {"flows": "entries of", "clients": "clients of", "balances": "balances of"}
    plus, minus = (
        " and ".join(f"{called[kind]} {', '.join(listed)}" for kind, listed in some.items())
        for some in said.values()
    )
    if not plus:
        return f"{minus}, with the sign turned"
    return f"{plus} minus {minus}" if minus else plus


def _parts(name: str) -> tuple[str, str]:
    kind, _, own = name.removeprefix("-").partition(".")
    return kind, own
