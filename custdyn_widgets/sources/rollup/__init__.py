"""Rollups: a ledger folded by the hour, extended by new entries."""

from custdyn_widgets.sources.rollup.writer import MAX_PARTS, Made, make_rollup

__all__ = ["MAX_PARTS", "Made", "make_rollup"]
