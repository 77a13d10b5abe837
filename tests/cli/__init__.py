"""Tests of custdyn_widgets.cli."""
