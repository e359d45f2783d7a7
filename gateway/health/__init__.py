"""What is wrong now, since when, and what to do about it."""
