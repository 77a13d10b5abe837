"""Frames of a result: pandas, Altair, Parquet, Excel and plots take each as it comes."""

from __future__ import annotations

import copy
import pickle
import shutil
import tempfile
import warnings
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import altair as alt
import matplotlib as mpl
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from custdyn_widgets import Result, run, run_cdrs, run_orig_term
from custdyn_widgets.errors import QueryError, SourceError
from custdyn_widgets.sources import SAMPLE
from tests.support.small import entry, source

mpl.use("Agg")
QUERY: dict[str, Any] = {
    "period": {"from": "2025-01-01", "to": "2026-12-31"},
    "group_by": ["month", "package"],
    "currency": "EUR",
    "timezone": "Europe/Berlin",
}
AS_OF = "2026-10-15"
PAYG = ("Pay As You Go", "Total")


@pytest.fixture(scope="module")
def result() -> Result:
    return run(QUERY, "demo", as_of=AS_OF)


def every_frame(result: Result) -> dict[str, Any]:
    query = {**QUERY, "period": {"from": "2025-03-30", "to": "2025-03-30"}}
    return {
        "cells": result.cells,
        "numbers": result.numbers,
        "clients": result.clients(*PAYG, "03/2025"),
        "entries": result.entries(*PAYG, "03/2025"),
        "statement": result.entries(*PAYG, "03/2025", all=True),
        "balances": result.balances(),
        "flows": result.flows(),
        "cdrs": run_cdrs(query, "demo", as_of=AS_OF).frame(),
        "orig-term": run_orig_term(query, "demo", as_of=AS_OF).frame(),
    }


def test_every_frame_is_taken_as_it_comes(result: Result, tmp_path: Path) -> None:
    """Nothing is cast, filled or dropped first."""
    for name, frame in every_frame(result).items():
        assert not [kind for kind in frame.dtypes if kind == object], name  # noqa: E721
        few = frame.head(200)
        few.to_excel(tmp_path / f"{name}.xlsx")
        read = pd.read_excel(tmp_path / f"{name}.xlsx", index_col=0, engine="calamine")
        assert len(read) == len(few)
        frame.to_parquet(tmp_path / f"{name}.parquet")
        back = pd.read_parquet(tmp_path / f"{name}.parquet")
        assert back.dtypes.astype(str).to_dict() == frame.dtypes.astype(str).to_dict()
        few.to_json(date_format="iso")
        few.to_csv(tmp_path / f"{name}.csv")
        assert pickle.loads(pickle.dumps(few)).equals(few)  # noqa: S301
        drawn = alt.Chart(few.reset_index()).mark_point().encode(x=few.columns[-1])
        assert drawn.to_dict()
        frame.describe()
        assert type(frame[frame.index >= frame.index[0]]) is type(frame)


