"""A billing system: what is read of it, and the SELECTs that make the five tables of it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)

from custdyn_widgets.connections.mapping_types import ColumnType, Style
from custdyn_widgets.errors import CustdynError
from custdyn_widgets.files import why
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.sources.suggestions import meant

SYSTEMS = Path(__file__).with_name("systems")
FILE = "system.toml"
LEFT_OUT, BALANCES = "left_out", "balances"
SELECTS = (*TABLES, LEFT_OUT, BALANCES)
"""The SELECTs that a system may have, each in a file of its name."""
ROW = "row_id"
"""The column that every input has besides its own: which raw row it is."""


class MappingError(CustdynError):
    """A system's folder cannot be used; all its faults at once."""

    exit_code = 2

    def __init__(self, place: str, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(f"system {place}: " + "; ".join(faults))


class Strict(BaseModel):
    """Settings of which none is unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Input(Strict):
    """What is read of one table, SELECT or file.

    `table`: one or several tables of the same columns (none: the input's own name); `query`: a
    SELECT of the system's own database; `file`: in the folder of files. `columns`: name → type;
    `lists`: those that no report needs, such as numbers called or names of people. `where`:
    column → text. `key`: a column that names a row; where it is a growing whole number, and the
    table only grows at its end, `grow` reads only what has changed. `amount`: the column, or an
    expression of columns, whose sum is given of rows that are left out, signed as the ledger is;
    without it they are not counted.
    """

    table: str | tuple[str, ...] = ()
    query: str = ""
    file: str = ""
    columns: dict[str, str] = Field(min_length=1)
    lists: dict[str, str] = {}
    where: dict[str, str] = {}
    key: str | tuple[str, ...] = ()
    grow: bool = False
    amount: str = ""
    optional: bool = False
    encoding: str = "utf-8"
    delimiter: str = ","
    decimal: str = "."
    thousands: str = ""
    months: tuple[str, ...] = ()

    @field_validator("columns", "lists")
    @classmethod
    def _check_types(cls, given: dict[str, str]) -> dict[str, str]:
        faults = []
        for name, kind in given.items():
            try:
                ColumnType.parse(kind)
            except ValueError as error:
                faults.append(f"{name}: {error}")
        if faults:
            raise ValueError("; ".join(faults))
        return given

    @model_validator(mode="after")
    def _check(self) -> Input:
        faults = []
        currencies = (self.type_of(kind).currency for kind in self.columns.values())
        amount = self.amount if self.amount.isidentifier() else ""
        named = [*(("key", one) for one in self.keys), ("amount", amount)]
        for setting, name in [*named, *(("minor@", one) for one in currencies)]:
            if name and name not in self.columns:
                hint = did_you_mean(name, self.columns)
                faults.append(f"{setting} {name!r} is none of its columns{hint}")
        if sum(map(bool, (self.table, self.query, self.file))) > 1:
            faults.append("give one of table, query and file")
        if self.grow and (len(self.keys) != 1 or self.columns.get(self.keys[0]) != "int"):
            faults.append("grow needs one key that is an int, such as id")
        if self.file and self.grow:
            faults.append("grow is of tables of a database, not of files")
        if self.months and len(self.months) != 12:
            faults.append(f"months has {len(self.months)} names, not twelve")
        if len(self.delimiter) != 1:
            faults.append(f"delimiter {self.delimiter!r} is not one character")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def type_of(self, text: str) -> ColumnType:
        """The type that a column is declared with. Raises ValueError."""
        return ColumnType.parse(text, Style(self.decimal, self.thousands, self.months))

    def types(self, *, lists: bool) -> dict[str, ColumnType]:
        """The columns to be read, by name."""
        read = {**self.columns, **(self.lists if lists else {})}
        return {name: self.type_of(kind) for name, kind in read.items()}

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns that name a row; none: its rows have no name."""
        return (self.key,) if isinstance(self.key, str) else self.key

    def tables(self, name: str) -> tuple[str, ...]:
        """The tables to be read; `name` is the input's."""
        given = (self.table,) if isinstance(self.table, str) and self.table else self.table
        return tuple(given) or (name,)


class Description(Strict):
    """What `system.toml` holds. `rounding`: how far each entry may be off the stored balance."""

    title: str
    rounding: Decimal = Field(Decimal(0), ge=0)
    inputs: dict[str, Input] = Field(min_length=1)


@dataclass(frozen=True)
class System:
    """A system: its description, and its SELECTs by name."""

    name: str
    place: str
    described: Description
    selects: dict[str, str]

    @property
    def inputs(self) -> dict[str, Input]:
        """What is read, by name."""
        return self.described.inputs

    @property
    def fingerprint(self) -> str:
        """A hash of what decides which entries there are: another one is another ledger."""
        inputs = {name: one.model_dump(mode="json") for name, one in self.inputs.items()}
        selects = {name: text for name, text in self.selects.items() if name in TABLES}
        said = json.dumps([inputs, selects], sort_keys=True)
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    def files(self) -> Iterator[tuple[str, str]]:
        """The files of the system: name and text."""
        for path in sorted(Path(self.place).iterdir()):
            if path.name == FILE or path.suffix == ".sql":
                yield path.name, path.read_text("utf-8")


def did_you_mean(name: str, there: Iterable[str]) -> str:
    """`; did you mean Amount?`, or nothing."""
    near = meant(name, there)
    return f"; did you mean {near}?" if near else ""


def built_in() -> list[str]:
    """The names of the systems that come with the package."""
    return sorted(one.name for one in SYSTEMS.iterdir() if (one / FILE).is_file())


def load_system(name: str) -> System:
    """A system by its name, or by the folder of one's own. Raises MappingError with every fault."""
    folder = SYSTEMS / name if name in built_in() else Path(name).expanduser()
    if not folder.is_dir():
        hint = did_you_mean(name, built_in())
        if folder.name == FILE:
            hint = f"; give its folder, {folder.parent}"
        known = ", ".join(built_in())
        raise MappingError(name, [f"there is no such system or folder{hint} (built in: {known})"])
    faults: list[str] = []
    selects = {}
    for path in sorted(folder.glob("*.sql")):
        if path.stem not in SELECTS:
            near = meant(path.stem, SELECTS)
            hint = f"; did you mean {near}.sql?" if near else f" ({', '.join(SELECTS)})"
            faults.append(f"{path.name} is none of its SELECTs{hint}")
        selects[path.stem] = _text(folder, path.name, faults)
    for table in ("clients", "ledger"):
        if table not in selects:
            faults.append(f"{table}.sql is missing: a SELECT that gives the table {table}")
    described = None
    try:
        described = Description.model_validate(tomllib.loads(_text(folder, FILE, faults)))
    except tomllib.TOMLDecodeError as error:
        faults.append(f"{FILE} is no TOML: {error}")
    except ValidationError as error:
        faults += [_words(one) for one in error.errors()]
    if faults or described is None:
        raise MappingError(name, faults)
    return System(folder.name, str(folder), described, selects)


def _text(folder: Path, name: str, faults: list[str]) -> str:
    try:
        return (folder / name).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        faults.append(f"{name}: {why(error)}")
        return "title = ''" if name == FILE else ""


def _words(error: Any) -> str:
    """A fault of the description, in words."""
    where = ".".join(str(part) for part in error["loc"])
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        fields = Input.model_fields if "inputs" in error["loc"] else Description.model_fields
        said = "there is no such setting" + did_you_mean(str(error["loc"][-1]), fields)
    elif error["type"] == "missing":
        said = "is missing"
    return f"{FILE}: {where}: {said}" if where else f"{FILE}: {said}"
