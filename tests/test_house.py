"""The house keeps its rules: small rooms, docs that run, every name of the report explained."""

from __future__ import annotations

import argparse
import ast
import doctest
import re
import shlex
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import custdyn_widgets
from custdyn_widgets.cli import main
from custdyn_widgets.cli.arguments import EXAMPLES
from custdyn_widgets.cli.output import FORMATS
from custdyn_widgets.cli.parser import parser
from custdyn_widgets.views.chart_spec import CHART_FIELDS
from tests.support.docs import filled, parts

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", *(f"docs/{file.name}" for file in sorted(ROOT.glob("docs/*.md")))]
TEXTS = {name: (ROOT / name).read_text("utf-8") for name in DOCUMENTS}
EVERYTHING = "\n".join(TEXTS.values())


VEGAS = {"www.w3.org", "vega.github.io", "github.com"}
"""Hosts that Vega's script names: of namespaces, schemas, and an editor that we do not offer."""


def test_every_picture_and_link_of_the_documents_leads_somewhere() -> None:
    pictures = 0
    for name in (*DOCUMENTS, "CONTRIBUTING.md", "CHANGELOG.md"):
        text = (ROOT / name).read_text("utf-8")
        for link in re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text):
            target, _, anchor = (link[0] or link[1]).partition("#")
            if "://" in target:
                continue
            file = (ROOT / name).parent / target if target else ROOT / name
            assert file.exists(), (name, target)
            pictures += file.suffix == ".png"
            if anchor:
                heads = re.findall(r"^#+ (.*)$", file.read_text("utf-8"), re.M)
                assert anchor in {head.lower().replace(" ", "-") for head in heads}, (name, anchor)
    assert pictures > 10


def test_the_readme_is_short_and_every_document_is_reached_from_it() -> None:
    assert len(TEXTS["README.md"].splitlines()) <= 200
    assert [name for name in DOCUMENTS[1:] if f"({name})" not in TEXTS["README.md"]] == []


def blocks(language: str, file: str = "README.md") -> list[str]:
    text = (ROOT / file).read_text("utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


@pytest.mark.parametrize("file", sorted(ROOT.glob("custdyn_widgets/**/*.py")), ids=str)
def test_a_module_has_a_line_of_description_and_less_than_300_lines(file: Path) -> None:
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) < 300
    assert lines[0].startswith('"""') and lines[0].endswith('."""')


def test_a_folder_offers_only_what_it_has() -> None:
    for file in ROOT.glob("custdyn_widgets/**/__init__.py"):
        module = import_module(".".join(file.parent.relative_to(ROOT).parts))
        missing = [name for name in getattr(module, "__all__", ()) if not hasattr(module, name)]
        assert missing == [], module.__name__


def test_the_documents_name_every_command_format_and_field_of_a_chart() -> None:
    for name in (*FORMATS, "custdyn report", "custdyn check", "custdyn app"):
        assert f"`{name}" in EVERYTHING or name in EVERYTHING, name
    for name, field in CHART_FIELDS.items():
        assert f"`{name}`" in EVERYTHING and field.description in EVERYTHING, name


@pytest.mark.parametrize("file", [name for name in DOCUMENTS if "```console" in TEXTS[name]])
def test_the_commands_of_the_documents_print_what_they_show(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsysbinary: Any
) -> None:
    """Lines after `$ ` are typed in one folder, in order; the output stands under them."""
    monkeypatch.chdir(tmp_path)
    for text in blocks("toml", file):
        (tmp_path / "query.toml").write_text(text, "utf-8")
    for table, text in zip(("clients", "ledger"), blocks("csv", file), strict=False):
        (tmp_path / "export").mkdir(exist_ok=True)
        (tmp_path / f"export/{table}.csv").write_text(text, "utf-8")
    ran = 0
    for session in blocks("console", file):
        for part in re.split(r"^\$ ", session, flags=re.M)[1:]:
            command, _, shown = part.partition("\n")
            with suppress(SystemExit):
                main(shlex.split(command)[1:])
            out, errors = capsysbinary.readouterr()
            printed = (out or errors).decode("utf-8-sig").replace("\r\n", "\n")
            wanted = shown.removesuffix("…\n")
            cut = wanted != shown
            assert printed.startswith(wanted) if cut else printed == wanted, (command, printed)
            ran += 1
    assert ran


def test_the_other_commands_of_the_documents_and_of_the_help_are_commands() -> None:
    texts = [text for file in DOCUMENTS for text in blocks("sh", file)]
    lines = [line.partition(" > ")[0] for text in texts for line in text.splitlines()]
    lines += [f"custdyn {one.partition(' > ')[0]}" for some in EXAMPLES.values() for one in some]
    commands = [shlex.split(line, comments=True) for line in lines if line.startswith("custdyn ")]
    assert len(commands) >= 12
    for _, *words in commands:
        assert parser().parse_args(words).command == words[0]


@pytest.mark.parametrize("file", [name for name in DOCUMENTS if "```python" in TEXTS[name]])
def test_the_python_of_the_documents_runs(
    file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    names: dict[str, Any] = {}
    for text in blocks("python", file):
        exec(compile(text, file, "exec"), names)  # noqa: S102 our own text
    assert names


@pytest.mark.parametrize(
    "module",
    ["connections.connect", "drill.behind", "exports.files", "query.query", "result", "ui.app"],
)
def test_the_examples_of_the_docstrings_run(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = import_module(f"custdyn_widgets.{module}")
    names = {name: getattr(custdyn_widgets, name) for name in custdyn_widgets.__all__}
    ran = doctest.testmod(found, extraglobs=names)
    assert ran.attempted and not ran.failed


HABITS = re.compile(r"\b(told|anew|bears|whoever|by then|so many|at the most)\b", re.I)
"""Habits of ours that a reader stumbles over; plain words serve."""


def test_docstrings_command_line_and_documents_are_in_plain_words() -> None:
    texts = {**TEXTS, "CONTRIBUTING.md": (ROOT / "CONTRIBUTING.md").read_text("utf-8")}
    texts["custdyn --help"] = help_of(parser())
    for file in ROOT.glob("custdyn_widgets/**/*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                texts[f"{file}:{getattr(node, 'name', '')}"] = ast.get_docstring(node) or ""
    found = {name: HABITS.findall(text) for name, text in texts.items()}
    assert {name: words for name, words in found.items() if words} == {}


def help_of(command: argparse.ArgumentParser) -> str:
    """The help of a command and of all below it."""
    below = [
        child
        for action in command._actions
        if isinstance(action, argparse._SubParsersAction)
        for child in action.choices.values()
    ]
    return "\n".join([command.format_help(), *map(help_of, below)])


def test_the_generated_parts_of_the_documents_are_those_of_the_definitions() -> None:
    used = set[str]()
    for file in ROOT.glob("docs/*.md"):
        text = file.read_text("utf-8")
        assert filled(text) == text, f"{file.name}: make docs"
        used.update(re.findall(r"<!-- (\w+) -->", text))
    assert used == set(parts())


def test_nothing_shipped_names_a_host_of_the_network() -> None:
    for file in ROOT.glob("custdyn_widgets/**/*"):
        if file.suffix in (".py", ".js", ".css", ".j2", ".json"):
            text = file.read_text("utf-8")
            hosts = set(re.findall(r"https?://(?!\{)(?!127\.0\.0\.1)([a-z0-9.]+)", text))
            assert hosts == (VEGAS if file.name == "vega.js" else set()), file
