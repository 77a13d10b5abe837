"""Tests of custdyn_widgets.metrics."""
