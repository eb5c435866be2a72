"""Hashes of the blocks of vector files: what is read is as it was written; no more is read."""

import hashlib
import zlib

import h5py
import numpy as np
import pytest
from test_store import header_of, make_words

from polyconcept.store import blocks, vectors
from polyconcept.store.content import content_sha256
from polyconcept.store.faults import DamagedError, StoreError
from polyconcept.store.vectors import VectorFile, write_vectors

N_DIMS, N_ROWS = 4, 2  # rows of a block: 32 bytes


@pytest.fixture
def path(tmp_path, monkeypatch):
    """Two layers of three words, in blocks of two."""
    monkeypatch.setattr(vectors, "_CHUNK_BYTES", 4 * N_DIMS * N_ROWS)
    values = np.arange(3 * N_DIMS, dtype=np.float32).reshape(3, N_DIMS)
    batches = [(np.array([0, 1, 2]), {0: values, 4: -values})]
    write_vectors(tmp_path / "en.h5", header_of(make_words()), np.array([0, 1, 3]), batches)
    return tmp_path / "en.h5"


def read(path, layer, rows=(0, 1, 3)):
    with VectorFile.open(path, make_words()) as file:
        return file.read(layer, np.array(rows))


def change_chunk(path, layer, first, change):
    """Change the bytes of one chunk as they lie in the file, as a disk may."""
    with h5py.File(path, "r+") as file:
        dataset = file[f"layer/{layer}"]
        _, packed = dataset.id.read_direct_chunk((first, 0))
        dataset.id.write_direct_chunk((first, 0), change(packed))


def another_value(packed):
    """A chunk that unpacks well, to another value."""
    plain = bytearray(zlib.decompress(packed))
    plain[1] ^= 1
    return zlib.compress(bytes(plain))


def test_the_hashes_are_those_of_the_rows(path):
    rows = np.arange(12, dtype="<f4").reshape(3, 4)
    with h5py.File(path) as file:
        kept = file["block_sha256/layer/0"]
        assert kept.attrs["n_rows"] == N_ROWS
        # The last block has one row, though its chunk is filled up.
        expected = [hashlib.sha256(rows[:2].tobytes()), hashlib.sha256(rows[2:].tobytes())]
        assert [row.tobytes() for row in kept[:]] == [one.digest() for one in expected]


def test_both_ways_of_hashing_agree_until_a_value_changes(path):
    before = content_sha256(path)
    assert content_sha256(path, by_blocks=True) == before

    change_chunk(path, 4, 2, another_value)

    assert content_sha256(path, by_blocks=True) == before
    assert content_sha256(path) != before


def test_what_is_not_as_it_was_written_is_not_read(path):
    change_chunk(path, 4, 2, another_value)

    needed = hashlib.sha256((-np.arange(8, 12, dtype="<f4")).tobytes()).hexdigest()
    what = rf"/layer/4, rows 2 to 3: needed sha256 {needed}, found [0-9a-f]{{64}}; make it again"
    with pytest.raises(DamagedError, match=rf"en\.h5: damaged since it was made: {what}"):
        read(path, 4)
    # Another layer, and another block of it, are as they were.
    assert read(path, 0)[2].tolist() == [8, 9, 10, 11]
    assert read(path, 4, rows=[0, 1])[1].tolist() == [-4, -5, -6, -7]


def test_what_cannot_be_unpacked_is_damaged(path):
    change_chunk(path, 0, 0, lambda packed: packed[:3] + bytes(len(packed) - 3))

    with pytest.raises(
        DamagedError, match=r"en\.h5: damaged since it was made: /layer/0, rows 0 to 1: "
    ):
        read(path, 0)
    with pytest.raises(StoreError, match=r"en\.h5: truncated, or no HDF5 file"):
        content_sha256(path)


def test_a_changed_hash_is_another_content(path):
    before = content_sha256(path)
    with h5py.File(path, "r+") as file:
        file["block_sha256/layer/0"][0, 0] ^= 1

    assert content_sha256(path, by_blocks=True) != before
    assert content_sha256(path) != before
    with pytest.raises(DamagedError, match="rows 0 to 1"):
        read(path, 0)


def test_other_chunks_change_nothing(path, tmp_path):
    """As h5repack and other libraries lay a file out."""
    with h5py.File(path) as old, h5py.File(tmp_path / "new.h5", "w") as new:
        for name in old:
            old.copy(name, new)
        new.attrs.update(old.attrs)
        del new["layer/4"]
        new.create_dataset("layer/4", data=old["layer/4"][:], chunks=(1, N_DIMS))

    assert content_sha256(tmp_path / "new.h5") == content_sha256(path)
    np.testing.assert_array_equal(read(tmp_path / "new.h5", 4), read(path, 4))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda kept: kept.attrs.modify("n_rows", 3),
            r"/layer/0: found hashes of shape \(2, 32\) for blocks of 3 rows, needed \(1, 32\)",
        ),
        (
            lambda kept: kept.attrs.__delitem__("n_rows"),
            r"/layer/0: found hashes of shape \(2, 32\) for blocks of 0 rows, needed \(3, 32\)",
        ),
    ],
)
def test_hashes_that_do_not_fit_are_refused(path, change, message):
    with h5py.File(path, "r+") as file:
        change(file["block_sha256/layer/0"])

    with pytest.raises(StoreError, match=message):
        read(path, 0)


def test_a_file_of_before_there_were_hashes_is_read(path):
    """Its values count as its content, so that a job that reads it has hashed them all."""
    with h5py.File(path, "r+") as file:
        del file["block_sha256"]
    whole = content_sha256(path)
    change_chunk(path, 4, 2, another_value)

    assert content_sha256(path, by_blocks=True) == content_sha256(path) != whole
    assert read(path, 0)[1].tolist() == [4, 5, 6, 7]


def test_a_file_without_vectors_has_no_blocks(tmp_path):
    write_vectors(tmp_path / "e.h5", header_of(make_words()), np.zeros(0, np.int64), [])

    assert content_sha256(tmp_path / "e.h5") == content_sha256(tmp_path / "e.h5", by_blocks=True)


def test_a_job_reads_no_values_for_its_record(path, monkeypatch):
    def read_all(_blocks):
        raise AssertionError("values were read")

    monkeypatch.setattr(blocks.Blocks, "hashes_now", read_all)

    content_sha256(path, by_blocks=True)
    with pytest.raises(AssertionError, match="values were read"):
        content_sha256(path)
