"""The metrics core: clients, flows and balances in every bucket."""
