"""Tables of a user's own, read by a mapping."""
