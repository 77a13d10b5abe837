"""Tests of custdyn_widgets.serve."""
