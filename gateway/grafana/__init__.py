"""Grafana as code: layouts and their generator (developers), push and export (everybody)."""
