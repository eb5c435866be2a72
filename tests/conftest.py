"""How all tests run: their order, and that none depends on a clock or on another test's logging."""

import logging

import pytest
from hypothesis import settings

settings.register_profile("polyconcept", deadline=None)
settings.load_profile("polyconcept")


def pytest_collection_modifyitems(items):
    """Whole studies first: with two files at a time, none of them is left alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("workflow") is None)


def pytest_runtest_setup(item):
    if item.get_closest_marker("cuda"):
        import torch  # here, because most test files do without

        if not torch.cuda.is_available():
            pytest.skip("torch finds no CUDA GPU")


@pytest.fixture(autouse=True)
def level_of_logging():
    """A job's process sets what is logged, and tests run jobs in their own process."""
    level = logging.root.level
    yield
    logging.root.setLevel(level)
