"""The lines and branches that no test has reached, and whether they are too many.

`python -m tests.support.coverage` after the tests. Slipcover's own limit prints the table without
what the workers of pytest-xdist have seen (1.1).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import slipcover

MEASURED = Path(".coverage.json")
LEAST = 95
"""Per cent of the lines and branches below `ui`, `cli` and `serve` that are reached."""


def main() -> None:
    """Prints what is not reached; ends with an error where that is too much."""
    measured = json.loads(MEASURED.read_text())
    slipcover.print_coverage(measured, outfile=sys.stdout, skip_covered=True)
    reached = measured["summary"]["percent_covered"]
    print(f"\nreached: {reached:.2f} % of lines and branches")
    if reached < LEAST:
        sys.exit(f"that is less than {LEAST} %: a test is missing")


if __name__ == "__main__":
    main()
