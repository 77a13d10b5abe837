"""Reading a ledger for a query: what is in scope, reduced to arrays."""
