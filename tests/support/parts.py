"""The parts of the long suite: what each holds, and which of them the last changes touch.

`python -m tests.support.parts` names the parts that the commits of the last twelve hours and
uncommitted changes touch, through the imports; with `--run MINUTES` it runs as many as fit, and
names the others.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import custdyn_widgets

ROOT = Path(__file__).parents[2]
SINCE = "12 hours ago"
EVERYTHING = ("pyproject.toml", "Makefile", "tests/conftest.py")
"""Files that every part depends on."""


@dataclass(frozen=True)
class Part:
    """Folders and files of tests; about how many minutes it takes on two cores.

    `tests` are the folders and files of the package that are theirs, however imported.
    """

    paths: tuple[str, ...]
    minutes: int
    tests: tuple[str, ...] = ()


LAB = "lab"
NOTEBOOK = "tests/browser/test_notebook.py"
PROPERTIES = ("oracle", "reading", "laws")
"""Parts that run every test they hold, with more ledgers."""
PAGE = ("delivery", "drill", "listings", "serve", "store", "ui", "views")
PARTS = {
    LAB: Part(("tests/browser",), 13, ("ui", "views")),
    "form": Part(
        tuple(
            f"tests/browser/test_{name}.py"
            for name in ("form", "links", "look", "saved_queries", "sending", "states")
        ),
        6,
        PAGE,
    ),
    "panels": Part(("tests/browser",), 12, PAGE),
    "oracle": Part(("tests/properties/test_blocks.py", "tests/properties/test_oracle.py"), 10),
    "reading": Part(
        ("tests/properties/test_reading.py", "tests/sources/test_table_cache.py"),
        5,
        tuple(
            f"sources/{name}"
            for name in ("connectors/csv", "connectors/sqlite", "normalize", "parsing", "read_once")
        ),
    ),
    "laws": Part(("tests/properties",), 8, ("drill", "listings")),
    "spark": Part(("tests/sources/test_spark.py",), 4, ("sources/connectors/spark",)),
    "engines": Part(
        ("tests/sources", "tests/extract", "tests/metrics", "tests/pipeline"), 5, ("sources",)
    ),
    "kills": Part(
        ("tests/store", "tests/delivery", "tests/serve", "tests/connections"),
        9,
        ("store", "delivery", "serve", "connections"),
    ),
    "exports": Part(
        tuple(f"tests/{name}" for name in ("exports", "drill", "listings", "report", "views")),
        1,
        ("exports", "drill", "listings", "report", "views"),
    ),
    "rest": Part(("tests",), 2, ("cli", "ui")),
}
"""Each test is of the first part that holds it; those of a notebook in a browser are of LAB."""


def all_parts() -> bool:
    """Whether a missing part of the machine is a failure; where it is not, a skip names it."""
    return bool(os.environ.get("CUSTDYN_ALL_PARTS"))


def part_of(item: pytest.Item) -> str:
    """The part that a test is of."""
    call = getattr(item, "callspec", None)
    first, *others = parts_of(item.path.relative_to(ROOT).as_posix())
    in_lab = call is not None and call.params.get("front") == LAB
    return first if in_lab or not others else others[0]


def parts_of(path: str) -> list[str]:
    """The parts that a file of tests is in: one, and of a browser's tests LAB before it."""
    name = next(
        name
        for name, part in PARTS.items()
        if name != LAB and any(path == one or path.startswith(f"{one}/") for one in part.paths)
    )
    if path == NOTEBOOK:
        return [LAB]
    return [LAB, name] if path.startswith(PARTS[LAB].paths) else [name]


def touched(changed: Iterable[str]) -> list[str]:
    """The parts that a changed file may break, in the order of PARTS.

    Their tests reach it through what modules import when they are imported; what a function
    imports when it is called is reached from the folders that a part names.
    """
    files = set(changed)
    if files & set(EVERYTHING):
        return list(PARTS)
    found = []
    for name, part in PARTS.items():
        own = tuple(f"custdyn_widgets/{one}" for one in part.tests)
        if any(file.startswith(own) for file in files) or files & reach(name):
            found.append(name)
    return found


def reach(name: str) -> set[str]:
    """The files that the tests of a part import, directly or not, and the tests themselves."""
    tests = ROOT.glob("tests/**/test_*.py")
    waiting = {file for file in tests if name in parts_of(file.relative_to(ROOT).as_posix())}
    found = set[Path]()
    while waiting:
        file = waiting.pop()
        found.add(file)
        waiting |= set(imported(file)) - found
    return {file.relative_to(ROOT).as_posix() for file in found}


@cache
def imported(file: Path) -> tuple[Path, ...]:
    """The files of ours that a file imports when it is imported; a test, also when it runs."""
    is_test = file.is_relative_to(ROOT / "tests")
    text = file.read_text("utf-8")
    names = set(re.findall(r"[\"'](custdyn_widgets(?:\.[a-z_]+)+)", text)) if is_test else set()
    tree = ast.parse(text)
    for node in ast.walk(tree) if is_test else tree.body:
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                public = node.module == "custdyn_widgets" and custdyn_widgets._MODULES.get(one.name)
                names |= {f"{node.module}.{public or one.name}", str(node.module)}
    return tuple(file for name in names for file in files_of(name))


def files_of(module: str) -> Iterator[Path]:
    """The file of a module of ours, and of the packages it is in."""
    parts = module.split(".")
    if parts[0] not in ("custdyn_widgets", "tests"):
        return
    for end in range(1, len(parts) + 1):
        path = ROOT.joinpath(*parts[:end])
        yield from (one for one in (path.with_suffix(".py"), path / "__init__.py") if one.exists())


def changed_files(since: str) -> list[str]:
    """The files that commits have changed since then, and those that are not committed."""
    calls = (
        ("log", f"--since={since}", "--name-only", "--pretty=format:"),
        ("diff", "--name-only", "HEAD"),
        ("ls-files", "--others", "--exclude-standard"),
    )
    return sorted({name for call in calls for name in git(*call).split()})


def git(*call: str) -> str:
    """What git answers. Raises CalledProcessError or OSError without git, or without a history."""
    return subprocess.run(
        ["git", *call], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout


def in_turn(names: list[str]) -> list[str]:
    """The same parts, beginning at another one for each commit, so that each comes first."""
    first = int(git("rev-parse", "HEAD")[:8], 16) % max(len(names), 1)
    return names[first:] + names[:first]


def run(names: list[str], minutes: int) -> int:
    """Runs as many parts as fit; the exit code is that of the first that fails."""
    left, skipped, code = minutes, [], 0
    for name in in_turn(names):
        if PARTS[name].minutes > left:
            skipped.append(name)
            continue
        left -= PARTS[name].minutes
        print(f"part {name}", flush=True)
        code = code or subprocess.run(["make", "test-long", f"PART={name}"], cwd=ROOT).returncode
    print(f"touched and not run: {', '.join(skipped) or 'none'}")
    return code


def main() -> int:
    """Names the parts that are touched, or runs them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--since", default=SINCE, help=f"default: {SINCE}")
    parser.add_argument("--run", type=int, metavar="MINUTES", help="run as many as fit")
    given = parser.parse_args()
    try:
        names = touched(changed_files(given.since))
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"no part is chosen: the history cannot be read ({error})")
        return 0
    if given.run is not None:
        return run(names, given.run)
    print("\n".join(names))
    return 0


if __name__ == "__main__":
    sys.exit(main())
