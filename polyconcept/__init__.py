"""Polyconcept: how far a multilingual language model shares its concepts between languages."""

__version__ = "0.1.0"
