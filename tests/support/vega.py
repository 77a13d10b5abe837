"""Makes the script that draws charts, from the copy of Vega that vl-convert carries."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

import vl_convert

SCRIPT = Path(str(files("custdyn_widgets.ui"))) / "static" / "vega.js"


def made() -> str:
    """The script, with its origin in the first line, as a module that needs no other."""
    origin = (
        f"// vega {vl_convert.get_vega_version()}, vega-lite, vega-embed "
        f"{vl_convert.get_vega_embed_version()} (BSD-3-Clause, https://vega.github.io); "
        "made by `make vega`, not by hand.\n"
    )
    return origin + vl_convert.javascript_bundle() + "\nexport default { render() {} };\n"  # type: ignore[call-arg]


if __name__ == "__main__":
    SCRIPT.write_text(made(), "utf-8")
