"""The rates that `polyconcept plan` needs, and what no other benchmark measures of them.

    OMP_NUM_THREADS=1 python benchmarks/rates.py

Hashing: every job hashes its inputs and outputs; of HDF5 the numbers count, so they are unpacked
first. The file holds hidden states of a BERT of base size, as in storage.py; beside it stand the
bytes of the same file, as they lie. COLAP: one layer with its nulls and intervals beside CALIGN's,
of the words of chance.py. Seconds are of CPU.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import chance
import extraction
import kmeans
import storage
import torch
from measuring import Figure, cpu_seconds, figure, medians

from polyconcept.scoring import statistics, word_classes
from polyconcept.scoring.calign_measure import CalignMeasure
from polyconcept.scoring.colap_measure import ColapMeasure
from polyconcept.scoring.describe import Statistics, score_metric
from polyconcept.store.content import content_sha256
from polyconcept.store.json import sha256
from polyconcept.study.schema import Study

N_PAIRS = 100_000
"""Of the benchmark of word links."""
CHANCE = chance.Size()


@dataclass(frozen=True)
class Size:
    """What is hashed, and what is scored."""

    n_words: int
    model: extraction.Size
    scored: chance.Size
    n_rounds: int


FULL = Size(
    20_000,
    replace(storage.FULL.model, n_sentences=200),
    replace(CHANCE, layers=CHANCE.layers[:1]),
    3,
)
QUICK = Size(500, storage.SMALL, replace(chance.QUICK, layers=(0,)), 1)


def hashing_figure(size: Size) -> Figure:
    """Compare hashing the numbers of a vector file with hashing its bytes."""
    states, words = storage.states_of(extraction.task_of(size.model)), storage.table(size.n_words)
    raw = 4 * size.n_words * sum(part.shape[1] for part in states.values())
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "v.h5"
        storage.write_ours(path, states, words, size.n_words)
        content, plain = medians(
            cpu_seconds,
            size.n_rounds,
            lambda: content_sha256(path),
            lambda: sha256(path),
        )
        rates = raw / content / 2**20, path.stat().st_size / plain / 2**20
    note = f"{size.n_words:,} words x {len(states)} layers, raw bytes; limit: the file's bytes"
    return figure(rates[0], "MiB/s", "-", rates[0] / rates[1], limit=rates[1], note=note)


def colap_figure(size: chance.Size) -> Figure:
    """Compare COLAP's draws of one layer with CALIGN's."""
    source, target = chance.words_of("xx", size, 1), chance.words_of("yy", size, 2)
    dictionaries = (
        chance.dictionary_of(source, target, 3),
        chance.dictionary_of(target, source, 4),
    )
    concepts = chance.RandomConcepts(size, source, target)
    defaults = Study.model_fields
    settings = defaults["statistics"].default
    options = statistics.Options(settings.n_permutations, settings.n_resamples, settings.seed)
    draws = statistics.draw_sentences(size.n_sentences, options)
    classes = word_classes.classes_of_pair(source, target, dictionaries)
    common = chance.RUN, Statistics(options, draws, classes)
    calign_of = partial(
        CalignMeasure,
        *common,
        dictionaries=dictionaries,
        thresholds=defaults["calign"].default.model_dump(),
        sweeps=settings.sweeps.model_dump(),
    )
    colap_of = partial(ColapMeasure, *common, share=defaults["colap"].default.share)
    colap = cpu_seconds(lambda: score_metric(colap_of, "colap", concepts))
    calign = cpu_seconds(lambda: score_metric(calign_of, "calign", concepts))
    note = f"one layer of {size.n_words:,} words; alternative: CALIGN's"
    return figure(colap, "s", "-", colap / calign, alternative=calign, note=note)


def measure(quick: bool = False) -> dict[str, Figure]:
    """Return the figures by name."""
    torch.set_num_threads(1)
    size = QUICK if quick else FULL
    colap_figure(QUICK.scored)  # the first call imports and compiles
    return {
        "provenance, hashing of vectors": hashing_figure(size),
        "what a score means, COLAP": colap_figure(size.scored),
    }


def kmeans_rates(found: Mapping[str, Figure]) -> dict[str, tuple[float, str]]:
    """Measure starts drawn together and iterations, by words x dims x clusters.

    Starts cost as much once, and as much for each more, as one alone and ten together say.
    """
    size = kmeans.Size()
    units, n = size.n_words * size.n_dims * size.n_clusters, size.n_restarts
    alone, together = (
        found["k-means, start, one alone"]["ours"],
        n * found["k-means, start"]["ours"],
    )
    each = (together - alone) / (n - 1)
    per = "seconds by words x dims x clusters"
    return {
        "kmeans_start_seconds_together": (
            (alone - each) / units,
            f"k-means, {per}: what starts drawn together cost once; all seeds and restarts of a "
            f"layer are taken to be drawn together, and to cost linearly more (1 and {n} measured)",
        ),
        "kmeans_start_seconds_each": (each / units, f"k-means, {per}: for each of these starts"),
        "kmeans_iterations_seconds": (
            (found["k-means, whole fit"]["ours"] - together) / n / units,
            f"k-means, {per}: all iterations of a restart, of words in overlapping clusters",
        ),
    }


def measured_rates(found: Mapping[str, Figure]) -> dict[str, tuple[float, str]]:
    """Return each rate with what it is of."""
    shape, n_draws = extraction.Size(), _n_draws()
    operations = 2 * shape.n_layers * 12 * shape.n_dims**2
    hashed, colap = found["provenance, hashing of vectors"], found["what a score means, COLAP"]
    compared = len(CHANCE.layers) * CHANCE.n_words * CHANCE.n_dims**2
    reading = found["extraction, beside the bare pass"]
    return {
        "model_operations_per_second": (
            operations * reading["subwords_per_second"],
            "extraction: operations of the blocks (2 a parameter; subwords with special tokens and "
            "without filling) by the seconds of all the work, filling's included",
        ),
        **kmeans_rates(found),
        "align_seconds_per_pair": (found["word links, time"]["ours"] / N_PAIRS, "word links"),
        "score_seconds": (
            found["scores, 600 x 600"]["ours"], "scores: one layer, seed and definition"
        ),
        "calign_draw_seconds_per_word": (
            colap["alternative"] / (3 * n_draws * CHANCE.n_words),
            "CALIGN: one permutation or sample, direction and word of one language, the rest of "
            "what a score means included",
        ),
        "colap_draw_seconds": (
            colap["ours"] / (2 * n_draws),
            "COLAP: one permutation or sample and definition, the rest included, of any text",
        ),
        "rival_seconds_per_unit": (
            found["what a score means, rivals"]["ours"] / compared,
            "CKA and retrieval: seconds by layers x words of one language x dims squared",
        ),
        "packed_share": (found["storage, size"]["ratio"], "storage: file size by raw size"),
        "write_bytes_per_second": (
            found["storage, write rate"]["ours"] * 2**20, "storage: raw numbers written"
        ),
        "hash_bytes_per_second": (
            hashed["ours"] * 2**20, "hashing: raw numbers of an HDF5 file, unpacked first"
        ),
        "plain_hash_bytes_per_second": (hashed["limit"] * 2**20, "hashing: other files' bytes"),
        "job_overhead_seconds": (
            found["workflow, overhead of a job"]["ours"], "workflow: start, imports, Snakemake"
        ),
    }  # fmt: skip


def _n_draws() -> int:
    settings = Study.model_fields["statistics"].default
    return int(settings.n_permutations + settings.n_resamples)


def rates_of(report: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Any]:
    """Measure what `polyconcept plan` needs of a full run.

    Args:
        report: Of `run.py`.
        before: The rates so far, whose assumptions stay.

    Raises:
        ValueError: The report is of small sizes, or lacks a figure (which is named).
    """
    if report["quick"]:
        raise ValueError("rates need a full run: small sizes say nothing of large ones")
    try:
        measured = measured_rates(report["figures"])
    except KeyError as error:
        raise ValueError(f"rates need a run of all benchmarks; {error} is missing") from error
    loads = [run["load_before"] for run in report["runs"].values()]
    return {
        "date": report["date"][:10],
        "machine": report["machine"] | {"load": round(sum(loads) / len(loads), 1)},
        "measured": {
            name: {"value": float(f"{value:.4g}"), "about": about}
            for name, (value, about) in measured.items()
        },
        "assumed": before["assumed"],
    }


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a small size, to see that it runs")
    print(json.dumps(measure(parser.parse_args().quick), indent=1))


if __name__ == "__main__":
    main()
