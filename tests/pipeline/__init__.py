"""Tests of custdyn_widgets.pipeline."""
