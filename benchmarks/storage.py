"""Files of word vectors beside plain files of the same numbers.

    python benchmarks/storage.py [--words 300000]

The vectors are hidden states of the built-in text: of a BERT of base size with random weights,
layers 0, 1, 3, 6, 9 and 12, its words repeated to the number of words wanted; sizes also of the
trained small BERT that the project ships. Both sides write as the vectors come, batch by batch, and
end with fsync; they take turns, and each writes a new file, as every job does. Seconds are on the
clock: they wait for the disk. What is read is what the system counts of this process
(/proc/self/io, `rchar`).
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from extraction import TOKENIZER, Task, plan_of, task_of
from extraction import Size as ModelSize
from measuring import Figure, figure, medians, wall_seconds

from polyconcept import extraction, models, store
from polyconcept.records import Words
from polyconcept.store import VectorFile

IO = Path("/proc/self/io")
States = dict[int, np.ndarray]


@dataclass(frozen=True)
class Size:
    """What is written."""

    n_words: int
    model: ModelSize
    """Whose hidden states are taken, again and again."""
    batch: int
    n_rounds: int


FULL = Size(60_000, ModelSize(n_sentences=200, layers=(0, 1, 3, 6, 9, 12)), 7000, 5)
SMALL = ModelSize(n_sentences=40, n_layers=2, n_dims=48, layers=(0, 1, 2))
QUICK = Size(2000, SMALL, 500, 1)


def states_of(task: Task) -> States:
    """Vectors of the text's words by layer."""
    plan = plan_of(task)
    found: States = {}
    for places, vectors in extraction.extract_vectors(task.model, plan, layers=task.layers):
        for layer, of_layer in vectors.items():
            whole = found.setdefault(layer, np.empty((plan.n_words, of_layer.shape[1]), "f4"))
            whole[places] = of_layer
    return found


def trained_states() -> States:
    """Vectors of the small BERT that the project ships."""
    model = models.load_backbone(TOKENIZER, side="encoder", device="cpu", dtype=torch.float32)
    task = task_of(SMALL)
    return states_of(Task(model, task.tokenizer, task.sentences, task.words, (0, 2, 4)))


def batches_of(states: States, n_words: int, batch: int) -> Iterator[tuple[np.ndarray, States]]:
    """All words in a random order, as batches of like sentences come."""
    n_known = len(next(iter(states.values())))
    for places in np.split(
        np.random.default_rng(3).permutation(n_words), range(batch, n_words, batch)
    ):
        yield places, {layer: vectors[places % n_known] for layer, vectors in states.items()}


def table(n_words: int) -> Words:
    """A word table of so many rows."""
    sentence, zeros = np.arange(n_words, dtype=np.int32), np.zeros(n_words, dtype=np.int32)
    return Words("en", sentence, zeros, zeros, ("word",))


def write_ours(path: Path, states: States, words: Words, batch: int) -> None:
    """As a job writes them."""
    names = ("model", "variant", "side", "given", "reading", "pooling")
    header = store.VectorHeader(
        language="en",
        words_fingerprint=words.fingerprint,
        dropped={},
        **dict.fromkeys(names, ""),
    )
    rows = np.arange(words.n_words)
    store.write_vectors(path, header, rows, batches_of(states, words.n_words, batch))


def write_plain(path: Path, states: States, n_words: int, batch: int) -> None:
    """The numbers of each batch, one after the other."""
    with path.open("wb", buffering=0) as file:
        for _, vectors in batches_of(states, n_words, batch):
            for of_layer in vectors.values():
                file.write(of_layer.data)
        os.fsync(file.fileno())


def size_ratio(path: Path, states: States, n_words: int) -> float:
    """Bytes of a file to those of its numbers."""
    return path.stat().st_size / (n_words * sum(4 * part.shape[1] for part in states.values()))


def bytes_read() -> int:
    """Bytes that this process has asked the system for so far."""
    return int(IO.read_text().split("rchar: ")[1].split()[0])


def read_figure(path: Path, words: Words, states: States) -> Figure:
    """What is read of the file where one layer is."""
    layer = max(states)
    with VectorFile.open(path, words) as file:
        stored = file._file[f"layer/{layer}"].id.get_storage_size()
        before = bytes_read()
        found = file.read(layer, file.rows)
        read = bytes_read() - before
    assert np.array_equal(found[:100], states[layer][np.arange(100) % len(states[layer])])
    return figure(
        read / 2**20, "MiB", "<= 1.05", read / stored, limit=stored / 2**20,
        note="beside what the layer takes in the file",
    )  # fmt: skip


def measure(quick: bool = False, n_words: int | None = None) -> dict[str, Figure]:
    """Figures of storage by name; `n_words` in place of the usual number."""
    size = QUICK if quick else FULL
    size = replace(size, n_words=n_words or size.n_words)
    states, words, n = states_of(task_of(size.model)), table(size.n_words), size.n_words
    trained = trained_states()
    raw = 4 * n * sum(part.shape[1] for part in states.values())
    with tempfile.TemporaryDirectory() as folder:
        ours, plain, small = (Path(folder) / name for name in ("v.h5", "v.raw", "s.h5"))

        def anew(call: Callable[[], Any]) -> float:
            """Seconds where neither file is there before."""
            for path in (ours, plain):
                path.unlink(missing_ok=True)
            return wall_seconds(call)

        def to_plain() -> None:
            write_plain(plain, states, n, size.batch)

        none, seconds, other = medians(
            anew,
            size.n_rounds,
            # What both sides do besides: to make the batches.
            lambda: sum(1 for _ in batches_of(states, n, size.batch)),
            lambda: write_ours(ours, states, words, size.batch),
            to_plain,
        )
        again = medians(wall_seconds, size.n_rounds, to_plain)[0]
        write_ours(ours, states, words, size.batch)
        write_ours(small, trained, words, size.batch)
        rates = [raw / (spent - none) / 2**20 for spent in (seconds, other, again)]
        about = f"{n} words x {len(states)} layers"
        figures = {
            "storage, size": figure(
                ours.stat().st_size / 2**20, "MiB", "<= 0.9", size_ratio(ours, states, n),
                limit=raw / 2**20, note=f"{about} of a base-size BERT, random weights",
            ),
            "storage, size, trained small BERT": figure(
                small.stat().st_size / 2**20, "MiB", "<= 0.9", size_ratio(small, trained, n),
                limit=small.stat().st_size / 2**20 / size_ratio(small, trained, n),
            ),
            "storage, write rate": figure(
                rates[0], "MiB/s", ">= 0.7", rates[0] / rates[1], limit=rates[1],
                note=f"of raw numbers, new files, fsync included; {os.cpu_count()} cores",
            ),
            "storage, write rate, beside plain over an old file": figure(
                rates[0], "MiB/s", "-", rates[0] / rates[2], limit=rates[2],
                note="whose pages the system has at hand: what it copies at most",
            ),
        }  # fmt: skip
        if IO.exists():  # Linux
            figures["storage, one layer read"] = read_figure(ours, words, states)
    return figures


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    parser.add_argument("--words", type=int, help=f"to write, in place of {FULL.n_words:,}")
    options = parser.parse_args()
    json.dump(measure(options.quick, options.words), sys.stdout, indent=1)


if __name__ == "__main__":
    main()
