"""How all tests run: their order, and that none depends on a clock."""

from hypothesis import settings

settings.register_profile("polyconcept", deadline=None)
settings.load_profile("polyconcept")


def pytest_collection_modifyitems(items):
    """Whole studies first: with two files at a time, none of them is left alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)
