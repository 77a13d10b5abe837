"""A picture of a chart, where vl-convert is installed."""

from __future__ import annotations

from typing import Any


def picture_of(spec: dict[str, Any], *, scale: float = 1) -> bytes | None:
    """A PNG of a Vega-Lite chart; None without vl-convert. Nothing is loaded from a network."""
    try:
        import vl_convert
    except ImportError:
        return None
    made: bytes = vl_convert.vegalite_to_png(spec, scale=scale)
    return made
