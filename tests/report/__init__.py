"""Tests of custdyn_widgets.report."""
