"""Extraction of word vectors beside the bare forward pass, and beside what the field's tools do.

    OMP_NUM_THREADS=1 python benchmarks/extraction.py

A BERT of base size with random weights reads English sentences of the built-in text on the CPU, and
three of its layers are kept. Ours: the sentences are tokenised, read, and their vectors written as
HDF5. The limit: the same batches through the model, nothing kept. The alternative: one sentence at
a time, its vectors as JSON, each number as text of 8 decimals; a part of the sentences is timed and
scaled by its words. Seconds are of CPU, taken in turns. Memory: the most that a process of its own
held, less what it held with model and text read in.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import Figure, cpu_seconds, figure, medians, peak_mib
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from polyconcept import extraction, models, store
from polyconcept.builtin import generate_corpus
from polyconcept.extraction import ExtractionPlan
from polyconcept.extraction._vectors import _padded, _Part
from polyconcept.records import Sentences, Words
from polyconcept.settings import Study

ROOT = Path(__file__).resolve().parents[1]
TOKENIZER = ROOT / "polyconcept/builtin/models/bert"
TOKEN_BUDGET = Study.model_fields["extraction"].default.token_budget
MOST_MIB = 500


@dataclass(frozen=True)
class Size:
    """What is read, by what."""

    n_sentences: int = 1000
    n_layers: int = 12
    n_dims: int = 768
    layers: tuple[int, ...] = (4, 8, 12)
    n_alone: int = 40
    """Sentences that are read one at a time."""
    n_rounds: int = 2


QUICK = Size(n_sentences=40, n_layers=2, n_dims=48, layers=(0, 1, 2), n_alone=4, n_rounds=1)


@dataclass(frozen=True)
class Task:
    """A model with what it is to read."""

    model: BertModel
    tokenizer: PreTrainedTokenizerFast
    sentences: Sentences
    words: Words
    layers: tuple[int, ...]


def task_of(size: Size) -> Task:
    """Model and text of a size."""
    torch.manual_seed(0)
    tokenizer = models.load_tokenizer(TOKENIZER)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=size.n_dims,
        num_hidden_layers=size.n_layers,
        intermediate_size=4 * size.n_dims,
    )
    text = generate_corpus(["en"], n_sentences=size.n_sentences, seed=5).sentences["en"]
    return Task(BertModel(config).eval(), tokenizer, text, all_words(text), size.layers)


def all_words(sentences: Sentences) -> Words:
    """A word table of every word."""
    flat = [word for line in sentences.words for word in line]
    types = tuple(dict.fromkeys(flat))
    index = {word: number for number, word in enumerate(types)}
    lengths = [len(line) for line in sentences.words]
    sentence = np.repeat(np.arange(len(lengths)), lengths)
    position = np.concatenate([np.arange(length) for length in lengths])
    word_type = np.array([index[word] for word in flat])
    columns = [column.astype(np.int32) for column in (sentence, position, word_type)]
    return Words(sentences.language, *columns, types)


def plan_of(task: Task) -> ExtractionPlan:
    """The sentences as the model reads them."""
    return extraction.plan_extraction(
        task.tokenizer,
        task.sentences,
        task.words,
        max_length=models.max_subwords(task.model, task.tokenizer),
        token_budget=TOKEN_BUDGET,
    )


def extract(task: Task, path: Path) -> None:
    """All that a job does once its inputs are read."""
    write(task, plan_of(task), path)


def write(task: Task, plan: ExtractionPlan, path: Path) -> None:
    """Read the words' vectors and write them."""
    header = store.VectorHeader(
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
    vectors = extraction.extract_vectors(task.model, plan, layers=task.layers)
    store.write_vectors(path, header, plan.rows, vectors)


@torch.inference_mode()
def bare_pass(task: Task, plan: ExtractionPlan) -> None:
    """The same batches through the model, nothing kept."""
    for batch in plan.batches:
        subwords, mask = _padded(task.model, plan, _Part(batch, batch), given=False)
        task.model(input_ids=subwords, attention_mask=mask)


@torch.inference_mode()
def one_at_a_time(task: Task, n_sentences: int, path: Path) -> None:
    """Sentence by sentence, all vectors as JSON, as NeuroX writes activations."""
    with path.open("w", encoding="utf-8") as file:
        for line in task.sentences.words[:n_sentences]:
            encoded = task.tokenizer([list(line)], is_split_into_words=True, return_tensors="pt")
            states = task.model(**encoded, output_hidden_states=True).hidden_states
            last = {word: place for place, word in enumerate(encoded.word_ids(0))}
            features = []
            for position, word in enumerate(line):
                layers = [
                    {
                        "index": layer,
                        "values": [round(x.item(), 8) for x in states[layer][0, last[position]]],
                    }
                    for layer in task.layers
                ]
                features.append({"token": word, "layers": layers})
            file.write(json.dumps({"features": features}) + "\n")


def memory(size: Size) -> dict[str, float]:
    """MiB that extraction adds in this process, and its CPU seconds."""
    task = task_of(size)
    before = peak_mib()
    with tempfile.TemporaryDirectory() as folder:
        seconds = cpu_seconds(lambda: extract(task, Path(folder) / "v.h5"))
    return {"mib": peak_mib() - before, "seconds": seconds}


def memory_alone(quick: bool, times: int) -> dict[str, float]:
    """`memory` in a process of its own, with `times` the sentences."""
    command = [sys.executable, __file__, "--memory", str(times), *(["--quick"] if quick else [])]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    return dict(json.loads(done.stdout))


def measure_times(size: Size) -> dict[str, Figure]:
    """Ours beside the bare pass and beside one sentence at a time."""
    task = task_of(size)
    plan = plan_of(task)
    n_alone = sum(map(len, task.sentences.words[: size.n_alone]))
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("v.h5", "v.json")]
        ours, bare, alone = medians(
            cpu_seconds,
            size.n_rounds,
            lambda: extract(task, files[0]),
            lambda: bare_pass(task, plan),
            lambda: one_at_a_time(task, size.n_alone, files[1]),
        )
    alone *= task.words.n_words / n_alone
    shape = f"BERT {size.n_layers} x {size.n_dims}, {size.n_sentences} sentences"
    text = f"{shape}, {plan.n_words} words, {len(plan.subwords)} subwords"
    return {
        "extraction, beside the bare pass": figure(
            ours, "s", "<= 1.1", ours / bare, limit=bare, note=text,
            subwords_per_second=len(plan.subwords) / ours,
            subwords_per_word=len(plan.subwords) / plan.n_words,
        ),
        "extraction, beside sentence by sentence, JSON": figure(
            ours, "s", ">= 4", alone / ours, alternative=alone,
            note=f"{size.n_alone} sentences timed, scaled by their words",
        ),
    }  # fmt: skip


def measure(quick: bool = False) -> dict[str, Figure]:
    """Figures of extraction by name."""
    size = QUICK if quick else Size()
    figures = measure_times(size)
    once, thrice = (memory_alone(quick, times) for times in (1, 3))
    for times, found in ((1, once), (3, thrice)):
        figures[f"extraction, memory above the model, {times} x the sentences"] = figure(
            found["mib"], "MiB", "<= 1", found["mib"] / MOST_MIB, limit=float(MOST_MIB)
        )
    figures["extraction, time of 3 x the sentences"] = figure(
        thrice["seconds"], "s", "<= 1.1", thrice["seconds"] / (3 * once["seconds"]),
        limit=3 * once["seconds"], note="beside 3 x the time of the sentences once",
    )  # fmt: skip
    return figures


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    parser.add_argument("--memory", type=int, metavar="TIMES", help="measure memory, print JSON")
    options = parser.parse_args()
    found: dict[str, Any]
    if options.memory:
        size = QUICK if options.quick else Size()
        found = memory(Size(**vars(size) | {"n_sentences": options.memory * size.n_sentences}))
    else:
        found = measure(options.quick)
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()
