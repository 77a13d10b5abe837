"""Tests of custdyn_widgets.ui."""
