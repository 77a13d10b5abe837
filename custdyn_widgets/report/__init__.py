"""The rows of a report, from the metrics."""
