"""Tests of custdyn_widgets.drill."""
