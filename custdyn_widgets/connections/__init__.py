"""Connections to billing systems: `connect`, systems and their mappings, the balance check."""
