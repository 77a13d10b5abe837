"""Tests of custdyn_widgets.store."""
