"""Saved queries on the command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

from custdyn_widgets.cli.output import check_ending, show, write
from custdyn_widgets.store import SavedQuery, TemplateFile, my_store


def saved_template(parsed: argparse.Namespace) -> SavedQuery:
    """The template of the name that was given."""
    return my_store().queries.saved(parsed.name)


def _list(_parsed: argparse.Namespace) -> int:
    store = my_store()
    return show(
        (_line(saved, store.user) for saved in store.queries.all()),
        "no saved queries yet: Save Query on the page makes one, or custdyn templates import",
    )


def _line(saved: SavedQuery, user: str) -> str:
    mine = saved.owner == user
    whose = ("everyone" if saved.shared else "only me") if mine else f"of {saved.owner}"
    first, *_ = saved.kept.description.splitlines() or [""]
    return "\t".join((saved.name, whose, first)).rstrip()


def _show(parsed: argparse.Namespace) -> int:
    sys.stdout.write(_file(my_store().queries.saved(parsed.name)).to_toml())
    return 0


def _export(parsed: argparse.Namespace) -> int:
    check_ending(parsed.output, "toml")
    write(_file(my_store().queries.saved(parsed.name)).to_toml().encode(), parsed.output)
    return 0


def _import(parsed: argparse.Namespace) -> int:
    file = TemplateFile.read(parsed.file)
    saved = my_store().queries.add(file.title, file.template, shared=file.shared)
    print(f"saved: {saved.name}")
    return 0


def _delete(parsed: argparse.Namespace) -> int:
    shelf = my_store().queries
    saved = shelf.saved(parsed.name)
    shelf.delete(saved)
    print(f"deleted: {saved.name}")
    return 0


def _file(saved: SavedQuery) -> TemplateFile:
    kept = {name: getattr(saved.kept, name) for name in type(saved.kept).model_fields}
    return TemplateFile(title=saved.name, shared=saved.shared, **kept)


ACTIONS: dict[str, Callable[[argparse.Namespace], int]] = {
    "list": _list,
    "show": _show,
    "export": _export,
    "import": _import,
    "delete": _delete,
}
