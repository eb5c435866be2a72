"""The built-in text, with gold word links, tags and labels, and small models trained on it."""
