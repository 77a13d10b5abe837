"""A query: its fields, how each is validated, and how it is written into a link."""
