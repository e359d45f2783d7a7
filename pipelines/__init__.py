"""Pure functions from bytes to observations. Law: no I/O, no clock, no event loop, no logging."""
