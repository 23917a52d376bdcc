"""Members: a sibling table with the same fault, and one more."""
