"""Connections to billing systems."""
