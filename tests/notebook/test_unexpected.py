"""What an analyst does next: parts alone, wrong links, data that changes, odd arguments."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from custdyn_widgets import (
    CellPanel,
    CustomerDynamics,
    FilterForm,
    ReportChart,
    ReportTable,
    open_source,
    run,
)
from custdyn_widgets.errors import QueryError, SourceChanged, SourceError
from custdyn_widgets.ui.output import WIDGET, Live
from tests.support.cdnow import frames

YEAR = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}


@pytest.mark.parametrize(
    "part", [FilterForm, ReportTable, ReportChart, CellPanel, CustomerDynamics]
)
def test_each_part_is_shown_alone(part: type[Live], monkeypatch: pytest.MonkeyPatch) -> None:
    """No trait of a part hides what shows it."""
    shown: list[Any] = []
    monkeypatch.setattr("IPython.display.display", lambda data, **_: shown.append(data))
    made = (
        part("sample", YEAR)
        if part in (FilterForm, CustomerDynamics)
        else part(run(YEAR, "sample"))
    )
    made._ipython_display_()
    assert WIDGET in shown[-1] and "text/html" in shown[0]
    made.close()


@pytest.mark.parametrize("link", ["period=last_yeer", "currency=XYZ", "active_duration=x"])
@pytest.mark.parametrize("part", [FilterForm, CustomerDynamics])
def test_a_wrong_link_makes_no_other_report(part: Any, link: str) -> None:
    with pytest.raises(QueryError, match=r"query: is no link"):
        part("sample", query=link, run=True)


def test_form_and_source_of_a_part_are_read(tmp_path: Path) -> None:
    app = CustomerDynamics("sample", YEAR)
    for part, name in ((app, "form"), (app, "source"), (app.form, "source")):
        with pytest.raises(AttributeError):
            setattr(part, name, "demo")
    assert "sample" in repr(app)
    app.close()


def test_what_is_behind_a_cell_is_of_the_report_or_an_error(tmp_path: Path) -> None:
    for name, frame in frames("payg").items():
        frame.to_csv(tmp_path / f"{name}.csv", index=False)
    query = {"period": {"from": "1998-01-01", "to": "1998-12-31"}, "group_by": []}
    result = run(query, str(tmp_path))
    cell = ("Pay As You Go", "Total", 0)
    before = result.clients(*cell).value.sum()
    assert before == pytest.approx(result.entries(*cell).value.sum())
    ledger = pd.read_csv(tmp_path / "ledger.csv", dtype=str)
    more = {"entry_id": "9999999", "amount": "-1000", "occurred_at": "1998-03-01T00:00:00Z"}
    pd.concat([ledger, ledger.head(1).assign(**more)]).to_csv(tmp_path / "ledger.csv", index=False)
    for behind in (result.clients, result.entries, result.clients):
        with pytest.raises(SourceChanged, match="no longer adds up to it; run it again"):
            behind(*cell)
    assert "the data has changed" in str(result.explain(*cell))
    again = run(query, str(tmp_path))
    assert again.entries(*cell).value.sum() == pytest.approx(before - 1000)


def test_a_package_is_a_text_or_none() -> None:
    result = run(YEAR, "sample")
    cell = ("Packages", "Activation Total", 1)
    nones: list[Any] = [None, np.nan, pd.NA]
    wrongs: list[Any] = [3, [1], {"a": 1}]
    for none in nones:
        result.clients(*cell, package=none)
    for wrong in wrongs:
        with pytest.raises(QueryError, match=r"package: .* is not the name of one, a text"):
            result.clients(*cell, package=wrong)


def test_a_copy_without_its_data_says_so() -> None:
    result = copy.deepcopy(run({}, frames("payg")))
    with pytest.raises(SourceError, match="was in memory, which a copy does not have"):
        result.clients("Clients - All", "Qty", 0)


def test_terms_in_one_text_are_to_be_a_list() -> None:
    with pytest.raises(QueryError, match=r"several terms in one text: give a list"):
        run({**YEAR, "rows": [{"label": "x", "sum": "-flows.spent + flows.refill"}]}, "sample")


def test_an_amount_that_is_too_fine_is_not_to_be_rounded_away() -> None:
    tables = frames("payg")
    tables["ledger"] = tables["ledger"].assign(amount="-1")
    tables["ledger"].loc[tables["ledger"].index[0], "amount"] = "-0.1234567890123"
    assert "round it to 2 decimals" in str(open_source(tables).check().faults[0])
