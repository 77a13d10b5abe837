"""The page: form, table and downloads as widgets, for JupyterLab and Voilà."""
