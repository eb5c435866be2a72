"""Vectors stored as bfloat16: the bits by hand, by torch, and through a file."""

import h5py
import numpy as np
import pytest
import torch
from test_blocks import header_of, make_words

from polyconcept.store import vectors as vectors_module
from polyconcept.store.bfloat16 import from_bits, to_bits
from polyconcept.store.content import content_sha256
from polyconcept.store.faults import DamagedError
from polyconcept.store.vectors import VectorFile, write_vectors


def test_bits_are_those_worked_out_by_hand():
    # Sign, 8 bits of exponent, 7 of mantissa: a step from 1 is 1/128. Ties go to the even one.
    half_up, half_down = 1 + 1 / 256, 1 + 3 / 256
    values = np.array([[1, -2, 0, half_up, half_down, 1 + 1.01 / 256]], dtype=np.float32)

    bits = to_bits(values)

    assert [hex(one) for one in bits[0].tolist()] == [
        "0x3f80", "0xc000", "0x0", "0x3f80", "0x3f82", "0x3f81",
    ]  # fmt: skip
    assert from_bits(bits).tolist() == [[1, -2, 0, 1, 1 + 2 / 128, 1 + 1 / 128]]


def test_numbers_are_rounded_as_torch_rounds_them():
    values = np.random.default_rng(3).standard_normal((50, 40)).astype(np.float32)
    values *= np.float32(10.0) ** np.arange(-20, 20)

    expected = torch.from_numpy(values).to(torch.bfloat16).float().numpy()

    assert np.array_equal(from_bits(to_bits(values)), expected)


@pytest.fixture
def vectors():
    return np.random.default_rng(4).standard_normal((40, 8), dtype=np.float32)


@pytest.fixture
def path(tmp_path, vectors, monkeypatch):
    # Chunks of 16 rows of 8 dims; the last has 8 rows.
    monkeypatch.setattr(vectors_module, "_CHUNK_BYTES", 2 * 16 * 8)
    order = np.random.default_rng(5).permutation(40)
    batches = [(part, {3: vectors[part]}) for part in np.array_split(order, 3)]
    header = header_of(make_words())
    write_vectors(tmp_path / "en.h5", header, np.arange(40), batches, store="bfloat16")
    return tmp_path / "en.h5"


def test_vectors_come_back_as_float32_that_bfloat16_can_hold(path, vectors):
    with h5py.File(path) as file:
        assert (file["layer/3"].dtype, file["layer/3"].chunks) == (np.uint16, (16, 8))
        assert file.attrs["format_version"] == 2
    with VectorFile.open(path, make_words()) as file:
        found = file.read(3, np.array([39, 0, 7, 7]))

    assert found.dtype == np.float32
    assert np.array_equal(found, from_bits(to_bits(vectors))[[39, 0, 7, 7]])


def test_the_hashes_of_blocks_are_of_the_bits(path):
    assert content_sha256(path) == content_sha256(path, by_blocks=True)

    with h5py.File(path, "r+") as file:
        file["layer/3"][20, 0] += 1

    with (
        VectorFile.open(path, make_words()) as file,
        pytest.raises(DamagedError, match="rows 16 to 31: needed sha256"),
    ):
        file.read(3, np.arange(40))