TRIES: dict[str, Callable[[Result], Any]] = {
    "plot the cells": lambda r: r.cells.plot(x="start", y="value"),
    "plot a row": lambda r: r.numbers["Pay As You Go / Total"].plot(),
    "plot all": lambda r: r.numbers.plot(legend=False),
    "a histogram of clients": lambda r: r.clients(*PAYG, "03/2025").value.plot.hist(),
    "by quarter": lambda r: r.numbers.resample("QE").sum(),
    "cells by quarter": lambda r: r.cells.set_index("start").value.resample("QE").sum(),
    "month of a cell": lambda r: r.cells.start.dt.month,
    "since": lambda r: r.cells[r.cells.start > "2025-03-01"],
    "one month": lambda r: r.numbers.loc["2025-03"],
    "some months": lambda r: r.numbers.loc["2025-03":"2025-06"],
    "times": lambda r: r.cells.value * 1.1,
    "round": lambda r: r.cells.value.round(1),
    "largest cells": lambda r: r.cells.nlargest(10, "value"),
    "largest clients": lambda r: r.clients(*PAYG, "03/2025").nsmallest(10, "value"),
    "a share": lambda r: r.cells.value / r.cells.value.abs().max(),
    "change": lambda r: r.numbers.pct_change(),
    "running mean": lambda r: r.numbers.rolling(3).mean(),
    "sum by block": lambda r: r.cells.groupby("block").value.sum(),
    "mean by block and row": lambda r: r.cells.groupby(["block", "row"]).value.mean(),
    "pivot": lambda r: r.cells[r.cells.package.isna()].pivot_table(
        index=["block", "row"], columns="bucket", values="value"
    ),
    "unstack": lambda r: r.cells.set_index(["block", "package", "row", "bucket"]).value.unstack(),
    "finished only": lambda r: r.cells[r.cells.state == "past"].value.mean(),
    "money only": lambda r: r.cells[r.cells.unit == "money"].value.sum(),
    "why N/A": lambda r: r.cells[r.cells.value.isna()].reason.value_counts(),
    "join": lambda r: r.clients(*PAYG, "03/2025").merge(
        r.clients(*PAYG, "04/2025"), on="client_id", how="outer"
    ),
    "by owner": lambda r: r.clients(*PAYG, "03/2025").groupby("owner_id").value.sum(),
    "entries by day": lambda r: (
        r.entries(*PAYG, "03/2025").set_index("occurred_at").value.resample("D").sum()
    ),
    "entries by service": lambda r: r.entries(*PAYG, "03/2025").groupby("service").value.sum(),
    "correlation": lambda r: r.numbers[r.numbers.columns[:4]].corr(),
    "who paid first": lambda r: (
        r.flows().query("kind == 'payg'").groupby("client_id").start.min().dt.to_period("M")
    ),
    "active and rich": lambda r: r.balances().query("active and value > 100").client_id.nunique(),
}


@pytest.mark.parametrize("name", TRIES)
def test_what_one_writes_next_works(name: str, result: Result) -> None:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Converting to PeriodArray/Index")
        made = TRIES[name](result)
    assert made is not None


def test_cells_say_what_is_running_and_in_which_unit(result: Result) -> None:
    cells = result.cells
    held = cells[(cells.block == "Clients - All") & (cells.row == "Balance")]
    assert list(held.state) == ["past"] * 21 + ["running"] + ["future"] * 2
    assert set(held.unit) == {"money"}
    assert str(cells.start.dtype) == "datetime64[us, Europe/Berlin]"
    assert cells.row.cat.ordered and cells.block.cat.categories[0] == "Clients - Active"
    levels = run({**QUERY, "group_by": ["year", "month"]}, "demo", as_of=AS_OF).cells
    assert list(levels.year.cat.categories) == ["2025", "2026"]


def test_values_are_the_cells_of_the_report(result: Result) -> None:
    expected = [cell.value for row in result.report.rows for cell in row.cells]
    exact = result.frame(exact=True).value
    assert [None if pd.isna(one) else one for one in exact] == expected
    assert [None if pd.isna(one) else one for one in result.cells.value] == [
        None if one is None else float(one) for one in expected
    ]
    assert exact.dtype == pd.ArrowDtype(pa.decimal128(18, 2))
    assert str(exact.groupby(result.cells.row).sum().dtype).startswith("decimal128")


def test_exact_columns_are_wider_only_where_a_value_needs_it() -> None:
    wide = source(
        clients=[["1", "Ada", "client", None, "EUR", "2024-01-01T00:00:00Z"]],
        ledger=[["1", "1", "2024-01-02T00:00:00Z", "refill", "1234567890123456789012.34", None]],
    )
    made = run({"period": {"from": "2024-01-01", "to": "2024-01-31"}}, wide).frame(exact=True)
    assert made.value.dtype == pd.ArrowDtype(pa.decimal128(38, 2))
    assert str(made.value.max()) == "1234567890123456789012.34"


