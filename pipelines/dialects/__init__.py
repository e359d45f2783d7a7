"""Dialects: network message to Uplink and back. One file each, pure."""
