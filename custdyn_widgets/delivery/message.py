"""Result → mail message: text, HTML with the chart, the file; reduced to the size limit."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import TYPE_CHECKING, cast

from custdyn_widgets.delivery.body import Letter, html_body, text_body
from custdyn_widgets.files import MEDIA_TYPES
from custdyn_widgets.views.chart_spec import ChartError, ChartSpec
from custdyn_widgets.views.picture import picture_of
from custdyn_widgets.words import tr

if TYPE_CHECKING:
    from custdyn_widgets.result import Result

RUN_HEADER = "X-CD-Run-Id"
PICTURE = "chart@custdyn"
PICTURE_SCALE = 1.5
NO_PICTURE = tr("The chart is not drawn here: install custdyn-widgets[mail].")


@dataclass(frozen=True)
class Letterhead:
    """What a mail contains besides its report: who sends it, its title, chart, notes and link.

    `chart` is drawn, None for none; `most_bytes` is the size
    of the whole message at most.
    """

    sender: str
    title: str
    run_id: str
    made_at: datetime
    most_bytes: int
    chart: ChartSpec | None = None
    notes: tuple[str, ...] = ()
    link: str | None = None


def compose(result: Result, head: Letterhead, file: bytes, name: str) -> bytes:
    """The message of a report, to which each mail adds its recipient; at most `most_bytes` long.

    Where it would be longer, the file is packed (zip), or left out with a notice. Raises
    ValueError for a title with a line break in it.
    """
    report, proof, notes = result.report, result.provenance, list(head.notes)
    picture = None
    if head.chart is not None:
        try:
            picture = picture_of(result.chart_spec(head.chart), scale=PICTURE_SCALE)
        except ChartError as error:  # the report does not have what it shows
            notes.append(tr("The chart is not drawn: {error}", error=error))
        if picture is None and not notes:
            notes.append(NO_PICTURE)
    notes += [str(note) for note in report.notes if note.warning]
    letter = Letter(head.title, name, tuple(notes), PICTURE if picture else None, head.link)
    message = EmailMessage(policy=SMTP)
    message["From"] = head.sender
    message["Subject"] = f"{head.title}: {report.first:%Y-%m-%d} – {report.last:%Y-%m-%d}"
    message["Date"] = format_datetime(head.made_at)
    message["Auto-Submitted"] = "auto-generated"
    message[RUN_HEADER] = head.run_id
    message.set_content(text_body(report, proof, letter))
    message.add_alternative(html_body(report, proof, letter), subtype="html")
    if picture is not None:
        html = cast(EmailMessage, message.get_body(("html",)))
        html.add_related(picture, "image", "png", cid=f"<{PICTURE}>", filename="chart.png")
    main, sub = MEDIA_TYPES[name.rpartition(".")[2]].partition(";")[0].split("/")
    message.add_attachment(file, main, sub, filename=name)
    return smaller(message, head.most_bytes).as_bytes()


def smaller(message: EmailMessage, most_bytes: int) -> EmailMessage:
    """A message that is not longer: with its file packed, else with a notice in its place."""
    if len(message.as_bytes()) <= most_bytes:
        return message
    parts = list(message.iter_attachments())
    if not parts:
        return message
    (part,) = parts
    name, content = str(part.get_filename()), cast(bytes, part.get_payload(decode=True))
    if not name.endswith(".zip"):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, content)
        _replace(part, packed.getvalue(), "application", "zip", f"{name}.zip")
        if len(message.as_bytes()) <= most_bytes:
            return message
        name = f"{name}.zip"
    run = message[RUN_HEADER]
    words = tr(
        "The file {name} is too big for a mail ({size} bytes; a "
        "mail may have {most}).\nIt is kept in the archive: custdyn "
        "archive file {run} --output FILE\n",
        name=name.removesuffix(".zip"),
        size=f"{len(content):,}",
        most=f"{most_bytes:,}",
        run=run,
    )
    part.clear()
    part.set_content(words)
    part["Content-Disposition"] = 'attachment; filename="too-big.txt"'
    return message


def _replace(part: EmailMessage, content: bytes, main: str, sub: str, name: str) -> None:
    part.clear()
    part.set_content(content, main, sub, filename=name, disposition="attachment")
