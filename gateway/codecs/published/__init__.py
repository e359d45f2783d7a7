"""Codecs that others publish: reading their repositories unchanged, proving them, proposing a profile."""
