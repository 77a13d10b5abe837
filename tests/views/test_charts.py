"""Charts: checked specs, drawn of the report's own cells, never of anything else."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest

from custdyn_widgets import Result, run
from custdyn_widgets.errors import QueryError
from custdyn_widgets.model.definitions import ACTIVE, BALANCE_REFILL, PACKAGE, PAY_AS_YOU_GO
from custdyn_widgets.views.chart_altair import DATASET
from custdyn_widgets.views.chart_spec import KINDS, PRE_CONFIGURED, ChartError, ChartSpec, points_of
from tests.support.hostile import CORPUS
from tests.support.small import entry, make, source
from tests.support.vega import SCRIPT, made

LEDGER = [
    entry(1, 1, "2024-01-10T00:00:00Z", "refill", "10"),
    entry(2, 1, "2024-03-10T00:00:00Z", "refill", "40"),
    entry(3, 1, "2024-04-10T00:00:00Z", "refill", "30"),
    entry(4, 1, "2024-04-11T00:00:00Z", "payg", "-4"),
    entry(5, 1, "2023-04-11T00:00:00Z", "payg", "-3"),
    entry(6, 1, "2024-01-12T00:00:00Z", "package_activation", "-1", 7),
    entry(7, 1, "2024-02-12T00:00:00Z", "package_renewal", "-2", 8),
]
TABLES = {"ledger": LEDGER, "packages": [[7, "Gold"], [8, "Silver"]]}
LINE = {"block": BALANCE_REFILL, "row": "Total"}
EACH = {"block": PACKAGE, "row": "Renew Qty", "kind": "column"}


def report(**fields: Any) -> Result:
    return make(TABLES, **{"group_by": ["month", "package"], **fields})


def spec(*series: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"title": "A chart", "series": list(series), **fields}


def records(drawn: Any) -> list[dict[str, Any]]:
    (data,) = drawn.to_dict()["datasets"].values()
    return list(data)


@pytest.mark.parametrize("compare", [None, "previous_year"])
def test_a_template_draws_the_cells_of_its_row(compare: str | None) -> None:
    result = report(compare=compare)
    for title in PRE_CONFIGURED:
        draws_its_cells(result, title, compare)


def draws_its_cells(result: Result, title: str, compare: str | None) -> None:
    import altair as alt

    drawn = result.chart(title)
    assert compare or isinstance(drawn, alt.Chart)
    series = PRE_CONFIGURED[title].series[0]
    row = result.report.row(series.block, series.row)
    shown = [
        (one["x"], one["shown"], one["value"]) for one in records(drawn) if one["side"] == "own"
    ]
    wanted = [
        (bucket.label, str(cell), None if cell.value is None else float(cell.value))
        for bucket, cell in zip(result.report.buckets, row.cells, strict=True)
    ]
    assert shown == wanted
    others = [one["shown"] for one in records(drawn) if one["side"] == "other"]
    assert others == ([str(cell) for cell in row.compared.other] if row.compared else [])


@pytest.mark.parametrize("compare", [None, pytest.param("previous_year", marks=pytest.mark.long)])
def test_every_kind_is_drawn_on_both_axes(compare: str | None) -> None:
    result = report(compare=compare)
    for kind in KINDS:
        every_stacking_is_drawn(result, kind, compare)


def every_stacking_is_drawn(result: Result, kind: str, compare: str | None) -> None:
    right = {"block": ACTIVE, "row": "Qty", "axis": "right", "colour": "#123456"}
    for stacking in ("amount", "share"):
        asked = spec(
            {**LINE, "kind": kind},
            {"block": PAY_AS_YOU_GO, "row": "Total", "kind": kind},
            {**right, "kind": kind},
            stacking=stacking,
            values_shown=True,
            legend="right",
        )
        drawn = result.chart(asked).to_dict()
        text = json.dumps(drawn)
        assert '"orient": "right"' in text and "#123456" in text and '"independent"' in text
        assert ("Share" in text) == (stacking == "share" and kind in ("stacked_column", "area"))
        assert ("strokeDash" in text) >= bool(compare)


def test_na_is_none_and_breaks_areas_into_runs() -> None:
    drawn = report().chart(spec({**LINE, "kind": "area"}))
    shown = [(one["value"], one["run"]) for one in records(drawn)][:5]
    assert shown == [
        (10, 0), (None, None), (40, 1), (30, 1), (None, None),
    ]  # fmt: skip


def test_areas_lie_on_each_other_as_amounts_and_as_shares() -> None:
    series = [
        {**LINE, "kind": "area"},
        {"block": BALANCE_REFILL, "row": "Avg", "kind": "area"},
        {"block": PAY_AS_YOU_GO, "row": "Total", "kind": "area"},
    ]
    edges, result = {}, report()
    for stacking in ("amount", "share"):
        april = [one for one in records(result.chart(spec(*series, stacking=stacking)))
                 if one["x"] == "04/2024"]  # fmt: skip
        edges[stacking] = [(one["base"], one["top"]) for one in april]
    assert edges["amount"] == [(0, 30), (30, 60), (0, -4)]
    assert edges["share"] == [(0, 30 / 64), (30 / 64, 60 / 64), (0, -4 / 64)]


def test_buckets_that_are_not_over_are_parts_of_their_own() -> None:
    query = {"period": {"from": "2024-01-01", "to": "2024-12-31"}}
    result = run(query, source(**TABLES), as_of=datetime(2024, 3, 15, tzinfo=UTC))
    drawn = result.chart(spec({"block": ACTIVE, "row": "Qty"}))
    parts = [one["parts"] for one in records(drawn)]
    assert parts[:4] == [["past"], ["past", "later"], ["later"], ["later"]]
    assert "period not finished" in json.dumps(drawn.to_dict())


def test_packages_stand_on_the_axis_for_one_bucket() -> None:
    result = report()
    drawn = result.chart(spec(EACH, x="package", bucket="02/2024"))
    assert [(one["x"], one["value"]) for one in records(drawn)] == [("Gold", 0), ("Silver", 1)]
    last = result.chart(spec(EACH, x="package"))
    assert {one["bucket"] for one in records(last)} == {"12/2024"}
    with pytest.raises(ChartError, match="no bucket"):
        result.chart(spec(EACH, x="package", bucket="02/1999"))


def test_small_multiples_have_one_chart_for_each_package() -> None:
    drawn = report(compare="previous_year").chart(spec(EACH, small_multiples=True))
    assert drawn.to_dict()["facet"]["field"] == "package"
    assert {one["package"] for one in records(drawn)} == {"Gold", "Silver"}
    assert len(records(drawn)) == 2 * 12 * 2


def test_one_package_is_a_series_and_one_that_did_nothing_is_zero() -> None:
    gold = {"block": PACKAGE, "row": "Activation Qty", "package": "Gold"}
    drawn = report().chart(spec(gold, {**gold, "package": "Platinum"}))
    by_name: dict[str, list[Any]] = {}
    for one in records(drawn):
        by_name.setdefault(one["name"], []).append(one["value"])
    assert by_name['Package "Gold": Activation Qty'][:2] == [1, 0]
    assert by_name['Package "Platinum": Activation Qty'] == [0] * 12


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"group_by": ["month"]}, "group the report by Package Name"),
        ({"period": {"from": "2020-01-01", "to": "2020-12-31"}}, "no package to draw"),
        ({"period": {"from": "2011-12-30", "to": "2011-12-30"}, "timezone": "Pacific/Apia",
          "group_by": ["date", "package"]}, "no column"),
    ],
)  # fmt: skip
def test_what_a_report_does_not_have_is_said(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ChartError, match=message):
        report(**fields).chart(spec(EACH, small_multiples=True))


@pytest.mark.parametrize(
    ("wrong", "field", "message"),
    [
        (spec(), "series", "at least 1"),
        (spec(LINE, title=""), "title", "1 to 120"),
        (spec(LINE, title="a\nb"), "title", "control character"),
        (spec(LINE, titel="x"), "titel", "did you mean title"),
        (spec({**LINE, "block": "Balance Refil"}), "series.0", "did you mean Balance Refill"),
        (spec({**LINE, "row": "Totl"}), "series.0", "did you mean Total"),
        (spec({**LINE, "package": "Gold"}), "series.0", "only with the block Package"),
        (spec({**LINE, "kind": "pie"}), "series.0.kind", "line, column"),
        (spec({**LINE, "axis": "top"}), "series.0.axis", "left, right"),
        (spec({**LINE, "colour": "url(x)"}), "series.0.colour", "not a colour"),
        (spec(LINE, x="package"), "series.0", "not a row of every package"),
        (spec(EACH), "series.0", "a row of every package"),
        (spec(EACH, x="package", small_multiples=True), "small_multiples", "goes with X = Time"),
        (spec(LINE, bucket="01/2024"), "bucket", "only with X = Package"),
        (spec(LINE, legend="left"), "legend", "bottom, top"),
        (spec(LINE, transform=[{"calculate": "1"}]), "transform", "is not a field"),
    ],
)
def test_a_chart_that_is_wrong_is_refused_with_its_field(
    wrong: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(QueryError) as raised:
        ChartSpec.model_validate(wrong)
    assert field in [fault.field for fault in raised.value.faults]
    assert message in str(raised.value)


def test_a_chart_survives_json() -> None:
    for chart in (*PRE_CONFIGURED.values(), ChartSpec.model_validate(spec(EACH, x="package"))):
        assert ChartSpec.model_validate_json(chart.to_json()) == chart


def test_hostile_names_are_only_ever_data() -> None:
    lone = [name for name in CORPUS if any("\ud800" <= one <= "\udfff" for one in name)]
    names = [name for name in CORPUS if name not in lone and "\0" not in name and name][::6]
    ledger = [
        entry(number, 1, "2024-01-12T00:00:00Z", "package_renewal", "-1", number)
        for number in range(len(names))
    ]
    packages = list(map(list, enumerate(names)))
    result = make({"ledger": ledger, "packages": packages}, group_by=["month", "package"])
    for chart in (spec(EACH, x="package"), spec(EACH, small_multiples=True)):
        drawn = result.chart_spec(chart)
        data = drawn.pop("datasets")[DATASET]
        points = points_of(result.report, ChartSpec.model_validate(chart))
        assert {one["package"] for one in data} == {point.package for point in points}
        for places in _places(drawn):  # outside the data, names are in lists of values alone
            assert places in ("sort", "domain"), places


def _places(made: Any, key: str = "") -> set[str]:
    """Under which keys a text of the corpus stands."""
    if isinstance(made, dict):
        return {place for name, one in made.items() for place in _places(one, name)}
    if isinstance(made, list):
        return {place for one in made for place in _places(one, key)}
    return {key} if isinstance(made, str) and len(made) > 2 and made in CORPUS else set()


def test_chart_data_as_csv_are_exact_and_guarded() -> None:
    result = report(compare="previous_year")
    lines = result.chart_csv("Balance Refill: Total").decode("utf-8-sig").splitlines()
    assert lines[0] == '"series","package","period","bucket","value"'
    assert lines[1] == '"Balance Refill: Total","","own","01/2024",10.00'
    assert lines[2] == '"Balance Refill: Total","","other","01/2023",'


def test_a_name_that_is_no_chart_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(QueryError, match=r"is not one of Clients - Active: Qty"):
        report().chart("Nothing")


def test_altair_comes_only_when_a_chart_is_asked_for() -> None:
    script = (
        "import sys; from custdyn_widgets import CustomerDynamics, run\n"
        "result = run({}, 'sample'); app = CustomerDynamics('sample'); result.to_xlsx()\n"
        "assert not {'altair', 'sqlalchemy'} & set(sys.modules), 'too early'\n"
        "result.chart('Clients - Active: Qty'); assert 'altair' in sys.modules\n"
        # what takes two seconds to come does when it is needed, and then checks as ever
        "from jsonschema import Draft202012Validator as Draft\n"
        "assert 'rfc3987_syntax' not in sys.modules\n"
        "Draft.FORMAT_CHECKER.check('https://example.org/ä', 'iri')\n"
        "assert not Draft.FORMAT_CHECKER.conforms('no iri', 'iri')\n"
        "assert 'rfc3987_syntax' in sys.modules\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, check=False)
    assert ended.returncode == 0, ended.stderr.decode()


def test_the_renderer_needs_no_network_and_is_known_by_name() -> None:
    import altair as alt

    from custdyn_widgets.ui.chart_output import renderer

    assert "custdyn" in alt.renderers.names()
    shown = renderer(report().chart("Clients - Active: Qty").to_dict())
    assert "application/vnd.jupyter.widget-view+json" in shown


def test_vegas_script_is_the_one_that_vl_convert_carries() -> None:
    assert SCRIPT.read_text("utf-8") == made()


def test_a_block_of_every_page_row_can_be_drawn() -> None:
    result = report()
    for row in result.report.rows:
        series = {"block": row.block, "row": row.row, "package": row.package}
        shown = [one["shown"] for one in records(result.chart(spec(series)))]
        assert shown == [str(cell) for cell in row.cells]
