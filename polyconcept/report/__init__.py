"""Pages that a reader opens first: the report of a study, and its claims in detail."""
