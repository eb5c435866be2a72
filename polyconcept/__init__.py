"""Polyconcept: how far a multilingual language model shares its concepts between languages."""


def __getattr__(name: str) -> object:
    """Import `load` at its first use: what a job imports holds nothing of it."""
    if name == "load":
        from polyconcept.store.results import load

        return load
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
