"""A ledger folded by the hour: written once, extended by what came since, read like any source."""

from custdyn_widgets.sources.rollup.writer import MAX_PARTS, Made, make_rollup

__all__ = ["MAX_PARTS", "Made", "make_rollup"]
