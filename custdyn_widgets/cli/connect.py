"""`custdyn connect` and `custdyn demo`: billing systems."""

from __future__ import annotations

import argparse
import csv
import io
from pathlib import Path

from custdyn_widgets.cli.output import write
from custdyn_widgets.connections.balances import HEADER
from custdyn_widgets.connections.connect import connect as bring
from custdyn_widgets.connections.connect import statements_of
from custdyn_widgets.connections.connect_result import ConnectResult
from custdyn_widgets.connections.system import load_system
from custdyn_widgets.files import write_atomically
from custdyn_widgets.views.progress import telling, terminal


def connect(parsed: argparse.Namespace) -> int:
    """Brings a system's data into a folder, or only checks it."""
    if parsed.show:
        return _show(parsed)
    if parsed.dry_run:
        for name, statements in statements_of(
            parsed.system, parsed.source, files=parsed.files, lists=parsed.with_lists
        ):
            for statement in statements:
                print(f"-- {name}\n{statement};" if parsed.source else f"{name}: {statement}")
        return 0
    if parsed.output not in (None, "-") and not Path(parsed.output).expanduser().parent.is_dir():
        folder = str(Path(parsed.output).parent)
        raise FileNotFoundError(None, "there is no such folder", folder)
    with telling(terminal()) as progress:
        made = bring(
            parsed.system,
            parsed.source,
            files=parsed.files,
            to=parsed.to,
            check=parsed.check,
            lists=parsed.with_lists,
            opening=parsed.opening,
            currency=parsed.currency,
            rebuild=parsed.rebuild,
            progress=progress,
        )
    to_standard_output = parsed.output == "-"
    if not to_standard_output:
        print("\n".join(made.lines()))
        if parsed.check and parsed.to is not None:
            print(f"{parsed.to}: nothing is written, as --check says")
    if parsed.output is not None:
        write(_differences(made), parsed.output)
    return 1 if parsed.check and made.differences else 0


def _differences(made: ConnectResult) -> bytes:
    """Clients whose balance differs, as CSV."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow(HEADER)
    lines.writerows(one.line() for one in made.differences)
    return text.getvalue().encode("utf-8-sig")


def _show(parsed: argparse.Namespace) -> int:
    """Prints the mapping of a system, or copies it to a folder."""
    system = load_system(parsed.system)
    if parsed.to is None:
        for name, text in system.files():
            print(f"==> {name} <==\n{text}")
        return 0
    folder = Path(parsed.to).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    files = dict(system.files())
    if there := sorted(name for name in files if (folder / name).exists()):
        raise FileExistsError(
            None, f"there are already {', '.join(there)}; give another folder", str(folder)
        )
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    print(f"{folder}: {', '.join(files)}")
    return 0


def demo(parsed: argparse.Namespace) -> int:
    """Makes a synthetic billing system with faults, and finds them."""
    from custdyn_widgets.connections.demo import CLIENTS, demo_system

    system = demo_system(parsed.to)
    made = bring("magnusbilling", system.path, check=True)
    size = f"{CLIENTS} clients, {system.calls} calls, one year"
    print(f"{system.path}: a synthetic MagnusBilling of {size}")
    print(f"{len(made.differences)} stored balances are not what is recorded:")
    for one in made.differences:
        why = system.planted.get(int(one.client_id), "not planted")
        print(f"  client {one.client_id}: {one.figures}: {why}")
    folder = Path(system.path).parent
    print(
        "Yours: custdyn connect magnusbilling --from mysql://reader@host/mbilling --check\n"
        "This one as a source: custdyn connect magnusbilling "
        f"--from {system.path} --to {folder}/billing"
    )
    return 0
