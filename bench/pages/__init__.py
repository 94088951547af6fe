"""What is shown, and how: documents and what renders them."""
