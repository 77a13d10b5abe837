"""Report → bytes: one small file a format."""
