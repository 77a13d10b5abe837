"""A part: a widget of a report, by itself or with others, and the figure that is selected in it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import traitlets
from ipywidgets import CallbackDispatcher

from custdyn_widgets.drill.cell import Selection, select, selected_of
from custdyn_widgets.errors import CustdynError, FieldFault, NoReport, NothingSelected, QueryError
from custdyn_widgets.result import Result
from custdyn_widgets.ui.error_boundary import log
from custdyn_widgets.ui.output import Live
from custdyn_widgets.ui.widgets.assets import style
from custdyn_widgets.ui.widgets.basic import Widget

if TYPE_CHECKING:
    from custdyn_widgets.report.frames import Frame

Selected = Callable[[Selection], None]


class SelectionTrait(traitlets.Dict):
    """The address of a figure, as the report has it."""

    def __init__(self) -> None:
        super().__init__(default_value=None, allow_none=True)
        self.tag(sync=True)

    def validate(self, obj: Any, value: Any) -> Any:
        """Raises QueryError for what the report does not have."""
        chosen = super().validate(obj, value)
        if chosen is None or obj.report is None:
            return chosen
        return selected_of(obj.report.report, select(obj.report.report, chosen))


class Part(Live, Widget):
    """Shows something of `report`, a Result, or nothing while that is None.

    `of`: the Result, or what it follows: a FilterForm, a CustomerDynamics or another part, whose
    `report` and `selection` it shares. `selection` is the address of a figure: `block`, `row`,
    `package`, `line` (as in a comparison) and `bucket`; None selects nothing. Setting it takes
    what `Result.clients` takes, and raises QueryError for what the report does not have. It stays
    as long as a new report has that figure.
    """

    alone = traitlets.Bool(False).tag(sync=True)
    selection: Any = SelectionTrait()
    cell = traitlets.List().tag(sync=True)
    report = traitlets.Instance(Result, allow_none=True)

    def __init__(
        self, of: Any = None, *, on_error: Callable[[str], None] | None = None, **traits: Any
    ) -> None:
        self._tell = on_error or log.error
        self._on_select = CallbackDispatcher()
        if alone := on_error is None:
            self._css = style()
        super().__init__(alone=alone, **traits)
        self.observe(self._changed, ["report", "selection"])
        if of is not None:
            self._follow(of)

    def _follow(self, of: Any) -> None:
        if isinstance(of, Result):
            self.report = of
        elif isinstance(of, traitlets.HasTraits) and of.has_trait("report"):
            traitlets.dlink((of, "report"), (self, "report"))
            if of.has_trait("selection"):
                traitlets.link((of, "selection"), (self, "selection"))
        else:
            what = "takes a Result, a FilterForm, a CustomerDynamics, or another part"
            raise QueryError([FieldFault("of", type(of).__name__, what)])

    def on_select(self, f: Selected, remove: bool = False) -> None:
        """Has `f` called with the selection when a reader clicks a figure, or presses Enter on it.

        `remove`: no longer. `observe(f, "selection")` is for every change, also from Python.
        """
        self._on_select.register_callback(f, remove=remove)

    @property
    def selected(self) -> Frame:
        """The line of `Result.cells` that is selected. Raises NothingSelected."""
        made, at = self._at
        row, _, column = at
        return made.cells.iloc[[row * len(made.report.buckets) + column]].reset_index(drop=True)

    @property
    def clients(self) -> Frame:
        """The clients behind the figure that is selected; see `Result.clients`."""
        made, address = self._address
        return made.clients(**address)

    @property
    def entries(self) -> Frame:
        """The entries behind it; where it counts clients, all of theirs. See `Result.entries`."""
        made, address = self._address
        row = made.report.rows[self.cell[0]]
        counts = row.formula.numerator.counts if row.formula is not None else ""
        return made.entries(**address, all=counts == "clients")

    @property
    def code(self) -> str:
        """Python that makes the report again, and lists the clients of what is selected."""
        if self.selection is None:
            return self._made.code()
        made, address = self._address
        return made.code(address["block"], address["row"], address["bucket"], side=address["side"])

    @property
    def _made(self) -> Result:
        made: Result | None = self.report
        if made is None:
            raise NoReport
        return made

    @property
    def _at(self) -> tuple[Result, list[Any]]:
        made = self._made
        if not self.cell:
            raise NothingSelected
        return made, self.cell

    @property
    def _address(self) -> tuple[Result, dict[str, Any]]:
        made, (row, line, column) = self._at
        own = made.report.rows[row]
        side = "other" if line == "other" else "value"
        return made, {"block": own.title, "row": own.row, "bucket": column, "side": side}

    def _changed(self, change: Any) -> None:
        if change["name"] == "report":
            self._reported()
        cell: list[Any] = []
        if self.selection is not None and self.report is not None:
            try:
                cell = list(select(self.report.report, self.selection))
                self.selection = selected_of(self.report.report, (cell[0], cell[1], cell[2]))
            except CustdynError:  # the new report does not have it
                self.selection = None
                return
        if cell != self.cell:
            self.cell = cell
            self._moved()

    def _reported(self) -> None:
        """Another report is there, or none."""

    def _moved(self) -> None:
        """Another figure is selected, or none."""

    def _opened(self, row: int, line: str, column: int) -> None:
        """A reader has clicked a figure."""
        if self.report is None:
            return
        report = self.report.report
        if 0 <= row < len(report.rows) and 0 <= column < len(report.buckets):
            self.selection = selected_of(report, (row, line, column))
            self._on_select(self.selection)
