"""The built-in page: what the gateway knows, for a browser, read-only."""
