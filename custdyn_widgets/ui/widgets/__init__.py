"""Widgets: each a Python class and a script of the same name in `static`."""
