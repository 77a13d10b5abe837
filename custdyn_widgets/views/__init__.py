"""Report → table, HTML, text, charts and facts."""
