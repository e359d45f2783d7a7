"""Payload codecs in JavaScript, hostile until proved otherwise, in a process of their own. README.md says how."""
