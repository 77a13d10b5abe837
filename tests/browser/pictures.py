"""Makes the pictures of the README from the real page: `make pictures`."""

from __future__ import annotations

import tempfile
from pathlib import Path

from .drive import Visit, chromium, voila

PICTURES = Path(__file__).parents[2] / "docs"


def main() -> None:
    """The page with a report, light and dark, wide and narrow."""
    PICTURES.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        voila("demo", Path(folder)) as address,
        chromium() as browser,
    ):
        for theme in ("light", "dark"):
            for width, height in ((1440, 1000), (390, 844)):
                visit = Visit(browser, width, height)
                visit.open(f"{address}/?theme={theme}")
                visit.query()
                visit.table()
                visit.page.screenshot(path=PICTURES / f"page-{theme}-{width}.png")
                visit.page.close()


if __name__ == "__main__":
    main()
