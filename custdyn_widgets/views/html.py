"""Report → self-contained HTML: a fragment for notebooks, a page for files."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from importlib.resources import files

from custdyn_widgets.model.periods import State
from custdyn_widgets.report.comparison import summary
from custdyn_widgets.report.report import Note, Report
from custdyn_widgets.views.table import (
    COMPARED_WITH,
    TITLE,
    BlockRow,
    Table,
    TableRow,
    made_of,
    shortened,
    spans,
    table_of,
)
from custdyn_widgets.words import language, tr

NO_BREAK = "\u00a0"
"""The blank in a number, where no style keeps it in one line."""


def to_fragment(report: Report, *, brief: bool = False) -> str:
    """The table with its style; `brief`: as the file of a notebook keeps it, see `shortened`."""
    table, more = shortened(table_of(report)) if brief else (table_of(report), "")
    made = f'<p class="custdyn-made">{escape(made_of(report))}</p>'
    above = _list((note for note in report.notes if note.warning), "custdyn-warnings")
    below = _list((note for note in report.notes if not note.warning), "custdyn-notes")
    left = f'<p class="custdyn-more">… {escape(more)}</p>' if more else ""
    return (
        f"<style>{_style()}</style>{made}{above}{changes_strip(report)}"
        f'<div class="custdyn-wrap">{_table(table)}</div>{left}{below}'
    )


def changes_strip(report: Report) -> str:
    """The strip that names the largest changes of a report that compares; else nothing."""
    items = "".join(f"<li>{escape(words)}</li>" for words in summary(report))
    if not items:
        return ""
    return f'<div class="custdyn-changes"><h3>{tr("Largest changes")}</h3><ul>{items}</ul></div>'


def notes_list(report: Report) -> str:
    """The notes of a report; nothing where it has none."""
    return _list(report.notes, "custdyn-notes")


def _list(notes: Iterable[Note], name: str) -> str:
    items = "".join(
        f"<li{' class=warning' if note.warning else ''}>{escape(str(note))}</li>" for note in notes
    )
    return f'<ul class="{name}">{items}</ul>' if items else ""


def to_page(report: Report) -> str:
    """The report as a whole HTML page."""
    return (
        f'<!doctype html><html lang="{language()}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{TITLE}</title></head><body class="custdyn-page">'
        f"<h1>{TITLE}</h1>{to_fragment(report)}</body></html>\n"
    )


def _style() -> str:
    return files(__package__).joinpath("table.css").read_text("utf-8")


def _table(table: Table) -> str:
    head = ""
    for number, level in enumerate(table.header):
        last = number == len(table.header) - 1
        cells = spans(level) if not last else [(label, 1) for label in level]
        states = [bucket.state.value for bucket in table.buckets] if last else [""] * len(cells)
        head += '<tr><td class="corner"></td>' + "".join(
            f'<th scope="{"col" if last else "colgroup"}" colspan="{width}"'
            f' class="{state}">{escape(label)}{_mark(state)}</th>'
            for (label, width), state in zip(cells, states, strict=True)
        )
        head += "</tr>"
    if table.against is not None:
        against = "".join(f"<td>{escape(label)}</td>" for label in table.against)
        head += f'<tr class="against"><td class="corner">{COMPARED_WITH}</td>{against}</tr>'
    body = "".join(_row(row, table) for row in table.rows)
    return (
        f'<table class="custdyn" aria-label="{escape(table.caption)}">'
        f"<thead>{head}</thead><tbody>{body}</tbody></table>"
    )


def _mark(state: str) -> str:
    """What marks a bucket that is not over."""
    return f"<small>{escape(tr(state))}</small>" if state in (State.RUNNING, State.FUTURE) else ""


def _row(row: BlockRow | TableRow, table: Table) -> str:
    if isinstance(row, BlockRow):
        width = max(len(table.buckets), 1)
        mark = f'<small class="proven">{escape(row.mark)}</small>' if row.mark else ""
        return (
            f'<tr class="block"><th scope="rowgroup" title="{escape(row.words)}">'
            f'{escape(row.title)}</th><td colspan="{width}">{mark}</td></tr>'
        )
    cells = "".join(
        f'<td class="{kind(text)} {bucket.state.value}"'
        + (f' title="{escape(tr(cell.reason))}"' if cell.reason else "")
        + f">{text.replace(' ', NO_BREAK)}</td>"
        for cell, text, bucket in zip(row.line.cells, row.line.texts, table.buckets, strict=True)
    )
    words = escape(row.words)
    head = f'<th scope="row" title="{words}">{escape(row.line.name)}</th>'
    return f'<tr class="{row.line.key}">{head}{cells}</tr>'


def kind(text: str) -> str:
    """The look of a value: `na`, `neg` or nothing."""
    return "na" if text == "N/A" else "neg" if text.startswith("-") else ""
