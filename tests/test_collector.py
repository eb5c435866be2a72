"""When Python's collector works."""

import gc

import pytest

from polyconcept.machine.collector import paused


@pytest.fixture(autouse=True)
def as_it_was():
    yield
    gc.enable()


@pytest.mark.parametrize("on", [True, False])
def test_collector_is_as_before(on):
    (gc.enable if on else gc.disable)()

    with paused():
        assert not gc.isenabled()

    assert gc.isenabled() is on


def test_collector_works_again_after_an_error():
    with pytest.raises(ImportError, match="none of that name"), paused():
        raise ImportError("none of that name")

    assert gc.isenabled()
