"""Quarantine: what was not understood or was refused, with its bytes and the reason. See README.md."""
