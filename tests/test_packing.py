"""Packed chunks of vectors: what HDF5 and zlib themselves make of them, and older files."""

import itertools
import re
import threading
import zlib

import h5py
import numpy as np
import pytest
from test_store import header_of, make_words

from polyconcept.machine import memory
from polyconcept.store import vectors as vectors_module
from polyconcept.store.packing import FILTERS, _entropy, packed_chunk
from polyconcept.store.vectors import VectorFile, write_vectors


def values_of(kind, shape=(300, 300)):
    random = np.random.default_rng(5)
    normal = random.standard_normal(shape, dtype=np.float32)
    halves = (normal.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    bits = random.integers(2**32, size=shape, dtype=np.uint32).view(np.float32)
    odd = np.array([0, -0.0, np.inf, np.nan, 1e-45, 3], np.float32)
    return {
        "normal": normal,
        "bfloat16": halves,
        "zeros": np.zeros_like(normal),
        "any bits": bits,
        "odd": np.resize(odd, (2, 3)),
    }[kind]


@pytest.mark.parametrize("kind", ["normal", "bfloat16", "zeros", "any bits", "odd"])
def test_a_chunk_is_the_zlib_stream_of_the_shuffled_bytes(kind):
    values = values_of(kind)
    shuffled = values.astype("<f4").tobytes()
    shuffled = b"".join(shuffled[place::4] for place in range(4))

    assert zlib.decompress(packed_chunk(values)) == shuffled


@pytest.mark.parametrize(
    ("kind", "most"), [("normal", 0.9), ("bfloat16", 0.45), ("zeros", 0.02), ("any bits", 1.001)]
)
def test_what_repeats_is_packed_and_noise_hardly_grows(kind, most):
    values = values_of(kind)

    assert len(packed_chunk(values)) <= most * values.nbytes


@pytest.mark.parametrize("n_dims", [512, 768, 1024])
def test_noise_in_any_dims_is_found(n_dims):
    """A step of 64 bytes would meet only every 64th of 512 dims, and 63 every third of 768."""
    random = np.random.default_rng(1)
    n_rows = 2**18 // n_dims
    for quiet in (64, 3):
        plane = random.integers(256, size=(n_rows, n_dims), dtype=np.uint8)
        plane[:, ::quiet] = 7
        expected = np.bincount(plane.ravel()) / plane.size
        bits = -(expected * np.log2(expected)).sum()

        assert _entropy(plane.ravel()) == pytest.approx(bits, abs=0.1)


@pytest.mark.parametrize("kind", ["normal", "bfloat16", "any bits", "odd"])
def test_hdf5_reads_what_was_written_past_its_filters(tmp_path, kind):
    values = values_of(kind)
    with h5py.File(tmp_path / "a.h5", "w") as file:
        dataset = file.create_dataset("x", values.shape, "<f4", chunks=values.shape, **FILTERS)
        dataset.id.write_direct_chunk((0, 0), packed_chunk(values))

    with h5py.File(tmp_path / "a.h5") as file:
        assert file["x"][:].tobytes() == values.tobytes()


def written(path, n_words=1000, n_dims=8, seed=2):
    """A file of vectors that come in a random order, and the vectors."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((2, n_words, n_dims), dtype=np.float32)
    parts = np.array_split(random.permutation(n_words), 7)
    batches = ((part, {3: vectors[0, part], 5: vectors[1, part]}) for part in parts)
    write_vectors(path, header_of(make_words()), 2 * np.arange(n_words), batches)
    return vectors


@pytest.mark.parametrize("chunk_bytes", [1, 2**10, 2**20])
def test_vectors_come_back_whatever_the_order_and_the_chunks(tmp_path, monkeypatch, chunk_bytes):
    monkeypatch.setattr(vectors_module, "_CHUNK_BYTES", chunk_bytes)
    vectors = written(tmp_path / "v.h5")
    asked = np.random.default_rng(0).integers(1000, size=300)

    with VectorFile.open(tmp_path / "v.h5", make_words()) as file:
        assert np.array_equal(file.rows, 2 * np.arange(1000))
        assert np.array_equal(file.read(3, 2 * asked), vectors[0, asked])
        assert np.array_equal(file.read(5, file.rows), vectors[1])


def test_a_chunk_that_is_not_full_ends_in_zeros(tmp_path, monkeypatch):
    """Its memory has held other chunks before."""
    monkeypatch.setattr(vectors_module, "_CHUNK_BYTES", 2**10)  # 32 rows, the last has 8
    vectors = written(tmp_path / "v.h5")

    with h5py.File(tmp_path / "v.h5") as file:
        _, packed = file["layer/3"].id.read_direct_chunk((992, 0))
        last = file["row"][992:] // 2
    shuffled = np.frombuffer(zlib.decompress(packed), dtype=np.uint8).reshape(4, -1)
    values = np.ascontiguousarray(shuffled.T).view("<f4").reshape(32, 8)
    assert np.array_equal(values[:8], vectors[0, last])
    assert not values[8:].any()


def test_vectors_that_memory_has_no_room_for_are_read_into_a_file(tmp_path, monkeypatch):
    vectors = written(tmp_path / "v.h5")
    monkeypatch.setattr(memory, "free_bytes", lambda: 0)

    with VectorFile.open(tmp_path / "v.h5", make_words()) as file:
        found = file.read(3, file.rows)

    assert isinstance(found, np.memmap)
    assert np.array_equal(found, vectors[0])


def test_the_same_vectors_make_the_same_file(tmp_path):
    for name in ("a.h5", "b.h5"):
        written(tmp_path / name)

    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_chunks_packed_out_of_order_make_the_same_file(tmp_path, monkeypatch):
    monkeypatch.setattr(vectors_module, "_CHUNK_BYTES", 2**10)  # 32 chunks in each of 2 layers
    written(tmp_path / "a.h5")
    started, finished = itertools.count(), []
    packed = [threading.Event() for _ in range(64)]

    def late(chunk):
        """Every other chunk waits for the one after it."""
        number = next(started)
        if number % 2 == 0:
            assert packed[number + 1].wait(timeout=60)
        found = packed_chunk(chunk)
        finished.append(number)
        packed[number].set()
        return found

    monkeypatch.setattr(vectors_module, "packed_chunk", late)
    monkeypatch.setattr(vectors_module, "n_cores", lambda: 4)
    written(tmp_path / "b.h5")

    assert sorted(finished) == list(range(64))
    assert all(finished.index(number) > finished.index(number + 1) for number in range(0, 64, 2))
    assert (tmp_path / "a.h5").read_bytes() == (tmp_path / "b.h5").read_bytes()


def test_files_of_before_are_read(tmp_path):
    """Ascending rows, plain chunks."""
    vectors = written(tmp_path / "new.h5")
    with h5py.File(tmp_path / "new.h5") as new, h5py.File(tmp_path / "old.h5", "w") as old:
        for name, value in new.attrs.items():
            old.attrs[name] = value
        old["row"] = 2 * np.arange(1000)
        old.create_dataset("layer/3", data=vectors[0], chunks=(100, 8))

    with VectorFile.open(tmp_path / "old.h5", make_words()) as file:
        assert np.array_equal(file.read(3, np.array([1998, 0, 4])), vectors[0, [999, 0, 2]])


def test_a_batch_of_other_layers_is_refused(tmp_path):
    one = np.ones((1, 2), np.float32)
    batches = [(np.array([0]), {1: one}), (np.array([1]), {2: one})]
    expected = re.escape("v.h5: a batch of layers [2], the first was of [1]")

    with pytest.raises(ValueError, match=expected):
        write_vectors(tmp_path / "v.h5", header_of(make_words()), np.arange(2), batches)
    assert list(tmp_path.iterdir()) == []
