"""Tests of custdyn_widgets.model."""
