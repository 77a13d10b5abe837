"""Widgets that know nothing of customer dynamics."""
