"""Cluster a pair's words: every layer, seed, metric and definition."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.clustering.pair import cluster_pair, with_vectors
from polyconcept.machine import devices
from polyconcept.records.cluster_counts import settle_counts, words_of_pair
from polyconcept.store.concepts import write_concepts
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_selections, read_words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, options = snakemake.input, dict(snakemake.params.settings)
    options["device"] = devices.choose_device(
        options["device"], n_gpus=snakemake.resources.get("gpu", 0)
    )
    source_words = read_words(Path(files.source_words))
    target_words = read_words(Path(files.target_words))
    with (
        VectorFile.open(Path(files.source_vectors), source_words) as source,
        VectorFile.open(Path(files.target_vectors), target_words) as target,
    ):
        chosen = read_selections(Path(files.selections), source_words, target_words)
        # Of all chosen words, not only those with vectors: one number for every run of a pair.
        options = settle_counts(options, words_of_pair(chosen))
        selections = with_vectors(chosen, source, target)
        clusters = cluster_pair(selections, source, target, **options)
        write_concepts(
            Path(snakemake.output.concepts), source_words, target_words, selections, clusters
        )
