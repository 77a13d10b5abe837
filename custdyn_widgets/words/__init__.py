"""The texts that a reader sees: English in the code, other languages in `.po` files."""

# `tr("Close the chart")` is looked up in the file of CUSTDYN_LANGUAGE. custdyn.pot, in this
# folder, lists every text (`make words`); docs/translations.md says how a translation is made.

from __future__ import annotations

import gettext
import io
import os
import re
import string
import warnings
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from custdyn_widgets.environment import LANGUAGE_VARIABLE

if TYPE_CHECKING:
    from babel.messages import Catalog

FOLDER = Path(__file__).parent
ENGLISH = "en"
_IN_SCRIPT = re.compile(r'\btr\(\s*("(?:[^"\\]|\\.)*")')


def tr(text: str, /, **values: object) -> str:
    """A text in the reader's language, with values in its braces.

    Args:
        text: English, whole where it can be: `"Delete {name}"`.
        **values: What the braces hold.

    Returns:
        The translation, or the text itself where there is none.

    Example:
        >>> tr("Delete {name}", name="VIP")
        'Delete VIP'
    """
    found = _translations().gettext(text)
    return found.format(**values) if values else found


def tr_plural(one: str, several: str, count: int) -> str:
    """The form of a text that goes with a count.

    Example:
        >>> tr_plural("entry", "entries", 2)
        'entries'
    """
    return _translations().ngettext(one, several, count)


def language() -> str:
    """The language of the texts, as HTML names it."""
    return _translations().info().get("language", ENGLISH).replace("_", "-")


def texts_of(script: str) -> set[str]:
    """The texts that a script translates by its own `tr("…")`."""
    return {_unquoted(found) for found in _IN_SCRIPT.findall(script)}


def translated(script: str) -> dict[str, str]:
    """The texts of a script that have another form in the reader's language."""
    return {text: found for text in sorted(texts_of(script)) if (found := tr(text)) != text}


@cache
def _translations() -> gettext.NullTranslations:
    name = os.environ.get(LANGUAGE_VARIABLE, ENGLISH)
    if name in ("", ENGLISH):
        return gettext.NullTranslations()
    try:
        return _read(Path(name) if name.endswith(".po") else FOLDER / f"{name}.po")
    except (OSError, ValueError) as error:
        known = ", ".join(sorted([ENGLISH, *(file.stem for file in FOLDER.glob("*.po"))]))
        warnings.warn(
            f"{LANGUAGE_VARIABLE}: {name!r} cannot be read ({error}); the texts are English. "
            f"Give one of {known}, or the path of a file that ends in .po",
            stacklevel=2,
        )
        return gettext.NullTranslations()


def _read(path: Path) -> gettext.GNUTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    try:
        with path.open("rb") as file:
            catalog = read_po(file, abort_invalid=True)
    except PoFileError as error:
        raise ValueError(f"it is no .po file: {error}") from None
    _drop_unlike(catalog, path)
    made = io.BytesIO()
    write_mo(made, catalog)
    made.seek(0)
    return gettext.GNUTranslations(made)


def _drop_unlike(catalog: Catalog, path: Path) -> None:
    """A translation with other braces than the text would fail where it is shown: left English."""
    for message in list(catalog):
        known = _braces(*_forms(message.id))
        if any(_braces(form) - known for form in _forms(message.string)):
            warnings.warn(f"{path}: {message.id!r} has other braces; left English", stacklevel=4)
            catalog.delete(message.id, message.context)


def _forms(text: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (text,) if isinstance(text, str) else tuple(text or ())


def _braces(*texts: str) -> set[str]:
    """The names in the braces of texts; of one that cannot be read, the text itself."""
    try:
        return {
            name
            for text in texts
            for _, name, *_ in string.Formatter().parse(text)
            if name is not None
        }
    except ValueError:
        return set(texts)


def _unquoted(text: str) -> str:
    import json

    return str(json.loads(text))
