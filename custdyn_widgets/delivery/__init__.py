"""Reports by mail: kept and queued at once, sent at least once, never lost."""
