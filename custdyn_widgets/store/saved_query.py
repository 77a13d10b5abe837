"""A saved query with title, chart and schedule; as TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar

import tomli_w
from pydantic import AfterValidator, StrictBool, StrictStr

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.files import why
from custdyn_widgets.query.base import Explained, Text
from custdyn_widgets.query.query import Interval, Query
from custdyn_widgets.query.schedule import Schedule
from custdyn_widgets.query.validators import MAX_CHARACTERS


def _description(text: str) -> str:
    if len(text) > MAX_CHARACTERS or "\0" in text:
        raise ValueError(f"must have at most {MAX_CHARACTERS} characters")
    return text


class QueryTemplate(Explained):
    """A query that is kept, with a description and the chart that is shown with it.

    `chart` is the name of a pre-configured chart or of a chart template; None shows none.
    `schedule` says when its report is sent to the query's `output.send_to`; None: never by itself.
    `source` is the source that the schedule runs on, by its name or path; None: the one of
    the worker that runs it. `skip_unchanged`: a scheduled report that says the same as the last
    one sent is not sent.
    """

    names: ClassVar[Iterable[str]] = (
        *("query", "description", "chart", "source", "skip_unchanged", "schedule"),
        *(f"schedule.{name}" for name in Schedule.model_fields),
    )

    query: Query
    description: Annotated[StrictStr, AfterValidator(_description)] = ""
    chart: StrictStr | None = None
    source: Text | None = None
    skip_unchanged: StrictBool = False
    schedule: Schedule | None = None

    def contradictions(self) -> Iterator[FieldFault]:
        """A schedule needs a file to send, and somebody to send it to."""
        output = self.query.output
        if self.schedule is None:
            return
        if output.type == "web":
            what = "goes only with output type csv, xls or xlsx: a page cannot be sent"
            yield FieldFault("schedule", None, what)
        elif not output.send_to:
            yield FieldFault("query.output.send_to", None, "is empty: whom does the schedule send?")


class TemplateFile(QueryTemplate):
    """A template as a file: with its title, and whether everyone may see it."""

    names: ClassVar[Iterable[str]] = ("title", "shared", *QueryTemplate.names)

    title: StrictStr
    shared: StrictBool = False

    @property
    def template(self) -> QueryTemplate:
        """What is kept."""
        return QueryTemplate(**{name: getattr(self, name) for name in QueryTemplate.model_fields})

    def to_toml(self) -> str:
        """TOML text; what is not set is left out."""
        made: dict[str, Any] = {"title": self.title, "shared": self.shared}
        made |= {"description": self.description} if self.description else {}
        made |= {"chart": self.chart} if self.chart else {}
        made |= {"source": self.source} if self.source else {}
        made |= {"skip_unchanged": True} if self.skip_unchanged else {}
        made["query"] = self.query.model_dump(mode="python", exclude_none=True)
        if self.schedule is not None:
            made["schedule"] = self.schedule.model_dump(mode="python", exclude_defaults=True)
        return tomli_w.dumps(made)

    @classmethod
    def read(cls, path: str | Path) -> TemplateFile:
        """The template in a TOML file. Raises QueryError, each fault with its field."""
        try:
            values = tomllib.loads(Path(path).read_text("utf-8-sig"))
        except (OSError, ValueError, RecursionError) as error:
            raise QueryError(
                [FieldFault(str(path), None, f"cannot be read: {why(error)}")]
            ) from None
        return cls.model_validate(values)


def frozen(query: Query, as_of: datetime) -> Query:
    """A query whose period is the dates that it means at an instant (aware), for good."""
    first, last = query.interval(as_of)
    return query.with_fields({"period": Interval.model_validate({"from": first, "to": last})})
