"""Embedded store: history, hourly roll-up and devices in one SQLite file. See README.md."""
