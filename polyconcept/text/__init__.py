"""Sentences, words, word links and dictionaries."""
