"""The base of validated models: frozen, every fault at once, each with its field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
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

    def __setattr__(self, name: str, value: object) -> None:
        """Nothing is set: a changed copy is made instead."""
        what = "cannot be set: make another, as with_fields and model_copy(update=…) do"
        raise QueryError([FieldFault(name, value, what)])


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

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """A copy with some values changed, checked as any others. Raises QueryError."""
        own = {name: getattr(self, name) for name in type(self).model_fields}
        return type(self).model_validate({**own, **(update or {})})

    def __repr__(self) -> str:
        """The call that makes it, without what is as it is by default."""
        default = {name: one.default for name, one in type(self).model_fields.items()}
        own = {name: getattr(self, name) for name in default}
        given = self.model_dump(mode="json", include={k for k in own if own[k] != default[k]})
        listed = ", ".join(f"{name}={value!r}" for name, value in given.items())
        return f"{type(self).__name__}({listed})"

    __str__ = __repr__

    def contradictions(self) -> Iterable[FieldFault]:
        """What does not go together, though each value is right by itself."""
        return ()


def unknown_field(path: str, value: object, names: Iterable[str]) -> FieldFault:
    """The fault of a field that does not exist, with the nearest one that does."""
    return FieldFault(path, value, f"is not a field{did_you_mean(path, names)}")


def _faults(error: ValidationError, names: Iterable[str]) -> list[FieldFault]:
    faults = []
    for item in error.errors(include_url=False):
        place = [str(part) for part in item["loc"] if not _is_branch(part)]
        if len(place) > 1 and place[-1].isdigit() and not isinstance(item["input"], dict | Frozen):
            place.pop()  # one of several texts: which one, its value says
        path = ".".join(place)
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
