"""The file under an HDF5 file goes to the disk as it is written, and no error of that is lost."""

import errno
import os
import threading

import h5py
import numpy as np
import pytest

from polyconcept.store import hdf5
from polyconcept.store.hdf5 import create_hdf5, open_hdf5

NUMBERS = np.arange(4000, dtype=np.float64)


def write(path, after_first=lambda: None):
    with create_hdf5(path, "numbers") as (file, disk):
        for number in range(5):
            file.create_dataset(str(number), data=NUMBERS + number)
            disk.check()
            if number == 0:
                after_first()


def test_what_is_written_goes_to_the_disk_while_more_is_made(tmp_path, monkeypatch):
    fsync, synced, beside = os.fsync, threading.Event(), []

    def watched(descriptor):
        beside.append(threading.current_thread() is not threading.main_thread())
        fsync(descriptor)
        synced.set()

    def wait():
        assert synced.wait(60), "nothing went to the disk before the second data set"

    monkeypatch.setattr(hdf5, "_SYNC_BYTES", 8000)
    monkeypatch.setattr(os, "fsync", watched)

    write(tmp_path / "n.h5", wait)

    assert beside[0]
    with open_hdf5(tmp_path / "n.h5", "numbers") as file:
        for number in range(5):
            assert np.array_equal(file[str(number)], NUMBERS + number)


def test_small_files_start_no_thread(tmp_path, monkeypatch):
    monkeypatch.setattr(hdf5, "ThreadPoolExecutor", None)  # a call would fail

    write(tmp_path / "n.h5")

    with h5py.File(tmp_path / "n.h5") as file:
        assert len(file) == 5


def test_an_error_that_only_one_sync_is_told_of_is_raised(tmp_path, monkeypatch):
    errors = [OSError(errno.EIO, "Input/output error")]

    def told_once(_descriptor):
        if errors:
            raise errors.pop()

    monkeypatch.setattr(hdf5, "_SYNC_BYTES", 8000)
    monkeypatch.setattr(os, "fsync", told_once)

    with pytest.raises(OSError, match="Input/output error"):
        write(tmp_path / "n.h5")
    assert errors == []
    assert list(tmp_path.iterdir()) == []
