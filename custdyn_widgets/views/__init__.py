"""Report → what is looked at."""