def test_what_the_table_shows_names_a_cell(result: Result) -> None:
    clients = result.clients(*PAYG, "03/2025")
    for bucket in (
        result.table.columns[2],
        result.cells.start[2],
        result.numbers.index[2],
        pd.Timestamp("2025-03-31 23:59"),
        pd.Timestamp("2025-03-31 21:59", tz="UTC"),
        pd.Period("2025-03"),
        date(2025, 3, 1),
        datetime(2025, 3, 31, 12),
        "2025-03",
        "2025-03-10",
        2,
        result.cells.index[2],
        np.datetime64("2025-03-01"),
        pd.Period("2025-03-31 12", "h"),
    ):
        assert result.clients(*PAYG, bucket).equals(clients), bucket
    wrong = ("2024-12-31", pd.Timestamp("2027-01-01"), 24, "March", True, None, 2.5, pd.NaT)
    for bucket in (*wrong, pd.Period("2025Q1"), pd.Period("2025")):  # longer than a bucket
        with pytest.raises(QueryError, match=r"bucket.*01/2025 – 12/2026, by label, place"):
            result.clients(*PAYG, bucket)
    package: tuple[str, str] = result.table.index.tolist()[-1]
    assert package[0].startswith('Package "')
    first = result.cells.iloc[0]  # whose package is NaN
    assert len(result.clients(first.block, first.row, first.bucket, package=first.package))
    by_name = result.cells.iloc[-1]
    named = result.clients(by_name.block, by_name.row, 0, package=by_name.package)
    assert result.clients(*package, 0).equals(named)


def test_lines_of_a_comparison_are_named_as_the_table_has_them() -> None:
    query = {**QUERY, "group_by": ["year", "month"], "compare": "previous_year"}
    result = run({**query, "period": {"from": "2026-01-01", "to": "2026-03-31"}}, "demo")
    column: Any = result.table.columns[0]
    assert column == ("2026", "01/2026")
    assert result.clients(*PAYG, column).value.sum() == pytest.approx(
        float(result.report.row(*PAYG).cells[0].exact or 0)
    )
    before = result.clients(*PAYG, column, side="other")
    for bucket in (column, "01/2025", "2025-01", pd.Timestamp("2025-01-31")):  # its own name, too
        assert result.clients("Pay As You Go", "Total (Compared)", bucket).equals(before)
    with pytest.raises(QueryError, match="between two figures: ask for 'Total', with side"):
        result.entries("Pay As You Go", "Total (Δ)", column)
    assert "Pay As You Go: Total" in str(result.explain("Pay As You Go", "Total (Δ)", column))


def test_entries_add_up_to_the_cell(result: Result) -> None:
    cell = result.report.row(*PAYG).cells[2]
    entries = result.entries(*PAYG, "03/2025")
    assert round(entries.value.sum(), 2) == float(cell.value or 0)
    assert set(entries.kind) == {"payg"}
    statement = result.entries(*PAYG, "03/2025", all=True)
    assert len(statement) > len(entries) and statement.value.sum() == entries.value.sum()


def test_clients_come_the_largest_first(result: Result) -> None:
    spent = result.clients(*PAYG, "03/2025")
    assert spent.value.is_monotonic_increasing  # spending is negative
    assert result.clients("Balance Refill", "Total", "03/2025").value.is_monotonic_decreasing


def test_a_result_is_pickled_and_copied(result: Result) -> None:
    for again in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):  # noqa: S301
        assert again.report == result.report
        assert again.provenance == result.provenance
        assert again.clients(*PAYG, 2).equals(result.clients(*PAYG, 2))
    frames = run({"period": "last_year"}, source())
    lost = pickle.loads(pickle.dumps(frames))  # noqa: S301
    assert lost.to_csv() == frames.to_csv()
    with pytest.raises(SourceError, match="was in memory, which a copy does not have"):
        lost.clients("Clients - All", "Qty", 0)


def test_a_result_is_saved_by_the_ending_of_the_name(result: Result, tmp_path: Path) -> None:
    for kind in ("csv", "xlsx", "xls", "json", "html"):
        path = result.save(str(tmp_path / f"report.{kind.upper()}"))
        assert path.read_bytes() == result.to_file(kind)
    for wrong in ("report", "report.pdf", "table"):
        with pytest.raises(QueryError, match=f"'{wrong}' does not end in one of csv, xls"):
            result.save(Path(tempfile.gettempdir()) / wrong)
    with pytest.raises(QueryError, match=r"'report\.xlsx' is not one of csv"):
        result.to_file("report.xlsx")


