"""Tests of custdyn_widgets.delivery."""
