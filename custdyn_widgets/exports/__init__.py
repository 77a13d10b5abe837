"""Report and lists → files: CSV, JSON, XLS, XLSX, and reading them back."""
