"""Connections to billing systems: `connect`, systems and their mappings, the balance check."""

from __future__ import annotations

from custdyn_widgets.connections.connect import connect
from custdyn_widgets.connections.connected import Connected

__all__ = ["Connected", "connect"]
