"""A small table as HTML, for what a notebook shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from custdyn_widgets.model.cells import Value, text_of


def small_table(caption: str, head: Sequence[str], lines: Iterable[Sequence[Value]]) -> str:
    """A table with a caption; every name in it is text."""
    titles = "".join(f"<th>{escape(one)}</th>" for one in head)
    body = "".join(
        f"<tr>{''.join(f'<td>{escape(text_of(one))}</td>' for one in line)}</tr>" for line in lines
    )
    return (
        f'<table class="dataframe"><caption>{escape(caption)}</caption>'
        f"<thead><tr>{titles}</tr></thead><tbody>{body}</tbody></table>"
    )
