"""Named entities: how models learn to find them, and how well they do."""
