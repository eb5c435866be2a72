"""Files of word vectors beside plain files of the same numbers.

    python benchmarks/storage.py [--words 300000]

The vectors are hidden states of the built-in text: of a BERT of base size with random weights,
layers 0, 1, 3, 6, 9 and 12, and of the trained small BERT that the project ships. The first are
repeated to the number of words wanted, each of them many chunks after the one before, so that no
packing sees it twice; of the second all are different. Both sides are given views of the same
array, write them batch by batch, and end with fsync; they take turns, and each writes a new file,
as every job does. Seconds are on the clock: they wait for the disk. What is read is what the system
counts of this process (/proc/self/io, `rchar`).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from extraction import TOKENIZER, Task, all_words, plan_of, task_of, text_of
from extraction import Size as ModelSize
from measuring import Figure, figure, medians, wall_seconds

from polyconcept.machine.devices import cpu_threads
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.records.concepts import VectorHeader
from polyconcept.records.text import Words
from polyconcept.store.vectors import _MOST_PACKERS, VectorFile, write_vectors
from polyconcept.vectors.extract import extract_vectors

IO = Path("/proc/self/io")
N_CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
States = dict[int, np.ndarray]


@dataclass(frozen=True)
class Size:
    """What is written."""

    n_words: int
    model: ModelSize
    """Whose hidden states are taken, again and again."""
    n_trained: int
    """Sentences that the trained small BERT reads."""
    batch: int
    n_rounds: int


FULL = Size(300_000, ModelSize(n_sentences=400, layers=(0, 1, 3, 6, 9, 12)), 2000, 7000, 2)
SMALL = ModelSize(n_sentences=40, n_layers=2, n_dims=48, layers=(0, 1, 2))
QUICK = Size(2000, SMALL, 40, 500, 1)


def states_of(task: Task) -> States:
    """Return the vectors of the text's words by layer."""
    plan = plan_of(task)
    found: States = {}
    for places, vectors in extract_vectors(task.model, plan, layers=task.layers):
        for layer, of_layer in vectors.items():
            whole = found.setdefault(layer, np.empty((plan.n_words, of_layer.shape[1]), "f4"))
            whole[places] = of_layer
    return found


def trained_states(n_sentences: int) -> States:
    """Return the vectors of the small BERT that the project ships."""
    model = load_backbone(TOKENIZER, side="encoder", device="cpu", dtype=torch.float32)
    text = text_of(n_sentences)
    tokenizer = load_tokenizer(TOKENIZER)
    return states_of(Task(model, tokenizer, text, all_words(text), (0, 2, 4)))


def batches_of(states: States, places: np.ndarray, batch: int) -> Iterator[tuple[Any, States]]:
    """Yield views of the states, from their first to their last again and again."""
    n_known, first = n_words(states), 0
    while first < len(places):
        start = first % n_known
        n_taken = min(batch, n_known - start, len(places) - first)
        taken = {layer: vectors[start : start + n_taken] for layer, vectors in states.items()}
        yield places[first : first + n_taken], taken
        first += n_taken


def n_words(states: States) -> int:
    """Return the words that the states are of."""
    return len(next(iter(states.values())))


def in_any_order(n_words: int) -> np.ndarray:
    """Return the places of words, as batches of like sentences have them."""
    return np.random.default_rng(3).permutation(n_words)


def table(n_words: int) -> Words:
    """Return a word table of so many rows."""
    sentence, zeros = np.arange(n_words, dtype=np.int32), np.zeros(n_words, dtype=np.int32)
    return Words("en", sentence, zeros, zeros, ("word",))


def write_ours(
    path: Path, states: States, words: Words, batch: int, places: np.ndarray | None = None
) -> None:
    """Write them as a job does; at the words' places, or from the first to the last."""
    names = ("model", "variant", "side", "given", "reading", "pooling")
    header = VectorHeader(
        language="en",
        words_fingerprint=words.fingerprint,
        dropped={},
        **dict.fromkeys(names, ""),
    )
    rows = np.arange(words.n_words)
    at = rows if places is None else places
    write_vectors(path, header, rows, batches_of(states, at, batch))


def write_plain(path: Path, states: States, places: np.ndarray, batch: int) -> None:
    """Write the numbers of each batch, one after the other."""
    with path.open("wb", buffering=0) as file:
        for _, vectors in batches_of(states, places, batch):
            for of_layer in vectors.values():
                file.write(of_layer.data)
        os.fsync(file.fileno())


