"""From a cell to its clients, from a client to its entries, and a cell in words."""
