"""Tests of custdyn_widgets.query."""
