"""The base of validated models: frozen, every fault at once, each with its field."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ModelWrapValidatorHandler,
    StrictStr,
    ValidationError,
    model_validator,
)

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.query.validators import did_you_mean, plain_text, several

Text = Annotated[StrictStr, AfterValidator(plain_text)]
Texts = Annotated[tuple[Text, ...], BeforeValidator(several)]


class Frozen(BaseModel):
    """Values that do not change, and no others than those that are named."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", validate_by_name=False, serialize_by_alias=True
    )


class Explained(Frozen):
    """Frozen values whose faults come as one QueryError; `names` are the paths of their fields."""

    names: ClassVar[Iterable[str]] = ()

    @model_validator(mode="wrap")
    @classmethod
    def _explained(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        try:
            made = handler(data)
        except ValidationError as error:
            raise QueryError(_faults(error, cls.names)) from None
        if faults := list(made.contradictions()):
            raise QueryError(faults)
        return made

    def contradictions(self) -> Iterable[FieldFault]:
        """What does not go together, though each value is right by itself."""
        return ()


def unknown_field(path: str, value: object, names: Iterable[str]) -> FieldFault:
    """The fault of a field that does not exist, with the nearest one that does."""
    return FieldFault(path, value, f"is not a field{did_you_mean(path, names)}")


def _faults(error: ValidationError, names: Iterable[str]) -> list[FieldFault]:
    faults = []
    for item in error.errors(include_url=False):
        path = ".".join(str(part) for part in item["loc"] if not _is_branch(part))
        if item["type"] == "extra_forbidden":
            faults.append(unknown_field(path, item["input"], names))
            continue
        whole = isinstance(item["input"], dict) and item["type"] == "value_error"
        value = None if whole or item["type"] == "missing" else item["input"]
        faults.append(FieldFault(path, value, item["msg"].removeprefix("Value error, ")))
    return faults


def _is_branch(part: int | str) -> bool:
    """Pydantic names the branches of a union in the path; a reader knows only fields."""
    return isinstance(part, str) and (part in ("str", "Interval") or "[" in part)
