"""The body of a mail: the summary of the report, as HTML and as text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from custdyn_widgets.query.query import Query
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.facts import AS_OF, facts
from custdyn_widgets.views.table import TITLE, BlockRow, TableRow, table_of

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance

SAID = ("Interval", f"{AS_OF}, in the zone", "Source", "Client Type", "Group By", "Currency")
"""Facts of a report that a mail says; the file attached says all."""
MAX_ROWS, MAX_COLUMNS = 16, 6
NAME_WIDTH = 26
FONT = "font-family:-apple-system,Segoe UI,Roboto,Noto Sans,Arial,sans-serif"
PAPER, INK, DIM, LINE, BAND, RED = "#ffffff", "#1d2129", "#5f6672", "#dcdfe4", "#f3f4f6", "#b3261e"


@dataclass(frozen=True)
class Letter:
    """What a mail says besides the report's figures.

    `notes` stand at the top: that the report is late, or that its file was too big; `picture` is
    the content id of the chart, None without one; `link` leads to the page with this query.
    """

    title: str
    file: str
    notes: tuple[str, ...] = ()
    picture: str | None = None
    link: str | None = None


@dataclass(frozen=True)
class _Row:
    name: str
    texts: tuple[str, ...] = ()
    heading: bool = False


def html_body(report: Report, proof: Provenance, letter: Letter) -> str:
    """The body in HTML, its looks inline: mail programs keep no style sheets."""
    said = "".join(
        f'<tr><td style="padding:2px 16px 2px 0;color:{DIM};white-space:nowrap">{escape(label)}'
        f'</td><td style="padding:2px 0">{escape(text)}</td></tr>'
        for label, text in _summary(report)
    )
    notes = "".join(
        f'<p style="margin:0 0 12px;padding:8px 12px;background:#fff4e0;border-left:4px solid '
        f'#e08a00">{escape(note)}</p>'
        for note in letter.notes
    )
    picture = (
        f'<p style="margin:20px 0 0"><img src="cid:{letter.picture}" alt="Chart of the report" '
        'style="max-width:100%;height:auto;border:0"></p>'
        if letter.picture
        else ""
    )
    link = (
        f'<p style="margin:20px 0 0"><a href="{escape(letter.link)}" style="display:inline-block;'
        "padding:9px 18px;background:#1565c0;color:#ffffff;text-decoration:none;border-radius:4px"
        '">Open this query on the page</a></p>'
        if letter.link
        else ""
    )
    kind = "" if letter.title == TITLE else f'<p style="margin:0;color:{DIM}">{TITLE}</p>'
    end = "<br>".join(escape(line) for line in _end(report, proof, letter))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(letter.title)}</title></head>"
        f'<body style="margin:0;padding:24px;background:{PAPER};color:{INK};{FONT};font-size:14px;'
        f'line-height:1.45"><div style="max-width:860px;margin:0 auto">'
        f"{kind}"
        f'<h1 style="margin:2px 0 16px;font-size:22px;font-weight:600">{escape(letter.title)}</h1>'
        f'{notes}<table role="presentation" style="border-collapse:collapse;margin:0 0 18px">{said}'
        f'</table><div style="overflow-x:auto">{_html_table(report)}</div>{picture}{link}'
        f'<p style="margin:24px 0 0;padding-top:12px;border-top:1px solid {LINE};color:{DIM};'
        f'font-size:12px;word-break:break-all">{end}</p></div></body></html>\n'
    )


def text_body(report: Report, proof: Provenance, letter: Letter) -> str:
    """The body as plain text."""
    width = max(len(label) for label, _ in _summary(report))
    parts = [
        letter.title,
        *letter.notes,
        "\n".join(f"{label + ':':<{width + 1}} {text}" for label, text in _summary(report)),
        _text_table(report),
        *([f"This query on the page: {letter.link}"] if letter.link else []),
        "\n".join(_end(report, proof, letter)),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(report: Report) -> list[tuple[str, str]]:
    return [(one.label.partition(",")[0], one.text) for one in facts(report) if one.label in SAID]


def _end(report: Report, proof: Provenance, letter: Letter) -> Iterable[str]:
    yield f"File: {letter.file}" if letter.file else "No file is attached."
    if left := _left_out(report):
        yield left
    yield f"Data fingerprint: {proof.fingerprint}"
    yield f"Result hash: {proof.result}"
    yield f"Query: {_asked(report.query)}"


def _asked(query: Query) -> str:
    """A query as JSON in one line, without what is left at its default."""
    default = Query().to_dict()
    values = {name: value for name, value in query.to_dict().items() if value != default[name]}
    return json.dumps({"period": query.to_dict()["period"], **values}, ensure_ascii=False)


def _left_out(report: Report) -> str:
    rows = sum(len(row.lines) for row in report.rows)
    shown = sum(not row.heading for row in _rows(report))
    columns, all_columns = len(_columns(report)), len(report.buckets)
    if (shown, columns) == (rows, all_columns):
        return ""
    return f"Shown: the first {shown} of {rows} rows, the last {columns} of {all_columns} columns."


def _columns(report: Report) -> Sequence[int]:
    return range(max(len(report.buckets) - MAX_COLUMNS, 0), len(report.buckets))


def _rows(report: Report) -> list[_Row]:
    places = _columns(report)
    made = []
    for row in table_of(report).rows:
        if isinstance(row, BlockRow):
            made.append(_Row(row.title, heading=True))
        elif isinstance(row, TableRow):
            made.append(_Row(row.line.name, tuple(row.line.texts[place] for place in places)))
    made = made[:MAX_ROWS]
    while made and made[-1].heading:
        made.pop()
    return made


def _labels(report: Report) -> list[str]:
    return [
        " ".join((*report.buckets[place].parents, report.buckets[place].label))
        for place in _columns(report)
    ]


def _html_table(report: Report) -> str:
    right = f"padding:5px 10px;text-align:right;white-space:nowrap;border-bottom:1px solid {LINE}"
    left = f"padding:5px 10px;text-align:left;border-bottom:1px solid {LINE};font-weight:normal"
    head = "".join(f'<th style="{right};color:{DIM}">{escape(one)}</th>' for one in _labels(report))
    body = ""
    for row in _rows(report):
        if row.heading:
            body += (
                f'<tr><th scope="colgroup" colspan="{len(_columns(report)) + 1}" style="{left};'
                f'font-weight:600;background:{BAND}">{escape(row.name)}</th></tr>'
            )
            continue
        cells = "".join(
            f'<td style="{right};color:{_colour(text)}">{escape(text)}</td>' for text in row.texts
        )
        body += f'<tr><th scope="row" style="{left}">{escape(row.name)}</th>{cells}</tr>'
    return (
        '<table style="border-collapse:collapse;font-size:13px;font-variant-numeric:tabular-nums">'
        f'<thead><tr><th style="{left}"></th>{head}</tr></thead><tbody>{body}</tbody></table>'
    )


def _colour(text: str) -> str:
    return RED if text.startswith("-") else DIM if text == "N/A" else INK


def _text_table(report: Report) -> str:
    labels, rows = _labels(report), _rows(report)
    widths = [
        max(len(label), *(len(row.texts[place]) for row in rows if row.texts), 0)
        for place, label in enumerate(labels)
    ]
    lines = [_text_line("", labels, widths)]
    lines += [
        row.name if row.heading else _text_line(f"  {row.name}", row.texts, widths) for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _text_line(name: str, texts: Sequence[str], widths: Sequence[int]) -> str:
    cells = "  ".join(f"{text:>{width}}" for text, width in zip(texts, widths, strict=True))
    return f"{name[:NAME_WIDTH]:<{NAME_WIDTH}}  {cells}"
