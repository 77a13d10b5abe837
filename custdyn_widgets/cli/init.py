"""`custdyn init`: a folder to put one's own data in."""

from __future__ import annotations

import argparse
from pathlib import Path

from custdyn_widgets.errors import FieldFault, QueryError
from custdyn_widgets.files import write_atomically
from custdyn_widgets.sources.starter import starter_files


def init(parsed: argparse.Namespace) -> int:
    """Writes the files of a new source, and replaces none."""
    if not parsed.folder.strip():
        raise QueryError([FieldFault("DIR", parsed.folder, "names no folder")])
    folder = Path(parsed.folder).expanduser()
    folder.mkdir(parents=True, exist_ok=True)
    if parsed.mapping:
        return _mapping(folder, [Path(one).expanduser() for one in parsed.mapping])
    files = starter_files()
    taken = {Path(name).stem.casefold() for name in files}
    there = sorted(one.name for one in folder.iterdir() if one.stem.casefold() in taken)
    if there:  # a table of that name, in whatever form, or a link that leads nowhere
        raise FileExistsError(None, f"there are already {', '.join(there)}", str(folder))
    for name, text in files.items():
        write_atomically(folder / name, text.encode("utf-8-sig" if name != README else "utf-8"))
    print(f"{folder}: {', '.join(files)}")
    place = folder if folder.is_absolute() or folder.parent.name else f"./{folder}"
    print(f"Replace the example rows by yours, then: custdyn check --source {place}")
    return 0


def _mapping(folder: Path, exports: list[Path]) -> int:
    """Writes a mapping of exports, to be filled in."""
    from custdyn_widgets.connections.starter import mapping_files

    files = mapping_files(exports)
    if there := [name for name in files if (folder / name).exists()]:
        what = f"there are already {', '.join(there)}; give another folder"
        raise FileExistsError(None, what, str(folder))
    for name, text in files.items():
        write_atomically(folder / name, text.encode())
    print(f"{folder}: {', '.join(files)}")
    print(
        "Look at types, key and amount in system.toml, and at each column of the SELECTs, then: "
        f"custdyn connect {folder} --files {exports[0].parent} --check"
    )
    return 0


README = "README.md"
