"""From a query and a source to a report."""
