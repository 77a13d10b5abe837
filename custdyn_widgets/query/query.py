"""Query: frozen and validated; TOML and JSON."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import tomli_w
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ModelWrapValidatorHandler,
    SerializerFunctionWrapHandler,
    StrictBool,
    StrictInt,
    StrictStr,
    model_serializer,
    model_validator,
)

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.files import why
from custdyn_widgets.model.definitions import RowDefinition
from custdyn_widgets.model.markup import small_table
from custdyn_widgets.model.presets import PRESETS, resolve_preset
from custdyn_widgets.query.base import Explained, Frozen, Texts, unknown_field
from custdyn_widgets.query.fields import (
    COMPARISONS,
    FIELDS,
    GROUPS,
    MAX_ACTIVE_MONTHS,
    OPTIONAL_BLOCKS,
    OUTPUT_TYPES,
    RATE_POLICIES,
    TIME_UNITS,
    TYPE_CHOICES,
)
from custdyn_widgets.query.row_list import Rows
from custdyn_widgets.query.validators import (
    MAX_RECIPIENTS,
    address,
    clock,
    did_you_mean,
    in_order,
    known_currency,
    known_zone,
    once,
    one_of,
    several,
    whole,
)


class Interval(Frozen):
    """Two wall-clock instants to the second, both inclusive.

    In Python a `to` at midnight, as `pd.Timestamp("2025-03-31")` is one, means its whole day, as a
    date does. As text, `2025-03-31T00:00:00` is that second.
    """

    first: Annotated[datetime, BeforeValidator(clock(end_of_day=False))] = Field(alias="from")
    last: Annotated[datetime, BeforeValidator(clock(end_of_day=True))] = Field(alias="to")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.first > self.last:
            raise ValueError(f'"From" ({self.first}) must be before "To" ({self.last})')
        return self

    @cached_property
    def is_widened(self) -> bool:
        """Whether `to` was given as a midnight that means its whole day."""
        return False

    @model_validator(mode="wrap")
    @classmethod
    def _widened(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        made = handler(data)
        last = data.get("to") if isinstance(data, dict) else None
        if isinstance(last, datetime) and made.last != last:
            made.__dict__["is_widened"] = True  # as a cached property: no part of its value
        return made


def _period(presets: Iterable[str]) -> BeforeValidator:
    names = list(presets)

    def read(value: object) -> object:
        if isinstance(value, Interval):
            return value
        if isinstance(value, dict):
            return Interval.model_validate(value)
        if isinstance(value, str) and value in names:
            return value
        raise ValueError(
            f"is neither {{from, to}} nor one of {', '.join(names)}{did_you_mean(value, names)}"
        )

    return BeforeValidator(read)


def _texts(value: object) -> object:
    """Values of TOML, its dates as the text that they are in the file."""
    if isinstance(value, dict):
        return {key: _texts(one) for key, one in value.items()}
    return value.isoformat() if isinstance(value, date) else value


class Output(Frozen):
    """What becomes of the report."""

    type: Annotated[StrictStr, BeforeValidator(one_of(OUTPUT_TYPES))] = "web"
    send_to: Annotated[
        tuple[Annotated[StrictStr, AfterValidator(address)], ...],
        BeforeValidator(several),
        AfterValidator(lambda addresses: tuple(dict.fromkeys(addresses))),
        Field(max_length=MAX_RECIPIENTS),
    ] = ()

    @model_validator(mode="after")
    def _files_only(self) -> Self:
        if self.send_to and self.type == "web":
            raise ValueError("send_to goes only with type csv, xls or xlsx")
        return self


class Query(Explained):
    """What a report is of: its period, filters, columns and currency (docs/definitions.md).

    `Query.model_validate(dict)` takes JSON-shaped values, `Query(…)` the same by name. Every fault
    is reported at once, as a `QueryError` whose `faults` name the field, the value and what would
    be right.

    >>> Query(period="last_year", group_by=["month", "package"], currency="EUR")
    Query(period='last_year', group_by=['month', 'package'], currency='EUR')
    """

    names = FIELDS

    period: Annotated[str | Interval, _period(PRESETS)] = "this_year"
    timezone: Annotated[StrictStr, AfterValidator(known_zone)] = "UTC"
    client_type: Annotated[
        StrictStr,
        BeforeValidator(one_of(TYPE_CHOICES)),
        BeforeValidator(lambda value: "all" if value is None else value),
    ] = "client"
    client_tags: Texts = ()
    owner: Texts = ()
    owner_tree: StrictBool = False
    package: Texts = ()
    group_by: Annotated[
        tuple[Annotated[StrictStr, BeforeValidator(one_of(GROUPS))], ...],
        BeforeValidator(several),
        AfterValidator(in_order(GROUPS)),
    ] = ("month",)
    currency: Annotated[StrictStr, AfterValidator(known_currency)] | None = None
    active_duration: Annotated[StrictInt, BeforeValidator(whole(0, MAX_ACTIVE_MONTHS))] = 3
    rate_policy: Annotated[
        Literal["historical", "current"], BeforeValidator(one_of(RATE_POLICIES))
    ] = "historical"
    blocks: Annotated[
        tuple[Annotated[StrictStr, BeforeValidator(one_of(OPTIONAL_BLOCKS))], ...],
        BeforeValidator(several),
        AfterValidator(in_order(OPTIONAL_BLOCKS)),
    ] = ()
    compare: Annotated[str | Interval, _period(COMPARISONS)] | None = None
    rows: Rows = ()
    output: Output = Output()

    @model_serializer(mode="wrap")
    def _without_no_rows(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """A query without rows of its own says nothing of them, as before there were any."""
        made: dict[str, Any] = handler(self)
        if not made.get("rows"):
            made.pop("rows", None)
        return made

    @property
    def time_units(self) -> tuple[str, ...]:
        """The chosen time units, coarsest first."""
        return tuple(unit for unit in self.group_by if unit in TIME_UNITS)

    @property
    def own(self) -> tuple[RowDefinition, ...]:
        """The definitions of its own rows."""
        return tuple(row.defined for row in self.rows)

    @property
    def by_package(self) -> bool:
        """Whether each package gets a block of its own."""
        return "package" in self.group_by

    def interval(self, as_of: datetime) -> tuple[datetime, datetime]:
        """First and last wall-clock second of the period, seen at `as_of` (aware)."""
        if isinstance(self.period, Interval):
            return self.period.first, self.period.last
        return resolve_preset(self.period, as_of=as_of, timezone=self.timezone)

    def with_fields(self, changes: dict[str, object]) -> Query:
        """This query with some fields changed; a path such as `output.type` reaches inside."""
        values = self.to_dict()
        for path, value in changes.items():
            inner, _, last = path.rpartition(".")
            place = values.get(inner) if inner else values
            if not isinstance(place, dict):
                raise QueryError([unknown_field(path, value, FIELDS)])
            place[last] = value
        made = Query.model_validate(values)
        touched = {path.partition(".")[0] for path in changes}
        kept = {name: getattr(self, name) for name in {"period", "compare"} - touched}
        return made.model_copy(update=kept)

    def to_dict(self) -> dict[str, Any]:
        """JSON-shaped values of every field."""
        return self.model_dump(mode="json")

    def to_json(self) -> str:
        """The query as JSON text."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n"

    def to_toml(self) -> str:
        """The query as TOML text; a field that is not set is left out."""
        return tomli_w.dumps(self.model_dump(mode="python", exclude_none=True))

    @classmethod
    def parse(cls, text: str, suffix: str) -> Query:
        """A query from text, TOML or JSON by the file ending given."""
        try:
            if suffix == ".toml":
                values: object = _texts(tomllib.loads(text))
            elif suffix == ".json":
                values = json.loads(text, object_pairs_hook=once)
            else:
                raise QueryError([FieldFault("", None, "a query file ends in .toml or .json")])
        except (ValueError, RecursionError) as error:  # a number of 5 000 digits is one, too
            raise QueryError([FieldFault("", None, f"not {suffix[1:].upper()}: {error}")]) from None
        if not isinstance(values, dict):
            raise QueryError([FieldFault("", values, "a query is a table of fields")])
        return cls.model_validate(values)

    @classmethod
    def read(cls, path: str | Path) -> Query:
        """The query in a file, TOML or JSON by its ending."""
        try:
            text = Path(path).read_text("utf-8-sig")
        except (OSError, UnicodeDecodeError, ValueError) as error:
            raise QueryError(
                [FieldFault(str(path), None, f"cannot be read: {why(error)}")]
            ) from None
        try:
            return cls.parse(text, Path(path).suffix.lower())
        except QueryError as error:  # what is of no field is of the file
            of = (FieldFault(one.field or str(path), one.value, one.what) for one in error.faults)
            raise QueryError(of) from None

    def write(self, path: str | Path) -> None:
        """Writes the query to a file, TOML or JSON by its ending."""
        text = self.to_json() if Path(path).suffix.lower() == ".json" else self.to_toml()
        Path(path).write_text(text, "utf-8")

    def _repr_html_(self) -> str:
        given = {name: FIELDS[name].label for name in self.to_dict() if name in FIELDS}
        lines = [(label, _text(getattr(self, name))) for name, label in given.items()]
        return small_table("Query", ("Field", "Value"), lines)


def _text(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(one if isinstance(one, str) else one.label for one in value)
    if isinstance(value, Interval):
        return f"{value.first} – {value.last}"
    return "" if value is None else str(value)


_CHOICES: dict[str, Iterable[str]] = {
    "period": PRESETS,
    "client_type": TYPE_CHOICES,
    "group_by": GROUPS,
    "rate_policy": RATE_POLICIES,
    "blocks": OPTIONAL_BLOCKS,
    "compare": COMPARISONS,
}
for _name, _field in Query.model_fields.items():
    _words = [FIELDS[_name].description if _name in FIELDS else str(Output.__doc__)]
    _words += [f"One of {', '.join(_CHOICES[_name])}."] if _name in _CHOICES else []
    _field.description = " ".join(_words)
    Query.__doc__ = f"{Query.__doc__}\n    {_name}: {_field.description}"
Query.model_rebuild(force=True)
