"""The built-in demo ledger."""
