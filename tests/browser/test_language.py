"""The page in another language: every text comes from the translation, in Python and scripts."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.drive import Visit, voila
from tests.support.words import bracketed, untranslated

SEEN = """() => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), seen = [];
  while (walk.nextNode()) {
    const { parentElement: around, textContent: text } = walk.currentNode;
    if (!around.closest("script, style, svg, dt, td, .custdyn-source")) seen.push(text.trim());
  }
  for (const name of ["title", "aria-label", "placeholder"])
    for (const one of document.querySelectorAll(`.custdyn-app [${name}]`))
      seen.push(one.getAttribute(name).trim());
  return seen;
}"""
DATA = re.compile(
    r"client \d.*|EUR.*|\w+: ⟦.*|.*UTC|CSV|Excel.XLSx?|PNG|SVG|null|.*YYYY-.*|name@.*|"
    r"0 7 .*|(Card|Line|Year).*|(Alt|Ctrl|Shift)\+\w+|Enter|Escape"
)
"""What is of the source or of no language."""


def all_texts_are_translated(page: Page) -> None:
    left = {text for text in untranslated(page.evaluate(SEEN)) if not DATA.fullmatch(text)}
    assert left == set()


@pytest.mark.browser
def test_every_text_of_the_page_comes_from_the_translation(
    visits: Callable[..., Visit], tmp_path: Path
) -> None:
    po = bracketed(tmp_path / "xx.po")
    with voila("sample", tmp_path, CUSTDYN_LANGUAGE=str(po)) as address:
        page = visits().page
        page.goto(address)
        query = page.get_by_role("button", name="⟦Query⟧", exact=True)
        query.wait_for()
        expect(page.get_by_text("⟦Choose a period and press Query")).to_be_visible()
        all_texts_are_translated(page)
        page.goto(f"{address}/?period=2017-01-01/2017-03-31&currency=USD")
        query.click()
        figures = page.get_by_role("gridcell", name="1", exact=True)
        figures.first.wait_for()
        all_texts_are_translated(page)
        figures.first.click()
        expect(page.locator(".custdyn-drill .custdyn-proof")).to_contain_text("⟦The 1")
        all_texts_are_translated(page)
