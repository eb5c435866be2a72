"""Polyconcept: how far a multilingual language model shares its concepts between languages."""
