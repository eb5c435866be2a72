"""The rates that `polyconcept plan` needs, in about a minute: `polyconcept plan --measure`.

    OMP_NUM_THREADS=1 python benchmarks/rates.py [--out FILE]

Each rate is measured at a size where it shows, on one core; what grows with two things at two
sizes. Seconds are of CPU, as a machine with other work to do has them too. What no machine can tell
of another (a GPU's rates, how long a sentence is), or what takes longer to measure, stays as it
stands in benchmarks/rates.json.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import chance
import extraction
import kmeans
import numpy as np
from measuring import cpu_seconds, timed, wall_seconds
from transformers import BertConfig, BertForTokenClassification

from polyconcept.audit.environment import machine_state
from polyconcept.builtin.corpus import generate_corpus
from polyconcept.clustering.kmeans import cluster_vectors
from polyconcept.machine.atomic import atomic_path
from polyconcept.models.loading import load_backbone, load_tokenizer
from polyconcept.records.text import Links, Sentences
from polyconcept.store.json import sha256
from polyconcept.store.words import write_words
from polyconcept.study.schema import Study
from polyconcept.text.align import align_words
from polyconcept.text.parallel import read_texts
from polyconcept.text.word_table import split_words

Measured = dict[str, tuple[float, str]]
"""Name of a rate -> its value, and what it is of."""
RATES = Path(__file__).with_name("rates.json")
STARTS = {
    "plain": "polyconcept.scoring.pair, polyconcept.store.concepts, polyconcept.text.parallel",
    "drawing": "polyconcept.figures.grid, polyconcept.store.scores",
    "torch": "polyconcept.clustering.kmeans, polyconcept.store.vectors",
    "transformers": "polyconcept.vectors.extract, polyconcept.tasks.trainer",
}
"""What scripts of each kind import (`start` of `polyconcept.study.jobs.job`)."""
START = """
import time
import polyconcept.audit.jobs, {modules}
from polyconcept.audit.environment import installed_packages, peak_memory_mib
installed_packages()  # for the record that a job leaves
print(time.process_time(), peak_memory_mib() * 2**20)
"""


def start_rates() -> Measured:
    """Start a process of each kind twice; the second finds its modules compiled and at hand."""
    found: Measured = {}
    for name, modules in STARTS.items():
        for _ in range(2):
            command = [sys.executable, "-c", START.format(modules=modules)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        seconds, n_bytes = map(float, done.stdout.split())
        about = f"start of a script: {modules}"
        found[f"start_{name}_seconds"] = seconds, about
        found[f"start_{name}_bytes"] = n_bytes, f"memory after the {about}"
    return found


def two_sizes(
    seconds: tuple[float, float], first: tuple[float, float], second: tuple[float, float]
) -> tuple[float, float]:
    """Return what each unit of two things costs, from two sizes of both.

    Neither is less than 0, which noise could make of what costs next to nothing.
    """
    found = np.linalg.solve(np.array([first, second]), np.array(seconds))
    return float(max(found[0], 0.0)), float(max(found[1], 0.0))


JOINED = 2
"""Sentences of the built-in text, of some 12 words, in one of real text."""
WIDE = extraction.Size(n_sentences=100, n_layers=3, n_dims=576, layers=(1, 2, 3))
NARROW = extraction.Size(n_sentences=1500, n_layers=3, n_dims=48, layers=(1, 2, 3))


def with_long_sentences(task: extraction.Task) -> extraction.Task:
    """Join sentences of the built-in text, which are short, to ones as long as in real text."""
    lines = task.sentences.words
    joined = tuple(sum(lines[at : at + JOINED], ()) for at in range(0, len(lines), JOINED))
    text = replace(task.sentences, words=joined)
    return replace(task, sentences=text, words=extraction.all_words(text))


def parameters(size: extraction.Size) -> int:
    """Return the parameters of the blocks of a model of this size."""
    return size.n_layers * 12 * size.n_dims**2


def reading_rates() -> Measured:
    """Read text with a wide and a narrow model of random weights."""
    seconds, sizes = [], []
    for size in (WIDE, NARROW):
        task = with_long_sentences(extraction.task_of(size))
        n_subwords = len(extraction.plan_of(task).subwords)
        with tempfile.TemporaryDirectory() as folder:
            extraction.extract(extraction.first_sentences(task, 10), Path(folder) / "v.h5")
            seconds.append(cpu_seconds(partial(extraction.extract, task, Path(folder) / "w.h5")))
        sizes.append((2 * parameters(size) * n_subwords, float(n_subwords)))
    operation, subword = two_sizes((seconds[0], seconds[1]), *sizes)
    return {
        "model_operations_per_second": (
            1 / max(operation, 1e-15),
            "extraction: operations of the blocks (2 a parameter and subword, special ones "
            "included, filling's seconds too)",
        ),
        "read_seconds_per_subword": (subword, "extraction: what a subword costs besides"),
    }


N_TRAINED = 48, 192
"""Sentences that the wide and the narrow model are trained on."""


def training_rates() -> Measured:
    """Train a wide and a narrow model on tags, as a fine-tuning does."""
    from polyconcept.tasks.trainer import FinetuneOptions, train_on

    seconds, sizes = [], []
    for size, n_sentences in ((WIDE, N_TRAINED[0]), (NARROW, N_TRAINED[1])):
        tokenizer = load_tokenizer(extraction.TOKENIZER)
        config = BertConfig(
            vocab_size=len(tokenizer),
            hidden_size=size.n_dims,
            num_hidden_layers=size.n_layers,
            intermediate_size=4 * size.n_dims,
        )
        config.num_labels = 2
        lines = [" ".join(line) for line in extraction.text_of(JOINED * n_sentences).words]
        read = tokenizer([" ".join(lines[at : at + JOINED]) for at in range(0, len(lines), JOINED)])
        examples = [{"input_ids": ids, "labels": [0] * len(ids)} for ids in read["input_ids"]]
        options = FinetuneOptions(epochs=3.0, batch_size=16, device="cpu")
        model = BertForTokenClassification(config)
        with tempfile.TemporaryDirectory() as folder:
            train = partial(train_on, model, tokenizer, examples, options=options)
            seconds.append(cpu_seconds(lambda: train(directory=Path(folder))))  # noqa: B023
        n_subwords = 3 * sum(len(ids) for ids in read["input_ids"])
        sizes.append((6 * parameters(size) * n_subwords, float(n_subwords)))
    operation, subword = two_sizes((seconds[0], seconds[1]), *sizes)
    return {
        "training_operations_per_second": (
            1 / max(operation, 1e-15), "fine-tuning: operations of the blocks (6 a parameter)"
        ),
        "train_seconds_per_subword": (subword, "fine-tuning: what a subword costs besides"),
    }  # fmt: skip


CLUSTERED = kmeans.Size(n_words=20_000, n_dims=384, n_clusters=200)
FEW = kmeans.Size(n_words=2500, n_dims=64, n_clusters=36)
N_STARTS = 3


def kmeans_rates() -> Measured:
    """Cluster with one start and with several; and few words, which show what any fit costs."""
    vectors = kmeans.mixture(CLUSTERED)
    cluster = partial(cluster_vectors, vectors, n_clusters=CLUSTERED.n_clusters, seed=212)
    few = partial(cluster_vectors, kmeans.mixture(FEW), n_clusters=FEW.n_clusters, seed=212)
    few(n_restarts=1)
    fit = cpu_seconds(lambda: [few(n_restarts=1) for _ in range(10)]) / 10
    found = []
    for n_starts in (1, N_STARTS):
        with kmeans.timed_starts() as starts:
            seconds = cpu_seconds(partial(cluster, n_restarts=n_starts))
        found.append((sum(starts), seconds - sum(starts)))
    units, few_units = (size.n_words * size.n_dims * size.n_clusters for size in (CLUSTERED, FEW))
    fit = max(0.0, fit - few_units / units * sum(found[0]))
    each = max(0.0, (found[1][0] - found[0][0]) / (N_STARTS - 1))
    per = "k-means, seconds by words x dims x clusters"
    return {
        "kmeans_start_seconds_together": (
            (found[0][0] - each) / units, f"{per}: what starts drawn together cost once"
        ),
        "kmeans_start_seconds_each": (each / units, f"{per}: for each of these starts"),
        "kmeans_iterations_seconds": (
            found[1][1] / N_STARTS / units,
            f"{per}: all iterations of a restart, of words in overlapping clusters",
        ),
        "kmeans_seconds_per_fit": (fit, "k-means: a restart, however few its words"),
    }  # fmt: skip


N_LINKED = 1500
"""Sentences whose words are linked."""


def linking_rates() -> Measured:
    """Link the words of built-in text, and make a word table of it."""
    languages = ("en", "de")
    text = generate_corpus(languages, n_sentences=N_LINKED, seed=5)
    texts = tuple(text.sentences[code] for code in languages)
    n_words = sum(len(line) for one in texts for line in one.words)
    links = text.links(*languages)
    n_tried = sum(sum(len(line) for line in one.words) ** 2 / len(one) for one in texts)
    align_words(*(replace(one, words=one.words[:50]) for one in texts))
    linking = cpu_seconds(lambda: align_words(*texts))
    with tempfile.TemporaryDirectory() as folder:
        table = cpu_seconds(lambda: make_table(text.sentences, links, Path(folder)))
    return {
        "align_seconds_per_word_tried": (
            linking / n_tried,
            "word links: a word of either language and one of its sentence in the other",
        ),
        "text_seconds_per_word": (table / n_words, "word tables: a word of either language"),
    }


MANY = chance.Size(layers=(4,))
"""Scored in all its clusters, and in few."""


def make_table(texts: Mapping[str, Sentences], links: Links, folder: Path) -> None:
    """Write and read texts, and make a word table, as jobs do."""
    for code, text in texts.items():
        lines = (" ".join(words) for words in text.words)
        (folder / f"{code}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    read = read_texts([folder / f"{code}.txt" for code in texts], list(texts))
    words, dropped = split_words("en", dict(zip(texts, read, strict=True)), [links])
    write_words(words, dropped, folder / "en.parquet")


def scoring_rates() -> Measured:
    """Score random words, in many clusters and in few, with all that a score means."""
    found: Measured = {}
    many, few = MANY, replace(MANY, n_clusters=MANY.n_clusters // 20)
    seconds = {size: score_seconds(size) for size in (many, few)}
    settings = Study.model_fields["statistics"].default
    n_draws = settings.n_permutations + settings.n_resamples
    for metric, n_directions in (("calign", 3), ("colap", 2)):
        times = n_draws * n_directions
        word, cluster = two_sizes(
            (seconds[many][metric] / times, seconds[few][metric] / times),
            (many.n_words, many.n_clusters),
            (few.n_words, few.n_clusters),
        )
        about = f"{metric.upper()}: one permutation or sample and direction, the rest included"
        found |= {
            f"{metric}_draw_seconds_per_word": (word, f"{about}, by words of one language"),
            f"{metric}_draw_seconds_per_cluster": (cluster, f"{about}, and by clusters"),
        }
    rivals = cpu_seconds(lambda: chance.score_rivals(many))
    found["rival_seconds_per_unit"] = (
        rivals / (many.n_words * many.n_dims**2),
        "CKA and retrieval: seconds by layers x words of one language x dims squared",
    )
    return found


def score_seconds(size: chance.Size) -> dict[str, float]:
    """Return the seconds of each metric in one layer of random words."""
    source, target = chance.words_of("xx", size, 1), chance.words_of("yy", size, 2)
    both = chance.dictionary_of(source, target, 3), chance.dictionary_of(target, source, 4)
    return chance.score_seconds(chance.RandomConcepts(size, source, target), both)


N_HASHED = 2**26
"""Numbers in a file that is written and hashed."""


def file_rates() -> Measured:
    """Write vectors of a built-in model; and write and hash a large file."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.h5"
        task = extraction.task_of(replace(NARROW, n_sentences=100))
        # Numbers of a trained model: those of random weights pack in another way.
        trained = replace(task, model=load_backbone(extraction.TOKENIZER, side="encoder"))
        extraction.extract(replace(trained, layers=(0, 2, 4)), path)
        raw = 4 * task.words.n_words * 3 * trained.model.config.hidden_size
        share = path.stat().st_size / raw
        wide = Path(folder) / "w.bin"
        numbers = np.random.default_rng(0).standard_normal(N_HASHED, dtype=np.float32)
        writing = time.perf_counter()
        with wide.open("wb") as file:
            file.write(numbers.tobytes())
            os.fsync(file.fileno())
        writing = time.perf_counter() - writing
        hashing = cpu_seconds(lambda: sha256(wide))
        size = wide.stat().st_size
    return {
        "packed_share": (share, "vector files: size by raw size"),
        "write_bytes_per_second": (size / writing, "a file written and brought to the disk"),
        "hash_bytes_per_second": (size / hashing, "hashing of a file"),
    }


