"""Tests of custdyn_widgets.words."""
