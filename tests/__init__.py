"""Tests: claims about the report, each with its evidence."""
