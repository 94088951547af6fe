"""Reading a group from a table."""
