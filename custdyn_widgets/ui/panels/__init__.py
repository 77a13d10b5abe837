"""Parts of the page, each with widgets of its own."""
