"""Tests of custdyn_widgets.listings."""
