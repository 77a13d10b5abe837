"""Tests of custdyn_widgets.sources."""
