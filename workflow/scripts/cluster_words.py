"""Cluster a pair's words, and score their similarity: all that is read off their vectors."""

from pathlib import Path
from typing import TYPE_CHECKING

from polyconcept.audit.jobs import running
from polyconcept.clustering.pair import cluster_pair, with_vectors
from polyconcept.machine.devices import choose_device
from polyconcept.records.cluster_counts import settle_counts, words_of_pair
from polyconcept.records.scores import Run
from polyconcept.scoring.similarity import similarity_layers
from polyconcept.store.concepts import write_concepts
from polyconcept.store.scores import write_scores
from polyconcept.store.vectors import VectorFile
from polyconcept.store.words import read_selections, read_words

if TYPE_CHECKING:
    from snakemake.iocontainers import snakemake

with running(snakemake):
    files, names, options = snakemake.input, snakemake.wildcards, dict(snakemake.params.settings)
    run = Run(names.model, names.variant, names.side, options.pop("corpus"))
    compared = options.pop("similarity")
    options["device"] = choose_device(options["device"], n_gpus=snakemake.resources.get("gpu", 0))
    words = read_words(Path(files.source_words)), read_words(Path(files.target_words))
    with (
        VectorFile.open(Path(files.source_vectors), words[0]) as source,
        VectorFile.open(Path(files.target_vectors), words[1]) as target,
    ):
        chosen = read_selections(Path(files.selections), *words)
        # Of all chosen words, not only those with vectors: one number for every run of a pair.
        options = settle_counts(options, words_of_pair(chosen))
        selections = with_vectors(chosen, source, target)
        clusters = cluster_pair(selections, source, target, **options)
        most = source.most_subwords(words[0]), target.most_subwords(words[1])
        write_concepts(Path(snakemake.output.concepts), *words, selections, clusters, most)
        pairs = source, target, chosen["calign", "published"]
        similarity = list(similarity_layers(*pairs, *words, run, **compared))
    write_scores(similarity, Path(snakemake.output.similarity))
