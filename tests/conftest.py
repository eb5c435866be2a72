"""How all tests run: their order, and that none depends on a clock or on another test's logging."""

import logging

import pytest
from hypothesis import settings

settings.register_profile("polyconcept", deadline=None)
settings.load_profile("polyconcept")


LONG = ("benchmarks", "builtin_models", "crate", "figures_statistics", "only_what_changed")
LONG += ("rates", "text_sizes", "training", "wordalign")
"""Files of tests that run no study and still take half a minute or more."""


def pytest_collection_modifyitems(items):
    """What takes long first: with two files at a time, none of it is left alone at the end."""

    def place(item):
        is_long = item.path.stem.removeprefix("test_") in LONG
        return 0 if item.get_closest_marker("workflow") else 1 if is_long else 2

    items.sort(key=place)


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