def mib_of(states: States, n_words: int) -> float:
    """Return MiB of the numbers of so many words."""
    bytes_of_word: int = sum(4 * part.shape[1] for part in states.values())
    return n_words * bytes_of_word / 2**20


def bytes_read() -> int:
    """Return the bytes that this process has asked the system for so far."""
    return int(IO.read_text().split("rchar: ")[1].split()[0])


def read_figure(path: Path, words: Words, states: States, places: np.ndarray) -> Figure:
    """Return what is read of the file where one layer is."""
    layer = max(states)
    with VectorFile.open(path, words) as file:
        stored = file._file[f"layer/{layer}"].id.get_storage_size()
        before = bytes_read()
        found = file.read(layer, file.rows)
        read = bytes_read() - before
    assert np.array_equal(found[places[:100]], states[layer][:100])
    return figure(
        read / 2**20, "MiB", "<= 1.05", read / stored, limit=stored / 2**20,
        note="beside what the layer takes in the file",
    )  # fmt: skip


def check_room(folder: Path, mib: float) -> None:
    """Refuse a folder whose disk has no room.

    Raises:
        ValueError: As said.
    """
    free = shutil.disk_usage(folder).free / 2**20
    if free < mib:
        raise ValueError(f"{folder}: {free:,.0f} MiB free, {mib:,.0f} are needed; set TMPDIR")


def trained_figure(folder: Path, size: Size) -> Figure:
    """Measure a file of the trained small BERT, of all its text's words once."""
    states = trained_states(size.n_trained)
    words, path = table(n_words(states)), folder / "small.h5"
    write_ours(path, states, words, size.batch)
    mib, raw = path.stat().st_size / 2**20, mib_of(states, words.n_words)
    note = f"{words.n_words:,} words x {len(states)} layers, each word once"
    return figure(mib, "MiB", "<= 0.9", mib / raw, limit=raw, note=note)


def large_figures(folder: Path, size: Size, states: States) -> dict[str, Figure]:
    """Measure the size of a large file, the rate at which it is written, what is read of it."""
    words, places = table(size.n_words), in_any_order(size.n_words)
    ours, plain = folder / "v.h5", folder / "v.raw"
    raw = mib_of(states, size.n_words)
    check_room(folder, 2.1 * raw)

    def anew(call: Callable[[], Any]) -> float:
        """Return the seconds where neither file is there before."""
        for path in (plain, ours):
            path.unlink(missing_ok=True)
        return wall_seconds(call)

    other, spent = medians(
        anew,
        size.n_rounds,
        lambda: write_plain(plain, states, places, size.batch),
        lambda: write_ours(ours, states, words, size.batch, places),
    )
    mib = ours.stat().st_size / 2**20
    about = f"{size.n_words:,} words x {len(states)} layers"
    threads = f"{min(_MOST_PACKERS, os.cpu_count() or 1)} packing threads on {N_CORES} cores"
    found = {
        "storage, size": figure(
            mib, "MiB", "<= 0.9", mib / raw, limit=raw,
            note=f"{about} of a base-size BERT, random weights; {n_words(states):,} words repeated",
        ),
        "storage, write rate": figure(
            raw / spent, "MiB/s", ">= 0.7", other / spent, limit=raw / other,
            note=f"of raw numbers, new files, fsync included; {threads}",
        ),
    }  # fmt: skip
    if IO.exists():  # Linux
        found["storage, one layer read"] = read_figure(ours, words, states, places)
    return found


def measure(quick: bool = False, n_words: int | None = None) -> dict[str, Figure]:
    """Return the figures of storage by name; `n_words` in place of the usual number."""
    size = QUICK if quick else FULL
    size = replace(size, n_words=n_words or size.n_words)
    with cpu_threads(N_CORES):  # what is made here is not timed
        states = states_of(task_of(size.model))
    with tempfile.TemporaryDirectory() as folder:
        found = large_figures(Path(folder), size, states)
        found["storage, size, trained small BERT"] = trained_figure(Path(folder), size)
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    parser.add_argument("--words", type=int, help=f"to write, in place of {FULL.n_words:,}")
    options = parser.parse_args()
    json.dump(measure(options.quick, options.words), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
