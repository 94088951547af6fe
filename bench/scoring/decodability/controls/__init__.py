"""What is read of things whose worth is known."""
