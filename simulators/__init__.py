"""A city without hardware. Its own programs; speaks only to brokers and files."""
