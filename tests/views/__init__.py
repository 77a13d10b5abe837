"""Tests of custdyn_widgets.views."""
