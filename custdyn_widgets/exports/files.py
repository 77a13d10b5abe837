"""What a result is as a file: CSV, Excel, JSON, HTML, text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.files import write_atomically
from custdyn_widgets.report.report import Report

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance

FILE_KINDS = ("csv", "xls", "xlsx", "json", "html")
"""The files that a report can be made into, which their names end in.

What of them the form offers is OUTPUT_TYPES, its buttons are FILES of `download.py`.
"""


class Files:
    """Methods of `Result`: `save` writes a file, the others give its bytes."""

    report: Report

    if TYPE_CHECKING:

        @property
        def provenance(self) -> Provenance:
            """Fingerprint of the data used, hash of the result, versions."""

    def to_json(self) -> bytes:
        """The report as JSON in UTF-8, with its provenance."""
        from custdyn_widgets.exports.json import to_json

        return to_json(self.report, self.provenance)

    def to_csv(self, *, delimiter: str = ",", decimal: str = ".", tidy: bool = False) -> bytes:
        """The report as CSV in UTF-8: what the table shows, numbers plain.

        `delimiter`: comma, semicolon or tab; `decimal`: point or comma. `tidy`: one line a cell,
        for machines. Raises QueryError for other signs, and for equal ones.
        """
        from custdyn_widgets.exports.csv import CsvStyle, to_csv, to_tidy_csv

        style = CsvStyle(delimiter, decimal)
        return to_tidy_csv(self.report, style) if tidy else to_csv(self.report, style)

    def to_xlsx(self) -> bytes:
        """The report as Excel XLSx: the table, charts, Info. Raises TooLarge."""
        from custdyn_widgets.exports.xlsx import to_xlsx

        return to_xlsx(self.report, self.provenance)

    def to_xls(self) -> bytes:
        """The report as Excel XLS: the table (on several sheets where it is wide) and Info.

        Raises TooLarge.
        """
        from custdyn_widgets.exports.xls import to_xls

        return to_xls(self.report, self.provenance)

    def to_text(self, width: int | None = None, *, brief: bool = False) -> str:
        """The report as a table for a terminal of `width` characters; None: as wide as it is.

        `brief`: as the file of a notebook keeps it, at most about 1 000 cells.
        """
        from custdyn_widgets.views.text import to_text

        return to_text(self.report, width, brief=brief)

    def to_file(self, kind: str) -> bytes:
        """The report as one of FILE_KINDS, or `table`. Raises QueryError for another kind."""
        makers: dict[str, Callable[[], bytes]] = {
            "csv": self.to_csv,
            "xls": self.to_xls,
            "xlsx": self.to_xlsx,
            "json": self.to_json,
            "html": lambda: self.to_html().encode(),
            "table": lambda: self.to_text().encode(),
        }
        if kind not in makers:
            raise QueryError([FieldFault("kind", kind, f"is not one of {', '.join(makers)}")])
        return makers[kind]()

    def save(self, path: str | Path) -> Path:
        """Writes the report to a file of the kind its name ends in: csv, xlsx, xls, json or html.

        The whole file takes the place of one that is there. Returns its path. Raises QueryError
        for another ending, TooLarge, and OSError where nothing can be written.

        >>> import tempfile
        >>> from custdyn_widgets import run
        >>> folder = tempfile.mkdtemp()
        >>> run({"period": "last_year"}, "sample").save(f"{folder}/report.xlsx").name
        'report.xlsx'
        """
        path = Path(path).expanduser()
        kind = path.suffix.removeprefix(".").lower()
        if kind not in FILE_KINDS:
            what = f"does not end in one of {', '.join(FILE_KINDS)}"
            raise QueryError([FieldFault("file", path.name, what)])
        write_atomically(path, self.to_file(kind))
        return path

    def file_name(self, kind: str) -> str:
        """What a file of the report is called: `customer-dynamics_2017-01-01_2017-12-31.xlsx`."""
        return f"customer-dynamics_{self.report.first:%Y-%m-%d}_{self.report.last:%Y-%m-%d}.{kind}"

    def to_html(self) -> str:
        """The report as one HTML page that needs nothing else."""
        from custdyn_widgets.views.html import to_page

        return to_page(self.report)
