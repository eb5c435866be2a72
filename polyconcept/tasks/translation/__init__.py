"""Translation: how models learn it, and how well they translate."""
