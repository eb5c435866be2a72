"""Extraction of word vectors beside the bare forward pass, and beside what the field's tools do.

    OMP_NUM_THREADS=1 python benchmarks/extraction.py

A BERT of base size with random weights reads English sentences of the built-in text on the CPU, and
three of its layers are kept. Ours: the sentences are tokenised, read, and their vectors written as
HDF5. The limit: the same parts of batches through the model, nothing kept; half of them before ours
and half after. The alternative: one sentence at a time, its vectors as JSON, each number as text of
8 decimals; a part of the sentences is timed and scaled by its words. Seconds are of CPU. Memory:
the most that the process held, less what it held with model and text read in; with more sentences
in processes of their own, and by a model of two blocks, whose batches take what those of base size
do.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Figure, cpu_seconds, figure, forget_peak, held_mib, peak_mib
from transformers import BertConfig, BertModel, PreTrainedModel, PreTrainedTokenizerFast

from polyconcept.builtin.corpus import generate_corpus
from polyconcept.models.loading import load_tokenizer
from polyconcept.models.shape import max_subwords
from polyconcept.records.concepts import VectorHeader
from polyconcept.records.text import Sentences, Words
from polyconcept.store.vectors import write_vectors
from polyconcept.study.schema import Study
from polyconcept.vectors.extract import (
    _CPU_SUBWORDS,
    _longest,
    _padded,
    _Part,
    _within,
    extract_vectors,
)
from polyconcept.vectors.plan import plan_extraction
from polyconcept.vectors.planned import ExtractionPlan

ROOT = Path(__file__).resolve().parents[1]
TOKENIZER = ROOT / "polyconcept/builtin/models/bert"
TOKEN_BUDGET = Study.model_fields["extraction"].default.token_budget
MOST_MIB = 500
TIMES = (1, 10, 30)
"""The sentences whose memory is compared."""


@dataclass(frozen=True)
class Size:
    """What is read, by what."""

    n_sentences: int = 1000
    n_layers: int = 12
    n_dims: int = 768
    layers: tuple[int, ...] = (4, 8, 12)
    n_alone: int = 40
    """Sentences that are read one at a time, and before anything is timed."""


QUICK = Size(n_sentences=40, n_layers=2, n_dims=48, layers=(0, 1, 2), n_alone=4)
GROWING = Size(n_sentences=150, n_layers=2, layers=(0, 1, 2))


@dataclass(frozen=True)
class Task:
    """A model with what it is to read."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    sentences: Sentences
    words: Words
    layers: tuple[int, ...]


def text_of(n_sentences: int) -> Sentences:
    """Return English sentences of the built-in text."""
    return generate_corpus(["en"], n_sentences=n_sentences, seed=5).sentences["en"]


def task_of(size: Size) -> Task:
    """Return the model and text of a size."""
    torch.manual_seed(0)
    tokenizer = load_tokenizer(TOKENIZER)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.n_dims,
        num_hidden_layers=size.n_layers,
        intermediate_size=4 * size.n_dims,
    )
    text = text_of(size.n_sentences)
    model = BertModel(config)
    model.eval()  # type: ignore[no-untyped-call]
    return Task(model, tokenizer, text, all_words(text), size.layers)


def first_sentences(task: Task, n_sentences: int) -> Task:
    """Return the task with fewer sentences."""
    text = replace(task.sentences, words=task.sentences.words[:n_sentences])
    return replace(task, sentences=text, words=all_words(text))


def all_words(sentences: Sentences) -> Words:
    """Return a word table of every word."""
    flat = [word for line in sentences.words for word in line]
    types = tuple(dict.fromkeys(flat))
    index = {word: number for number, word in enumerate(types)}
    lengths = [len(line) for line in sentences.words]
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.arange(length) for length in lengths])
    word_type = np.array([index[word] for word in flat])
    return Words(
        sentences.language,
        sentence.astype(np.int32),
        position.astype(np.int32),
        word_type.astype(np.int32),
        types,
    )


def plan_of(task: Task) -> ExtractionPlan:
    """Return the sentences as the model reads them."""
    return plan_extraction(
        task.tokenizer,
        task.sentences,
        task.words,
        max_length=max_subwords(task.model, task.tokenizer),
        token_budget=TOKEN_BUDGET,
    )


def extract(task: Task, path: Path) -> None:
    """Do all that a job does once its inputs are read."""
    write(task, plan_of(task), path)


def write(task: Task, plan: ExtractionPlan, path: Path) -> None:
    """Read the words' vectors and write them."""
    header = VectorHeader(
        language=task.words.language,
        words_fingerprint=task.words.fingerprint,
        model="bert",
        variant="base",
        side="encoder",
        given="",
        reading="",
        pooling="last",
        dropped=plan.dropped,
    )
    vectors = extract_vectors(task.model, plan, layers=task.layers)
    write_vectors(path, header, plan.rows, vectors)


def parts_of(task: Task, plan: ExtractionPlan) -> list[_Part]:
    """Return what passes through the model together: on a CPU parts of batches, else whole ones."""
    budget = _CPU_SUBWORDS if task.model.device.type == "cpu" else None
    return [
        _Part(inputs, batch) for batch in plan.batches for inputs in _within(plan, batch, budget)
    ]


@torch.inference_mode()
def bare_pass(task: Task, plan: ExtractionPlan, parts: Sequence[_Part]) -> None:
    """Run parts of batches through the model, nothing kept."""
    for part in parts:
        subwords, mask = _padded(task.model, plan, part, given=False)
        task.model(input_ids=subwords, attention_mask=mask)


