"""Writes the catalogue of all texts, `custdyn_widgets/words/custdyn.pot`: `make words`."""

from __future__ import annotations

import ast
import io
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.pofile import write_po

from custdyn_widgets.model.blocks import EVERY_BLOCK, PACKAGE_CARD
from custdyn_widgets.model.na_reasons import NA
from custdyn_widgets.model.periods import State
from custdyn_widgets.model.rows import PACKAGE_BLOCK
from custdyn_widgets.model.schema import CLIENT_TYPES, KIND_NAMES
from custdyn_widgets.words import FOLDER, texts_of

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "custdyn_widgets"
POT = FOLDER / "custdyn.pot"
FORMS = {"tr": slice(0, 1), "tr_plural": slice(0, 2), "many": slice(1, 3)}
"""Functions that translate, and which of their arguments are the forms of a text."""
DEFINITIONS = "custdyn_widgets/model"
NAMES = re.compile(
    r"""(Clients\ -\ .*|My\ rows|Packages?|Package\ ".*"|Bridge.*|Movements|Sensitivity
    |Balance\ Refill|Pay\ [Aa]s\ [Yy]ou\ Go|Qty|Balance\ (Pos|Neg)|Balance|Avg|Active\ Avg|Total
    |(Activation|Renew)\ (Qty|Total)|Active\ Qty\ -\ \d+\ Months?|Churn\ Rate|Average\ Revenue
    |Opening|Refill|Package\ (Activation|Renewal)|Other|Closed|Closing|FX|Rounding|Entered|Left
    |New|Stayed|Reactivated|Retained|Lapsed|Compared|Customer\ Dynamics|Charts|Info|Query\ \(TOML\)
    |Data\ fingerprint|Result\ hash|Definitions|As\ of|sample|Monday|UTC|EUR
    |[0-9a-f]{64}|custdyn-widgets\ .*|timezone\ =\ .*
    )([ :].*)?""",
    re.X | re.S,
)
"""Names of the report and of its files, the same in every language: lookups are made by them."""


def defined() -> Iterator[str]:
    """The texts of definitions, which are translated where they are shown."""
    for block in (*EVERY_BLOCK, PACKAGE_BLOCK, PACKAGE_CARD):
        yield block.description
        yield from (row.description for row in block.rows)
    for enum in (NA, State):
        yield from (one.value for one in enum)
    yield from (*CLIENT_TYPES.values(), *KIND_NAMES.values())


def texts_in(code: str) -> Iterator[tuple[str, ...]]:
    """The texts that code translates: those it has as literals; it may translate others."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = node.args[FORMS.get(node.func.id, slice(0))]
            if given and all(isinstance(one, ast.Constant) for one in given):
                yield tuple(ast.literal_eval(one) for one in given)


def catalog() -> Catalog:
    """Every text that a reader may see, and the files that show it."""
    made = Catalog(
        project="custdyn-widgets",
        creation_date=datetime(2026, 11, 29, tzinfo=UTC),
        copyright_holder="the authors of custdyn-widgets",
        header_comment="# Every text that a reader sees; see docs/translations.md.",
        fuzzy=False,
    )
    for file in sorted(PACKAGE.rglob("*.py")):
        name = file.relative_to(ROOT).as_posix()
        for forms in texts_in(file.read_text("utf-8")):
            made.add(forms if len(forms) > 1 else forms[0], locations=[(name, 1)])
    for file in sorted(PACKAGE.rglob("*.js")):
        if file.stem != "vega":
            for text in texts_of(file.read_text("utf-8")):
                made.add(text, locations=[(file.relative_to(ROOT).as_posix(), 1)])
    for text in defined():
        made.add(text, locations=[(DEFINITIONS, 1)])
    return made


def pot() -> bytes:
    """The catalogue as the file has it."""
    file = io.BytesIO()
    write_po(file, catalog(), width=100, sort_output=True, include_lineno=False)
    return file.getvalue()


def bracketed(path: Path) -> Path:
    """A translation in which every text is in brackets: what has none was not translated."""
    made = catalog()
    made.locale = "de"
    for message in list(made):
        if isinstance(message.id, str):
            message.string = f"⟦{message.id}⟧" if message.id else message.string
        else:
            message.string = tuple(f"⟦{form}⟧" for form in message.id)
    with path.open("wb") as file:
        write_po(file, made)
    return path


def left(text: str) -> str:
    """What of a text is in no brackets."""
    while (shorter := re.sub("⟦[^⟦⟧]*⟧", "", text)) != text:
        text = shorter
    return text.strip()


def untranslated(texts: Iterable[str]) -> set[str]:
    """Those of some texts that have words in no brackets, and are no name."""
    rest = {text: left(text).strip(" :") for text in texts}
    return {
        text
        for text, other in rest.items()
        if re.search("[a-z]{3}", other) and not NAMES.fullmatch(other)
    }


if __name__ == "__main__":
    POT.write_bytes(pot())
