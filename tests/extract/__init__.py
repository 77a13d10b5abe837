"""Tests of custdyn_widgets.extract."""