@torch.inference_mode()
def one_at_a_time(task: Task, n_sentences: int, path: Path) -> None:
    """Write all vectors as JSON, sentence by sentence, as NeuroX writes activations."""
    with path.open("w", encoding="utf-8") as file:
        for line in task.sentences.words[:n_sentences]:
            encoded = task.tokenizer([list(line)], is_split_into_words=True, return_tensors="pt")
            states = task.model(**encoded, output_hidden_states=True).hidden_states
            rows = {layer: states[layer][0].numpy() for layer in task.layers}
            last = {word: place for place, word in enumerate(encoded.word_ids(0))}
            features = []
            for position, word in enumerate(line):
                layers = [
                    {"index": layer, "values": [round(x.item(), 8) for x in of_layer[place]]}
                    for place in [last[position]]
                    for layer, of_layer in rows.items()
                ]
                features.append({"token": word, "layers": layers})
            file.write(json.dumps({"features": features}) + "\n")


def memory(size: Size) -> dict[str, float]:
    """Return MiB that extraction adds in this process."""
    task = task_of(size)
    before = held_mib()
    forget_peak()
    with tempfile.TemporaryDirectory() as folder:
        extract(task, Path(folder) / "v.h5")
    return {"mib": peak_mib() - before}


def memory_alone(quick: bool, times: int) -> float:
    """Measure `memory` in a process of its own, with `times` the sentences."""
    command = [sys.executable, __file__, "--memory", str(times), *(["--quick"] if quick else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return float(json.loads(done.stdout)["mib"])


@dataclass(frozen=True)
class Measured:
    """CPU seconds, of all sentences, and MiB of ours."""

    ours: float
    bare: float
    whole: float
    """Of the bare pass with whole batches."""
    alone: float
    mib: float


def measure_task(task: Task, plan: ExtractionPlan, n_alone: int) -> Measured:
    """Time ours once, the others before and after; whole batches and single sentences in part."""
    parts, some = parts_of(task, plan), first_sentences(task, n_alone)
    batch = plan.batches[0]
    before = held_mib()
    forget_peak()
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("v.h5", "v.json")]
        extract(some, files[0])  # the first batches load and choose kernels
        bare = cpu_seconds(lambda: bare_pass(task, plan, parts[::2]))
        ours = cpu_seconds(lambda: extract(task, files[0]))
        mib = peak_mib() - before
        bare += cpu_seconds(lambda: bare_pass(task, plan, parts[1::2]))
        whole = cpu_seconds(lambda: bare_pass(task, plan, [_Part(batch, batch)]))
        alone = cpu_seconds(lambda: one_at_a_time(some, n_alone, files[1]))
    whole *= sum(filled(plan, each) for each in plan.batches) / filled(plan, batch)
    return Measured(ours, bare, whole, alone * task.words.n_words / some.words.n_words, mib)


def filled(plan: ExtractionPlan, batch: np.ndarray) -> int:
    """Return the subwords of a batch, filling included."""
    return len(batch) * _longest(plan, batch)


def time_figures(size: Size) -> dict[str, Figure]:
    """Compare ours with the bare pass and with one sentence at a time; and its memory."""
    task = task_of(size)
    plan = plan_of(task)
    found = measure_task(task, plan, size.n_alone)
    shape = f"BERT {size.n_layers} x {size.n_dims}, {size.n_sentences} sentences"
    text = f"{shape}, {plan.n_words} words, {len(plan.subwords)} subwords"
    return {
        "extraction, beside the bare pass": figure(
            found.ours, "s", "<= 1.1", found.ours / found.bare, limit=found.bare, note=text,
            subwords_per_second=len(plan.subwords) / found.ours,
            subwords_per_word=len(plan.subwords) / plan.n_words,
        ),
        "extraction, beside the bare pass, whole batches": figure(
            found.ours, "s", "-", found.ours / found.whole, limit=found.whole,
            note=f"one batch of {len(plan.batches)} timed, scaled by its subwords",
        ),
        "extraction, beside sentence by sentence, JSON": figure(
            found.ours, "s", ">= 4", found.alone / found.ours, alternative=found.alone,
            note=f"{size.n_alone} sentences timed, scaled by their words",
        ),
        "extraction, memory above the model": figure(
            found.mib, "MiB", "<= 1", found.mib / MOST_MIB, limit=float(MOST_MIB), note=shape,
        ),
    }  # fmt: skip


def memory_figures(quick: bool) -> dict[str, Figure]:
    """Measure the memory of more and more sentences."""
    size = QUICK if quick else GROWING
    found = {times: memory_alone(quick, times) for times in (TIMES[:2] if quick else TIMES)}
    # Fewer sentences may not fill a batch.
    least, most = sorted(found)[-2:]
    few = least * size.n_sentences
    growth = 1000 * (found[most] - found[least]) / ((most - least) * size.n_sentences)
    shape = f"BERT {size.n_layers} x {size.n_dims}"
    return {
        f"extraction, memory, {times * size.n_sentences:,} sentences": figure(
            mib, "MiB", "<= 1", mib / MOST_MIB, limit=float(MOST_MIB),
            note=f"{shape}; from {few:,} sentences on {growth:.1f} MiB more for 1,000 more",
        )
        for times, mib in found.items()
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures of extraction by name."""
    return time_figures(QUICK if quick else Size()) | memory_figures(quick)


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    parser.add_argument("--memory", type=int, metavar="TIMES", help="measure memory, print JSON")
    options = parser.parse_args()
    found: dict[str, Any]
    if options.memory:
        size = QUICK if options.quick else GROWING
        found = memory(replace(size, n_sentences=options.memory * size.n_sentences))
    else:
        found = measure(options.quick)
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
