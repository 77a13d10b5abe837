"""Writes the generated parts of docs/ from the definitions: `make docs`.

A part is between `<!-- name -->` and `<!-- /name -->`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from custdyn_widgets.environment import VARIABLES
from custdyn_widgets.model.blocks import EVERY_BLOCK, PACKAGE_CARD
from custdyn_widgets.model.definitions import FINDINGS, LINES, BlockDefinition
from custdyn_widgets.model.presets import PRESETS
from custdyn_widgets.model.rows import PACKAGE_BLOCK
from custdyn_widgets.model.schema import TABLES
from custdyn_widgets.query.fields import FIELDS

DOCS = Path(__file__).parents[2] / "docs"


def table(head: str, rows: Iterable[Iterable[str]]) -> str:
    """A table of Markdown, between blank lines' worth of newlines."""
    columns = [name.strip() for name in head.split("|")]
    lines = [columns, ["---"] * len(columns), *map(list, rows)]
    return "\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def block_rows(block: BlockDefinition) -> Iterable[list[str]]:
    """A line for each row of a block, under its name."""
    yield [f"**{block.name}**", "", block.description, ""]
    for row in block.rows:
        reasons = [str(one) for one in (row.empty, row.undefined) if one is not None]
        yield [row.name, row.unit, row.description, "; ".join(reasons)]


def parts() -> dict[str, str]:
    """The generated parts, by name."""
    return {
        "tables": table(
            "table | columns | key",
            (
                [
                    f"**`{one.name}`**" if one.required else f"`{one.name}`",
                    ", ".join(
                        f"**`{column.name}`**" if column.required else f"`{column.name}`"
                        for column in one.columns
                    ),
                    ", ".join(f"`{name}`" for name in one.key) if one.unique else "",
                ]
                for one in TABLES.values()
            ),
        ),
        "fields": table(
            "field | label | meaning",
            ([f"`{name}`", one.label, one.description] for name, one in FIELDS.items()),
        ),
        "presets": ", ".join(f"`{name}`" for name in PRESETS),
        "rows": table(
            "row | unit | meaning | N/A where",
            (line for block in EVERY_BLOCK for line in block_rows(block)),
        ),
        "lines": table("line | meaning", ([one.label, one.description] for one in LINES.values())),
        "card": table(
            "row | unit | meaning",
            (
                [row.name, row.unit, row.description]
                for row in PACKAGE_CARD.rows[len(PACKAGE_BLOCK.rows) :]
            ),
        ),
        "findings": ", ".join(FINDINGS.values()).lower(),
        "environment": table(
            "variable | meaning", ([f"`{name}`", text] for name, text in VARIABLES.items())
        ),
    }


def filled(text: str) -> str:
    """A text with its generated parts as they should be. Raises KeyError for an unknown part."""
    made = parts()
    return re.sub(
        r"<!-- (\w+) -->.*?<!-- /\1 -->",
        lambda match: f"<!-- {match[1]} -->{made[match[1]]}<!-- /{match[1]} -->",
        text,
        flags=re.S,
    )


if __name__ == "__main__":
    for file in DOCS.glob("*.md"):
        file.write_text(filled(file.read_text("utf-8")), "utf-8")