def test_an_empty_period_has_empty_frames() -> None:
    period = {"from": "2011-12-30", "to": "2011-12-30"}
    empty = run({"period": period, "timezone": "Pacific/Apia"}, "demo")
    for frame in (empty.cells, empty.numbers, empty.balances(), empty.flows()):
        assert frame.empty
    full = run({"period": {"from": "2025-03-01", "to": "2025-03-31"}}, "demo", as_of=AS_OF)
    for name in ("balances", "flows"):
        frame, other = getattr(empty, name)(), getattr(full, name)()
        kinds = [{one: str(made[one].dtype) for one in made} for made in (frame, other)]
        assert [{**kind, "start": ""} for kind in kinds] == [{**kinds[0], "start": ""}] * 2


def test_a_source_given_by_a_relative_path_is_found_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(SAMPLE, tmp_path / "ledger")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    query = {"period": {"from": "2017-01-01", "to": "2017-12-31"}, "currency": "USD"}
    result = run(query, "ledger")
    before = result.clients("Clients - All", "Balance", 0)
    monkeypatch.chdir("other")
    assert result.entries("Balance Refill", "Total", 0).equals(
        run(query, tmp_path / "ledger").entries("Balance Refill", "Total", 0)
    )
    assert result.clients("Clients - All", "Balance", 0).equals(before)
    assert result.source.name == "ledger"


def test_exact_values_add_up_to_the_cell(result: Result, tmp_path: Path) -> None:
    cell = result.report.row(*PAYG).cells[2]
    for frame in (
        result.clients(*PAYG, 2, exact=True),
        result.entries(*PAYG, 2, exact=True),
        run_cdrs(
            {**QUERY, "period": {"from": "2025-03-01", "to": "2025-03-31"}}, "demo", as_of=AS_OF
        ).frame(exact=True),
    ):
        assert round(frame.value.sum(), 2) == cell.value
        frame.to_parquet(tmp_path / "exact.parquet")
    parts = result.clients(*PAYG, 2, exact="fractions").contribution
    assert sum(parts) == cell.exact


def test_flows_are_one_line_a_key(result: Result) -> None:
    flows = result.flows()
    assert not flows.duplicated(["client_id", "bucket", "kind", "package"]).any()
    assert set(flows.state) == {"past", "running"}
    assert set(result.balances().state) == {"past", "running", "future"}


def test_flows_without_a_rate_have_no_value() -> None:
    """A report needs no rate for entries that are in none of its rows: flows show them."""
    clients = [[1, "One", "client", None, "XXA", "2024-01-01T00:00:00Z"]]
    ledger = [
        entry(1, 1, "2024-01-31T00:00:00Z", "refill", "0.5"),
        entry(2, 1, "2024-02-01T00:00:00Z", "tax", "-0.5"),
    ]
    february = {"period": {"from": "2024-02-01", "to": "2024-02-28"}, "currency": "EUR"}
    flows = run(february, source(clients=clients, ledger=ledger)).flows()
    assert flows.amount.tolist() == [-0.5]
    assert flows.value.isna().all()


def test_utc_is_the_utc_of_pandas() -> None:
    start = run({**QUERY, "timezone": "UTC"}, "demo", as_of=AS_OF).cells.start
    mine = pd.Series(pd.date_range("2025-01-01", periods=2, freq="MS", tz="UTC").as_unit("us"))
    assert pd.concat([start, mine]).dt.month.iloc[-1] == 2


def test_the_code_of_a_report_makes_it_again(result: Result) -> None:
    names: dict[str, Any] = {}
    exec(result.code(*PAYG, "2025-03"), names)  # noqa: S102 our own text
    assert names["result"].provenance == result.provenance
    assert "result.clients('Pay As You Go', 'Total', '03/2025')" in result.code(*PAYG, 2)
    assert "# source: the data in memory" in run({}, source()).code()
