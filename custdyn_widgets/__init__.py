"""Customer dynamics: who is a customer, who is active, what they hold and spend."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from custdyn_widgets.views.offline import charts_offline

if TYPE_CHECKING:
    from custdyn_widgets.connections.connect import connect
    from custdyn_widgets.errors import CustdynError
    from custdyn_widgets.listings import Cdrs, OrigTerm, run_cdrs, run_orig_term
    from custdyn_widgets.query.own_rows import Row
    from custdyn_widgets.query.query import Query
    from custdyn_widgets.query.terms import balances, clients, flows
    from custdyn_widgets.result import Result, run
    from custdyn_widgets.sources import open_source
    from custdyn_widgets.sources.rollup import make_rollup
    from custdyn_widgets.ui.app import CustomerDynamics
    from custdyn_widgets.ui.filter_form import FilterForm
    from custdyn_widgets.ui.panels.cell_panel import CellPanel
    from custdyn_widgets.ui.widgets.report_chart import ReportChart
    from custdyn_widgets.ui.widgets.table import ReportTable

_MODULES = {
    "Cdrs": "listings",
    "CellPanel": "ui.panels.cell_panel",
    "CustdynError": "errors",
    "CustomerDynamics": "ui.app",
    "FilterForm": "ui.filter_form",
    "OrigTerm": "listings",
    "Query": "query.query",
    "ReportChart": "ui.widgets.report_chart",
    "ReportTable": "ui.widgets.table",
    "Result": "result",
    "Row": "query.own_rows",
    "balances": "query.terms",
    "clients": "query.terms",
    "connect": "connections.connect",
    "flows": "query.terms",
    "make_rollup": "sources.rollup",
    "open_source": "sources",
    "run": "result",
    "run_cdrs": "listings",
    "run_orig_term": "listings",
}
"""Where each public name comes from: it is imported when it is first used."""

__all__ = [
    "Cdrs",
    "CellPanel",
    "CustdynError",
    "CustomerDynamics",
    "FilterForm",
    "OrigTerm",
    "Query",
    "ReportChart",
    "ReportTable",
    "Result",
    "Row",
    "balances",
    "clients",
    "connect",
    "flows",
    "make_rollup",
    "open_source",
    "run",
    "run_cdrs",
    "run_orig_term",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f".{_MODULES[name]}", __name__), name)
    return found


def __dir__() -> list[str]:
    return [*__all__, *(name for name in globals() if name.startswith("__"))]


charts_offline()