PARTS = {
    "starts of scripts": start_rates,
    "k-means": kmeans_rates,
    "reading": reading_rates,
    "training": training_rates,
    "word links": linking_rates,
    "scores": scoring_rates,
    "files": file_rates,
}


def measure() -> dict[str, Any]:
    """Measure all rates here; return them with what rates.json assumes."""
    measured: Measured = {}
    load = os.getloadavg()[0]
    for name, part in PARTS.items():
        seconds, found = timed(wall_seconds, part)
        measured |= found
        print(f"{name}: {seconds:.0f} s", file=sys.stderr, flush=True)
    machine = machine_state()
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "machine": {
            "processor": machine.device_name,
            "system": machine.system,
            "cores": machine.cpu_count,
            "load": round(load, 1),
        },
        "measured": {
            name: {"value": float(f"{value:.4g}"), "about": about}
            for name, (value, about) in measured.items()
        },
        "assumed": json.loads(RATES.read_text(encoding="utf-8"))["assumed"],
    }


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the rates."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=RATES, help="file (default: %(default)s)")
    options = parser.parse_args(arguments)
    print("measuring this machine's rates: about a minute", file=sys.stderr, flush=True)
    logging.disable(logging.WARNING)  # what is trained here is to learn nothing
    options.out.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(options.out) as place:
        place.write_text(json.dumps(measure(), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
