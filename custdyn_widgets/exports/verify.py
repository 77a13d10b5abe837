"""Reads an exported file and compares it with its report made again."""

from __future__ import annotations

import io
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from custdyn_widgets.errors import CustdynError
from custdyn_widgets.files import why
from custdyn_widgets.model.blocks import definitions
from custdyn_widgets.model.currencies import minor_units
from custdyn_widgets.model.definitions import LINES, PACKAGE, PERCENT_DECIMALS, RATIO_DECIMALS
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.difference import Difference, Key, cells_of, diff, json_cells
from custdyn_widgets.views.facts import AS_OF

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance
    from custdyn_widgets.report.report import Report

SAME, DATA_CHANGED, DEFINITION_CHANGED = "same", "data changed", "definition changed"


class NotVerifiable(CustdynError):
    """A file does not carry what verifying needs."""

    exit_code = 2

    def __init__(self, name: str, what: str) -> None:
        super().__init__(f"{name}: {what}; give a JSON, XLSX or XLS file that this package made")


@dataclass(frozen=True)
class SavedFile:
    """What a file says: how to make its report again, and its cells, as text."""

    query: Query
    as_of: datetime
    fingerprint: str
    result: str
    definitions: str
    cells: dict[Key, str]
    changes: bool
    """Whether `cells` hold the changes of a comparison, too."""


@dataclass(frozen=True)
class Verdict:
    """The answer, and the cells that differ: old → new."""

    answer: str
    differences: list[Difference]


def read_saved(path: Path) -> SavedFile:
    """What a JSON, XLSX or XLS file of this package says. Raises NotVerifiable."""
    reader: Callable[[bytes], SavedFile] | None = {
        ".json": _from_json,
        ".xlsx": _from_xlsx,
        ".xls": _from_xls,
    }.get(path.suffix.lower())
    if reader is None:
        raise NotVerifiable(path.name, "this kind of file carries no query")
    try:
        return reader(path.read_bytes())
    except OSError as error:
        raise NotVerifiable(path.name, f"it cannot be read: {why(error)}") from None
    except CustdynError:
        raise
    except Exception as error:  # whatever a parser of a foreign file may raise
        raise NotVerifiable(path.name, f"it is not such a file ({type(error).__name__})") from None


def compare(filed: SavedFile, report: Report, now: Provenance) -> Verdict:
    """Lays a file beside the report made again from its query, as of its instant."""
    differences = diff(filed.cells, cells_of(report, changes=filed.changes))
    if filed.fingerprint != now.fingerprint:
        answer = DATA_CHANGED
    elif filed.definitions != now.definitions or filed.result != now.result:
        answer = DEFINITION_CHANGED
    else:
        answer = DATA_CHANGED if differences else SAME  # cells edited by hand
    return Verdict(answer, differences)


def _from_json(content: bytes) -> SavedFile:
    made = json.loads(content)
    proof = made["provenance"]
    return SavedFile(
        Query.model_validate(made["query"]),
        datetime.fromisoformat(made["as_of"]),
        proof["fingerprint"],
        proof["result"],
        proof["definitions"],
        json_cells(made),
        changes=False,
    )


def _from_xlsx(content: bytes) -> SavedFile:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True)
    return _from_sheets(
        {
            page.title: [list(map(_plain_text, row)) for row in page.iter_rows(values_only=True)]
            for page in book.worksheets
        }
    )


def _from_xls(content: bytes) -> SavedFile:
    import xlrd

    book = xlrd.open_workbook(file_contents=content)
    return _from_sheets(
        {page.name: [page.row_values(row) for row in range(page.nrows)] for page in book.sheets()}
    )


def _plain_text(value: Any) -> Any:
    return value.replace("_x005F_", "_") if isinstance(value, str) else value


def _from_sheets(pages: dict[str, list[list[Any]]]) -> SavedFile:
    from custdyn_widgets.exports.data_sheet import DATA, RATES
    from custdyn_widgets.exports.sheets import DEFINITIONS, FINGERPRINT, QUERY, RESULT

    info: dict[str, str] = {}
    for row in pages.pop("Info"):
        if len(row) > 1 and row[0]:
            label = str(row[0])
            info[label] = info.get(label, "") + str(row[1]) if label == QUERY else str(row[1])
    for beside in ("Charts", DATA, RATES):
        pages.pop(beside, None)
    query = Query.model_validate(tomllib.loads(info[QUERY]))
    cells: dict[Key, str] = {}
    for rows in pages.values():
        cells |= dict(_sheet_cells(rows, query))
    return SavedFile(
        query,
        datetime.fromisoformat(info[AS_OF]),
        info[FINGERPRINT],
        info[RESULT],
        info[DEFINITIONS],
        cells,
        changes=True,
    )


def _sheet_cells(rows: list[list[Any]], query: Query) -> Iterator[tuple[Key, str]]:
    places = {"percent": PERCENT_DECIMALS, "ratio": RATIO_DECIMALS, "quantity": 0}
    places["money"] = minor_units(str(query.currency))
    units = dict(_units(query))
    from custdyn_widgets.exports.sheets import LINES_ABOVE

    header = LINES_ABOVE + max(len(query.time_units), 1) - 1
    labels = [
        str(label).partition(" (")[0] for label in rows[header][1:] if label not in (None, "")
    ]
    title = ""
    for row in rows[header + 1 + (query.compare is not None) :]:
        name, values = str(row[0]), row[1 : 1 + len(labels)]
        if all(value in (None, "") for value in values):
            title = name
            continue
        block = PACKAGE if title.startswith(f'{PACKAGE} "') else title
        unit = units[block, name]
        for label, value in zip(labels, values, strict=True):
            if not isinstance(value, str):
                value = f"{Decimal(repr(value)):.{places[unit]}f}"
            yield (title, name, label), value


def _units(query: Query) -> Iterator[tuple[tuple[str, str], str]]:
    """What a line counts in, by its block and its name in the sheet."""
    for (block, row), defined in definitions(query.own).items():
        yield (block, row), defined.unit
        for key, line in LINES.items():
            yield (block, f"{row} ({line.label})"), "percent" if key == "percent" else defined.unit
