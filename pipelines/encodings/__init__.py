"""Encodings: observations to bytes. One file each, pure."""
