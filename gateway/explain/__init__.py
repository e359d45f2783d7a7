"""What became of one message, for a person who asks: find it, walk its road once more, say how to mend it."""
