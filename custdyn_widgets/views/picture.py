"""A picture of a chart, where vl-convert can draw it."""

from __future__ import annotations

from typing import Any


def picture_of(spec: dict[str, Any], *, scale: float = 1) -> bytes | None:
    """A PNG of a Vega-Lite chart; None without vl-convert, and where it cannot be drawn.

    Nothing is loaded from a network: a chart of data elsewhere has no picture.
    """
    try:
        import vl_convert
    except ImportError:
        return None
    try:
        made: bytes = vl_convert.vegalite_to_png(spec, scale=scale, allowed_base_urls=[])
    except ValueError:
        return None
    return made
