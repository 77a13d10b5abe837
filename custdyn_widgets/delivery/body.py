"""The body of a mail: the summary of the report, as HTML and as text."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from custdyn_widgets.model.periods import State
from custdyn_widgets.query.query import Query
from custdyn_widgets.report.comparison import against_before, largest_changes
from custdyn_widgets.report.report import Report
from custdyn_widgets.views.facts import AS_OF, facts
from custdyn_widgets.views.html import NO_BREAK
from custdyn_widgets.views.table import TITLE, BlockRow, TableRow, table_of
from custdyn_widgets.words import language, tr

if TYPE_CHECKING:
    from custdyn_widgets.pipeline.provenance import Provenance

CHART = tr("Chart of the report")
SAID = (
    tr("Interval"),
    tr("{as_of}, in the zone", as_of=AS_OF),
    tr("Source"),
    tr("Client Type"),
    tr("Group By"),
    tr("Currency"),
)
"""Facts of a report that a mail says; the file attached says all."""
MAX_ROWS, MAX_COLUMNS = 60, 5
"""Lines and columns that a mail shows at most: the file attached has all."""
NARROW = 2
"""Columns that a telephone shows."""
CHANGES = 3
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
    """The body in HTML, its looks inline: most mail programs keep no style sheets."""
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
    changes = "".join(
        f'<p style="margin:0 0 10px;font-size:15px">{escape(_kept_together(words))}</p>'
        for words in _changes(report)
    )
    picture = (
        f'<p style="margin:20px 0 0"><img src="cid:{letter.picture}" alt="{escape(CHART)}" '
        'style="max-width:100%;height:auto;border:0"></p>'
        if letter.picture
        else ""
    )
    link = (
        f'<p style="margin:20px 0 0"><a href="{escape(letter.link)}" style="display:inline-block;'
        "padding:9px 18px;background:#1565c0;color:#ffffff;text-decoration:none;border-radius:4px"
        f'">{escape(tr("Open this query on the page"))}</a></p>'
        if letter.link
        else ""
    )
    kind = "" if letter.title == TITLE else f'<p style="margin:0;color:{DIM}">{TITLE}</p>'
    end = "<br>".join(escape(line) for line in _end(report, proof, letter))
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(letter.title)}</title>"
        "<style>@media (max-width:480px){.older{display:none}body{padding:12px!important}}</style>"
        "</head>"
        f'<body style="margin:0;padding:24px;background:{PAPER};color:{INK};{FONT};font-size:14px;'
        f'line-height:1.45"><div style="max-width:860px;margin:0 auto">'
        f"{kind}"
        f'<h1 style="margin:2px 0 16px;font-size:22px;font-weight:600">{escape(letter.title)}</h1>'
        f"{notes}{changes}"
        f'<table role="presentation" style="border-collapse:collapse;margin:0 0 18px">{said}'
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
        *_changes(report),
        "\n".join(f"{label + ':':<{width + 1}} {text}" for label, text in _summary(report)),
        _text_table(report),
        *([tr("This query on the page: {link}", link=letter.link)] if letter.link else []),
        "\n".join(_end(report, proof, letter)),
    ]
    return "\n\n".join(parts) + "\n"


def _summary(report: Report) -> list[tuple[str, str]]:
    return [(one.label.partition(",")[0], one.text) for one in facts(report) if one.label in SAID]


def _end(report: Report, proof: Provenance, letter: Letter) -> Iterable[str]:
    yield tr("File: {file}", file=letter.file) if letter.file else tr("No file is attached.")
    if left := _left_out(report):
        yield left
    yield tr("Data fingerprint: {fingerprint}", fingerprint=proof.fingerprint)
    yield tr("Result hash: {result}", result=proof.result)
    yield tr("Query: {query}", query=_asked(report.query))


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
    some = tr("the first {shown} of {rows} rows", shown=shown, rows=rows)
    return tr(
        "Shown: {listed}, {columns} of {all} columns; the file has them all.",
        listed=tr("all rows") if shown == rows else some,
        columns=columns,
        all=all_columns,
    )


def _changes(report: Report) -> list[str]:
    """The largest changes in the last bucket that is over, one sentence each."""
    compared = report if report.other is not None else against_before(report)
    return [change.words for change in largest_changes(compared, CHANGES, last=True)]


def _kept_together(words: str) -> str:
    """A sentence whose figures do not break at the end of a line."""
    return re.sub(r"(?<=\d) (?=\d|%|[A-Z]{3}\b)", NO_BREAK, words)


def _columns(report: Report) -> Sequence[int]:
    """The places of the running bucket and of those before it; never a future one beside them."""
    begun = [at for at, one in enumerate(report.buckets) if one.state is not State.FUTURE]
    return (begun or list(range(len(report.buckets))))[-MAX_COLUMNS:]


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
    buckets = [report.buckets[place] for place in _columns(report)]
    names = [" ".join((*one.parents, one.label)) for one in buckets]
    return [
        name if one.state is State.PAST else f"{name} ({tr(one.state)})"
        for name, one in zip(names, buckets, strict=True)
    ]


def _html_table(report: Report) -> str:
    right = f"padding:5px 7px;text-align:right;white-space:nowrap;border-bottom:1px solid {LINE}"
    left = f"padding:5px 10px;text-align:left;border-bottom:1px solid {LINE};font-weight:normal"
    labels = _labels(report)
    older = ['class="older" '] * max(len(labels) - NARROW, 0) + [""] * NARROW
    head = "".join(
        f'<th {look}style="{right};color:{DIM}">{escape(one)}</th>'
        for look, one in zip(older, labels, strict=False)
    )
    body = ""
    for row in _rows(report):
        if row.heading:
            body += (
                f'<tr><th scope="colgroup" colspan="{len(_columns(report)) + 1}" style="{left};'
                f'font-weight:600;background:{BAND}">{escape(row.name)}</th></tr>'
            )
            continue
        cells = "".join(
            f'<td {look}style="{right};color:{_colour(text)}">{escape(text)}</td>'
            for look, text in zip(older, row.texts, strict=False)
        )
        body += f'<tr><th scope="row" style="{left}">{escape(row.name)}</th>{cells}</tr>'
    return (
        '<table style="border-collapse:collapse;font-size:12px;font-variant-numeric:tabular-nums">'
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
