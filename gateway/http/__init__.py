"""One server and one client for HTTP."""
