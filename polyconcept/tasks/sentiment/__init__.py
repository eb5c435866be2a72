"""Sentiment of sentences: how models learn to tell it, and how well they do."""
