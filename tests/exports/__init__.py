"""Tests of custdyn_widgets.exports."""
