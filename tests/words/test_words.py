"""Every text that a reader sees is in the catalogue, and a translation reaches all of them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from babel.messages import Catalog
from babel.messages.pofile import read_po, write_po

from custdyn_widgets import words
from custdyn_widgets.environment import LANGUAGE_VARIABLE
from custdyn_widgets.model.cells import many
from custdyn_widgets.ui.widgets.assets import script
from custdyn_widgets.words import tr, tr_plural
from tests.support.words import DEFINITIONS, POT, bracketed, catalog, untranslated

EVERYWHERE = """
import json, re, sys
from html import unescape
from pathlib import Path
from custdyn_widgets import Query, run
from custdyn_widgets.delivery.body import Letter, html_body, text_body
from custdyn_widgets.views.html import to_page
from custdyn_widgets.views.text import to_text
import openpyxl

query = Query(
    period={"from": "2017-01-01", "to": "2017-03-31"}, group_by=("month", "package"),
    blocks=("bridge", "movements", "sensitivity"), compare="previous_period",
)
result = run(query, "sample", as_of="2017-03-15T00:00:00Z")
report = result.report
letter = Letter(title="Monday", file="a.xlsx", picture="p", link="https://x.example", notes=())
path = Path(sys.argv[1])
path.write_bytes(result.to_xlsx())
sheets = openpyxl.load_workbook(path)
pages = [to_page(report), html_body(report, result.provenance, letter)]
texts = [text_body(report, result.provenance, letter), *map(str, report.notes)]
row = next(row for row in report.rows if row.row == "Qty")
said = result.explain(row.title, row.row, report.buckets[0].label)
print(json.dumps({
    "html": [
        unescape(one)
        for page in pages
        for one in re.findall(r'>([^<]+)<|(?:title|aria-label|alt)="([^"]*)"',
                              re.sub("<style>.*?</style>", "", page, flags=re.S))
        for one in one if one
    ],
    "text": [line for text in texts for line in text.splitlines()],
    "sheets": [
        cell.value for name in sheets.sheetnames if name != "Data"
        for line in sheets[name] for cell in line if isinstance(cell.value, str)
    ],
    "explained": [fact.label for fact in said.facts if "Clients" not in fact.label],
}))
"""
"""All that shows a report: page, mail in both forms, notes, file, explanation."""


def in_language(po: Path | str, code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, LANGUAGE_VARIABLE: str(po)}
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, env=variables, capture_output=True, text=True, timeout=120)


def test_the_catalogue_has_every_text_and_no_other() -> None:
    with POT.open("rb") as file:
        written = {message.id for message in read_po(file)}
    assert written == {message.id for message in catalog()}, "run make words"
    assert len(written) > 600


def test_no_text_is_put_together_before_it_is_translated() -> None:
    # `tr(f"…")` would look for a text that no catalogue has
    found = []
    for file in sorted(POT.parents[1].rglob("*.py")):
        found += re.findall(r"\b(?:tr|tr_plural)\(\s*f[\"'].*", file.read_text("utf-8"))
    assert found == []


@pytest.fixture(scope="module")
def in_brackets(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, list[str]]]:
    """A file of a language in which every text is in brackets, and all that shows its report."""
    folder = tmp_path_factory.mktemp("brackets")
    file = folder / "file.xlsx"
    made = in_language(bracketed(folder / "xx.po"), EVERYWHERE, str(file))
    assert made.returncode == 0, made.stderr
    return file, json.loads(made.stdout)


def test_a_translation_reaches_page_notes_tooltips_mail_files_and_explanation(
    in_brackets: tuple[Path, dict[str, list[str]]],
) -> None:
    _, texts = in_brackets
    assert {place: untranslated(said) for place, said in texts.items()} == {
        "html": set(),
        "text": set(),
        "sheets": set(),
        "explained": set(),
    }
    assert all(any("⟦" in text for text in said) for said in texts.values())


def test_a_file_of_another_language_is_verified(
    in_brackets: tuple[Path, dict[str, list[str]]],
) -> None:
    file, _ = in_brackets
    command = [sys.executable, "-m", "custdyn_widgets.cli", "verify", str(file)]
    said = subprocess.run([*command, "--source", "sample"], capture_output=True, text=True)
    assert said.stdout.split() == ["same"], said


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Path | str], None]]:
    """Texts are those of a translation, until the test ends."""

    def read(po: Path | str) -> None:
        monkeypatch.setenv(LANGUAGE_VARIABLE, str(po))
        words._translations.cache_clear()

    yield read
    words._translations.cache_clear()


def test_counts_take_the_form_that_the_language_has_for_them(
    tmp_path: Path, reads: Callable[[Path | str], None]
) -> None:
    polish = Catalog(locale="pl")
    polish.add(("entry", "entries"), ("wpis", "wpisy", "wpisów"))
    with (tmp_path / "pl.po").open("wb") as file:
        write_po(file, polish)
    reads(tmp_path / "pl.po")
    said = [many(count, "entry", "entries") for count in (1, 2, 5, 22)]
    assert said == ["1 wpis", "2 wpisy", "5 wpisów", "22 wpisy"] and words.language() == "pl"
    script_words = words.translated('tr("Filter rows")')
    assert script_words == {}  # it has none for it


def test_scripts_have_the_texts_that_differ(
    tmp_path: Path, reads: Callable[[Path | str], None]
) -> None:
    reads(bracketed(tmp_path / "xx.po"))
    assert words.translated('tr("Filter rows") + tr("no such text")') == {
        "Filter rows": "⟦Filter rows⟧"
    }


def test_without_a_language_texts_are_english() -> None:
    assert tr("Delete {name}", name="{x}") == "Delete {x}"
    assert [tr_plural("entry", "entries", count) for count in (0, 1, 2)] == [
        "entries",
        "entry",
        "entries",
    ]
    assert script("button").startswith("const WORDS = {};")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("tlh", None, "CUSTDYN_LANGUAGE: 'tlh' cannot be read"),
        ("there.po", None, "or the path of a file that ends in .po"),
        ("broken.po", "a letter to the translator\n", "cannot be read"),
        ("braces.po", 'msgid "Delete {name}"\nmsgstr "{nome}!"\n', "'Delete {name}' has other"),
        ("empty.po", 'msgid "Delete {name}"\nmsgstr "{} weg"\n', "'Delete {name}' has other"),
        ("open.po", 'msgid "Delete {name}"\nmsgstr "{name"\n', "'Delete {name}' has other"),
    ],
)
def test_what_is_wrong_with_a_translation_is_said_and_texts_are_english(
    tmp_path: Path, name: str, text: str | None, said: str, reads: Callable[[Path | str], None]
) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    reads(name if text is None else tmp_path / name)
    with pytest.warns(UserWarning) as warned:
        assert tr("Delete {name}", name="VIP") == "Delete VIP"
    assert said in str(warned[0].message)


def test_definitions_are_translated_where_they_are_shown() -> None:
    places = {message.id: [name for name, _ in message.locations] for message in catalog()}
    assert places["no such entry within the bucket"] == [DEFINITIONS]
    assert places["Filter rows"] == ["custdyn_widgets/ui/static/look.js"]
